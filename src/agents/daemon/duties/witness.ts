import { roleMail } from "../../../core/mail/role-message.ts";
import { durationSetting } from "../../../core/town/setting.ts";
import type { Rig } from "../../../core/town/town.ts";
import { nudge } from "../../sessions/nudge.ts";
import { mayStartByItself } from "../../lifecycle/rig-admission.ts";
import { readPatrols } from "../../../core/town/patrol-settings.ts";
import { isSwitchedOff } from "../../patrols/role-switch.ts";
import { closedBudget } from "../../patrols/start-budget.ts";
import { patrolRig } from "../../patrols/witness.ts";
import { tellOfOpenSlot } from "../../patrols/tell-of-open-slot.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { isRigAtWork } from "../rig-at-work.ts";
import { WitnessHandover } from "../witness-handover.ts";
import { runsAsAgent } from "./deacon.ts";
import { rigDuty } from "../route-changes.ts";

/** A sweep that found nothing is worth a line only now and then (spec/04 §9.1). */
const quietCycles = 30;

/** D5: the Witness of one rig. */
export function witnessDuty(context: DaemonContext, rig: Rig): Duty {
  let cycle = 0;
  const handover = new WitnessHandover();
  return {
    key: rigDuty("witness", rig.name),
    get intervalMs() {
      return durationSetting(context.town.settings(), "operational.witness.interval");
    },
    timeoutMs: 2 * 60_000,
    run: async (signal) => {
      if (!(await isRigAtWork(context, rig)) || (await isStopped(context, rig))) return {};
      await context.noticeSleep();
      const began = performance.now();
      const address = `${rig.name}/witness`;
      const isAgent = await runsAsAgent(context, "witness", address);
      handover.begin();
      const { findings, againMs } = await patrolRig(context, rig, {
        budget: (await mayStartByItself(context.ledger, context.town, rig))
          ? context.budget
          : closedBudget(context.clock.now()),
        signal,
        ...(isAgent ? { permits: (finding) => handover.permits(finding, context.clock.now()) } : {}),
        report: (text) => context.log.info(`witness ${rig.name}: ${text}`),
      });
      if (!isAgent) await tellOfOpenSlot(context, rig);
      const news = isAgent ? handover.message() : "";
      const mails = isAgent ? handover.mails() : [];
      if (mails.length > 0)
        await context.ledger.write(
          context.actor,
          mails.flatMap((message) => roleMail(context.random, message)),
        );
      if (news !== "") await nudge(context, { to: address, from: "deacon/", text: news, mode: "wait-idle" });
      cycle++;
      if (findings > 0 || cycle % quietCycles === 0)
        await tell(context, rig, cycle, findings, performance.now() - began);
      return againMs === undefined ? {} : { againMs };
    },
  };
}

/** The loop alone: what a session that was stopped leaves undone, the code does. */
async function isStopped(context: DaemonContext, rig: Rig): Promise<boolean> {
  return (
    readPatrols(context.town)("witness").mode === "builtin" &&
    (await isSwitchedOff(context, `${rig.name}/witness`))
  );
}

async function tell(
  context: DaemonContext,
  rig: Rig,
  cycle: number,
  findings: number,
  ms: number,
): Promise<void> {
  await context.ledger.write(`${rig.name}/witness`, [
    {
      op: "event",
      event: {
        type: "patrol_cycle",
        payload: { role: "witness", rig: rig.name, cycle, findings, duration_ms: Math.round(ms) },
        visibility: findings > 0 ? "feed" : "audit",
        source: "daemon",
      },
    },
  ]);
}
