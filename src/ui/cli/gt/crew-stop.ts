import { setTimeout as pause } from "node:timers/promises";
import { startCrew, stopCrew } from "../../../agents/lifecycle/crew.ts";
import type { CommandContext } from "../command.ts";
import { memberOf } from "./crew-argument.ts";

const betweenStartsMs = 500;

/** `gt crew stop` and `gt crew restart` (spec/04 §4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const isRestart = context.words.at(-1) === "restart";
  const agent = flags.string("agent");
  const members = [];
  for (const [index, word] of [...new Set(args)].entries()) {
    const { address } = await memberOf(context, word);
    const wasRunning = await stopCrew(access, address);
    members.push({ address, was_running: wasRunning });
    if (!isRestart) {
      out.line(wasRunning ? `⏹ ${address}` : `○ ${address} was not running`);
      continue;
    }
    if (index > 0) await pause(betweenStartsMs);
    await startCrew(access, address, agent === undefined ? {} : { agent });
    out.line(`▶ ${address}`);
  }
  out.document({ ok: true, members });
}
