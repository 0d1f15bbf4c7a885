import { daemonStatus, startDaemon } from "../../../agents/daemon/daemon-control.ts";
import { writeDesired } from "../../../agents/daemon/desired-state.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon start` (spec/04 §7.2): repeating it is no error. */
export async function run(context: CommandContext): Promise<void> {
  const town = await context.town();
  await writeDesired(town, "up", await context.actor());
  const before = daemonStatus(town);
  const outcome = before.isRunning
    ? { kind: "running" as const, pid: before.pid }
    : await startDaemon(town, context.env);
  context.out.document({ ok: true, started: outcome.kind === "started", pid: outcome.pid });
  if (outcome.kind === "started") context.out.done(`daemon started (pid ${outcome.pid})`);
  else context.out.line(`already running (pid ${outcome.pid ?? "unknown"})`);
}
