import { testDefaultBranch } from "../../patrols/test-default-branch.ts";
import { readPatrols } from "../../../core/town/patrol-settings.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { isRigAtWork } from "../rig-at-work.ts";
import { lastDone, noteDone } from "./last-done.ts";

const everyMs = 30 * 60_000;
const limitMs = 10 * 60_000;

/**
 * D21: are the default branches green? Every half hour, ten minutes a rig, not while its queue tests something; a commit
 * that was judged is not judged again, and a rig at rest is not asked (spec/04 §8.3).
 */
export function defaultBranchDuty(context: DaemonContext): Duty {
  return {
    key: "main_branch_test",
    timeoutMs: 60 * 60_000,
    run: async (signal) => {
      const { ledger, clock, town, actor, log } = context;
      const { intervalMs = everyMs } = readPatrols(town)("main_branch_test");
      for (const rig of town.rigs()) {
        if (signal.aborted) return;
        const chore = `default-branch/${rig.name}`;
        const last = await lastDone(ledger, chore);
        if (last === undefined) await noteDone(ledger, actor, chore, { at: clock.now() });
        if (last === undefined || clock.now() - last.at < intervalMs) continue;
        if (!(await isRigAtWork(context, rig))) continue;
        const isBusy =
          (await ledger.agents({ rig: rig.name, role: "polecat", state: ["working", "done"] })).length > 0;
        if (!isBusy && last.mark !== undefined) continue;
        const running = await ledger.find({
          scope: rig.name,
          type: "merge-request",
          notStatus: "closed",
          metadata: { "mr.phase": "running" },
        });
        if (running.length > 0) continue;
        const result = await testDefaultBranch(context, rig, {
          ...(last.mark === undefined ? {} : { lastCommit: last.mark }),
          mustFetch: isBusy,
          signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
        });
        await noteDone(ledger, actor, chore, { at: clock.now(), mark: result.commit });
        if (result.verdict !== "known")
          log.info(`default branch of ${rig.name}: ${result.verdict} at ${result.commit.slice(0, 12)}`);
      }
    },
  };
}
