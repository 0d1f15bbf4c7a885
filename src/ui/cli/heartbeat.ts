import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
    const directory = join(root, ".runtime", "heartbeats");
    const mark = join(directory, session.replace(/[^A-Za-z0-9_.-]/g, "_"));
    const last = statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const now = Date.now();
    // A mark from the future is a clock that was set back.
    if (now - last < intervalMs && last <= now) return;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(mark, "");
    const { ledger, actor } = await context.access();
    await ledger.touchAgent(actor, { lastActivity: now });
  } catch {
    // No town, no such agent, a busy ledger: the command itself is what counts.
  }
}
