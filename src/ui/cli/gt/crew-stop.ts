import { setTimeout as pause } from "node:timers/promises";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { startCrew, stopCrew } from "../../../agents/lifecycle/crew.ts";
import type { CommandContext } from "../command.ts";
import { membersOf } from "./crew-argument.ts";

const betweenStartsMs = 500;

/** `gt crew stop` and `gt crew restart` (spec/04 §4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const access = await context.access();
  const isRestart = context.words.at(-1) === "restart";
  const isDryRun = flags.boolean("dry-run");
  const agent = flags.string("agent");
  const members = [];
  for (const [index, { address }] of (await membersOf(context)).entries()) {
    if (isDryRun) {
      const isRunning = (await liveSession(access, address)) !== undefined;
      members.push({ address, was_running: isRunning });
      if (isRestart) out.line(`would ${isRunning ? "restart" : "start"} ${address}`);
      else out.line(isRunning ? `would stop ${address}` : `○ ${address} is not running`);
      continue;
    }
    const wasRunning = await stopCrew(access, address, { force: flags.boolean("force") });
    members.push({ address, was_running: wasRunning });
    if (!isRestart) {
      out.line(wasRunning ? `⏹ ${address}` : `○ ${address} was not running`);
      continue;
    }
    if (index > 0) await pause(betweenStartsMs);
    await startCrew(access, address, agent === undefined ? {} : { agent });
    out.line(`▶ ${address}`);
  }
  if (members.length === 0) out.line("no crew");
  out.document({ ok: true, members, ...(isDryRun ? { dry_run: true } : {}) });
}
