import { setTimeout as pause } from "node:timers/promises";
import { ensureDaemon } from "../../../agents/daemon/daemon-control.ts";
import { expectOperational } from "../../../agents/lifecycle/rig-admission.ts";
import { runQueue } from "../../../agents/refinery/refinery.ts";
import { switchRefinery } from "../../../agents/refinery/switch-refinery.ts";
import { GtError } from "../../../core/gt-error.ts";
import { watchLedger } from "../../../core/ledger/watch-ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt refinery start` (spec/05 §4.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const access = await context.access();
  await expectOperational(access.ledger, access.town, rig);
  const hasChanged = await switchRefinery(access, rig, { isOff: false });
  if (context.flags.boolean("foreground")) {
    await runHere(context, rig);
    return;
  }
  if (!context.noDaemon) await ensureDaemon(access.town, context.env);
  out.document({ ok: true, rig: rig.name, running: true, changed: hasChanged });
  if (hasChanged) out.done(`the refinery of ${rig.name} is on`);
  else out.warn(`the refinery of ${rig.name} is on already`);
}

/** The loop of the daemon, here: after each change of the ledger and when something was to be looked at again. */
async function runHere(context: CommandContext, rig: Rig): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const signal = context.untilSignal();
  let wake = () => {};
  const watch = watchLedger(access.ledger, () => wake());
  try {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const report = await runQueue(access, rig, { signal, tell: (line) => out.line(sanitiseLine(line)) });
      const ms = report.wakeAt === undefined ? 60 * 60_000 : Math.max(0, report.wakeAt - access.clock.now());
      await Promise.race([changed, pause(ms, undefined, { signal }).catch(() => {})]);
    }
  } catch (error) {
    if (error instanceof GtError && error.code === "E_BUSY")
      throw new GtError("E_BUSY", `${rig.name}'s queue is driven by another process`, {
        hint: `gt refinery attach ${rig.name}`,
        cause: error,
      });
    throw error;
  } finally {
    await watch.close();
  }
}
