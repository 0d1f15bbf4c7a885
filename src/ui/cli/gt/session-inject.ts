import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { nudge } from "../../../agents/sessions/nudge.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

const waitMs = 15_000;
const largestFile = 64 * 1024;

/** `gt session inject` (spec/03 §5.11): a nudge that does not wait until the agent is idle. */
export async function run(context: CommandContext): Promise<number> {
  const { args, out } = context;
  const text = messageOf(context);
  const access = await context.access();
  const report = await nudge(access, {
    ...{ to: args[0] ?? "", from: access.actor, text, mode: "immediate", cwd: context.cwd },
    waitMs,
  });
  out.document({ id: report.id, target: report.target, session: report.session, state: report.state });
  const isLost = report.state === "failed" || report.state === "expired" || report.state === "cancelled";
  if (isLost) out.warn(`${report.target} did not get it: ${report.state}`);
  else out.done(`${report.target}: ${report.state}`);
  return isLost ? 1 : 0;
}

function messageOf({ flags, cwd }: CommandContext): string {
  const message = flags.string("message");
  const file = flags.string("file");
  if (message !== undefined && file !== undefined) throw usageError("give either -m or -f");
  const text = message ?? (file === undefined ? undefined : readText(resolve(cwd, file)));
  if (text === undefined || text.trim() === "") throw usageError("no message provided (use -m or -f)");
  return text;
}

function readText(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size > largestFile)
    throw new GtError("E_FILE", `${sanitiseLine(path)} is no readable text of at most 64 KiB`);
  return readFileSync(path, "utf8");
}
