import { overviewDocument, overviewLines, panels, readOverview } from "../../plain/overview.ts";
import { knownTowns, rememberTown } from "../../../core/town/known-towns.ts";
import { wantsAscii } from "../ascii.ts";
import type { CommandContext } from "../command.ts";
import { lookingAccess } from "./looking.ts";
import { showTui } from "./show-tui.ts";

/** Bare `gt`: the TUI for a person at a terminal, one look at the town for everyone else (spec/07 §2.5). */
export async function run(context: CommandContext): Promise<number> {
  await rememberVisit(context);
  if (wantsTui(context)) return showTui(context);
  const { out } = context;
  const access = await lookingAccess(context);
  const overview = await readOverview(access, panels);
  out.document(overviewDocument(overview, access));
  const options = { now: access.clock.now(), ascii: wantsAscii(context.env), withHeadings: true };
  for (const line of overviewLines(overview, options)) out.line(line);
  return 0;
}

/** At most once a day, so that the list of known towns stays in the order of their use (spec/07 §2.2). */
async function rememberVisit({ town: open, env }: CommandContext): Promise<void> {
  const town = await open();
  const now = new Date().toISOString();
  const known = knownTowns(env).find(({ path }) => path === town.root);
  if (known?.last_used.slice(0, 10) === now.slice(0, 10)) return;
  // A home that cannot be written to is no reason to hide the town.
  await rememberTown(town, env, now).catch(() => undefined);
}

/** An agent, a pipe or a build machine must never land in a full-screen program. */
export function wantsTui({ env, plain, json, agentMode, out }: CommandContext): boolean {
  const isPerson = !plain && !json && !agentMode && process.stdin.isTTY === true && out.width !== undefined;
  return isPerson && env["CI"] !== "true" && env["TERM"] !== "dumb";
}
