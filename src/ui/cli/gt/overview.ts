import { overviewDocument, overviewLines, panels, readOverview } from "../../plain/overview.ts";
import { wantsAscii } from "../ascii.ts";
import type { CommandContext } from "../command.ts";
import { lookingAccess } from "./looking.ts";

/** Bare `gt`: the TUI for a person at a terminal, one look at the town for everyone else (spec/07 §2.5). */
export async function run(context: CommandContext): Promise<number> {
  if (wantsTui(context)) {
    const { launchTui } = await import("../../tui/launch-tui.ts");
    return launchTui(await context.town(), {
      actor: await context.actor(),
      env: context.env,
      commands: context.program.commands,
    });
  }
  const { out } = context;
  const access = await lookingAccess(context);
  const overview = await readOverview(access, panels);
  out.document(overviewDocument(overview, access));
  const options = { now: access.clock.now(), ascii: wantsAscii(context.env), withHeadings: true };
  for (const line of overviewLines(overview, options)) out.line(line);
  return 0;
}

/** An agent, a pipe or a build machine must never land in a full-screen program. */
export function wantsTui({ env, plain, json, agentMode, out }: CommandContext): boolean {
  const isPerson = !plain && !json && !agentMode && process.stdin.isTTY === true && out.width !== undefined;
  return isPerson && env["CI"] !== "true" && env["TERM"] !== "dumb";
}
