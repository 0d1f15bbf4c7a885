import { mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { heartbeatFile } from "../../agents/sessions/heartbeat-mark.ts";
import type { CommandContext } from "./command.ts";

const intervalMs = 5000;

/**
 * A command run by an agent shows that the agent lives (spec/07 §1.9): at most one write in five seconds, and nothing
 * about it ever fails the command.
 */
export async function touchHeartbeat(context: CommandContext): Promise<void> {
  const { env, cwd } = context;
  const session = env["GT_SESSION"];
  if (!session || !env["GT_ROLE"]) return;
  try {
    const { findTownRoot } = await import("../../core/town/find-town.ts");
    const root = findTownRoot({ cwd, env });
    if (root === undefined) return;
    const mark = heartbeatFile(root, session);
    const last = statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const now = Date.now();
    // A mark from the future is a clock that was set back.
    if (now - last < intervalMs && last <= now) return;
    if (last > 0) utimesSync(mark, now / 1000, now / 1000);
    else
      writeHeartbeat(root, session, {
        timestamp: new Date(now).toISOString(),
        ...{ state: "working", context: "", bead: "", run_id: env["GT_RUN"] ?? "" },
      });
    const { ledger, actor } = await context.access();
    await ledger.touchAgent(actor, { lastActivity: now });
  } catch {
    // No town, no such agent, a busy ledger: the command itself is what counts.
  }
}

/** What the agent says of itself; the commands that it runs later keep it and only renew the file's time. */
export function writeHeartbeat(root: string, session: string, content: object): void {
  const mark = heartbeatFile(root, session);
  mkdirSync(dirname(mark), { recursive: true, mode: 0o700 });
  writeFileSync(mark, JSON.stringify(content));
}
