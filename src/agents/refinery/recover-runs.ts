import { resolveCommit } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
import { ancestorsAmong, existingCommits } from "../../core/git/stack.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { deathsAfter, poisonDeaths, recover, suspectsOf } from "../../core/merge/recover.ts";
import { finalise } from "./finalise.ts";
import { endLeftoverGroup } from "./gate-process.ts";
import { hasOrigin, placeOf } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import { liveRuns, putRun, type RunRecord } from "../../core/merge/run-record.ts";
import { closeWithdrawn, release } from "./end-request.ts";
import { quarantine } from "./set-aside.ts";

/**
 * Ends the runs of processes that are gone: kills what their gates left running, asks git what landed, finalises that and
 * releases the rest (spec/05 §2.11). The caller holds the rig's refinery lock.
 */
export async function recoverRuns(context: QueueContext): Promise<number> {
  const { ledger } = context.access;
  const abandoned = await liveRuns(ledger, context.rig.name);
  if (abandoned.length > 0 && (await hasOrigin(context.rig.repository)))
    // Without an answer the last look at the target has to do; what it does not show is found at the next one.
    await fetchOrigin(context.rig.repository, { timeoutMs: 120_000 }).catch(() => {});
  for (const run of abandoned) await recoverRun(context, run);
  await releaseLost(context);
  return abandoned.length;
}

async function recoverRun(context: QueueContext, run: RunRecord): Promise<void> {
  const { ledger, clock } = context.access;
  const repository = context.rig.repository;
  for (const probe of run.probes)
    if (probe.verdict === undefined) endLeftoverGroup({ pgid: probe.pgid, startedAt: probe.started });

  const place = await placeOf(context.rig, run.target, context.settings);
  const target = await resolveCommit(repository, place.ref);
  const onTarget = target === undefined ? new Set<string>() : await landingsOn(repository, run, target);
  const decision = recover(run, (sha) => onTarget.has(sha));
  await finalise(
    context,
    new Map(
      decision.landed.flatMap((id) => {
        const item = run.items.find((each) => each.id === id);
        const landing = { target: run.target, by: "queue" as const, run: run.id };
        return item === undefined ? [] : [[id, { ...landing, commit: item.landing }] as const];
      }),
    ),
  );
  // Only a process that ended under a running gate may have been ended by it.
  const wasGating = run.probes.some((probe) => probe.verdict === undefined);
  const crashes = (mr: MergeRequest): number => deathsAfter(run, mr);
  await release(context, decision.release, run.id, "recovered", wasGating ? { crashes } : {});
  for (const id of decision.release) await closeWithdrawn(context, id);
  if (wasGating) await clearOthers(context, run);
  const [only, ...others] = decision.release;
  if (only !== undefined && others.length === 0 && suspectsOf(run).includes(only))
    await quarantinePoison(context, only);
  await deleteRunRefs(repository, run.id);
  await ledger.write(context.actor, [
    ...putRun({
      ...run,
      state: "aborted",
      because: "its process ended",
      endedAt: clock.now(),
      landed: [...new Set([...run.landed, ...decision.landed])],
    }),
    {
      op: "event",
      event: {
        type: "run_recovered",
        payload: {
          batch: run.id,
          landed: decision.landed.length,
          released: decision.release.length,
          rig: context.rig.name,
        },
      },
    },
  ]);
}

/** An item that changes nothing has the base as its landing commit, which proves nothing. */
async function landingsOn(repository: string, run: RunRecord, target: string): Promise<ReadonlySet<string>> {
  const landings = run.items.map((item) => item.landing).filter((sha) => sha !== run.base);
  return ancestorsAmong(repository, await existingCommits(repository, landings), target);
}

/** A process died without them: it need not have been they before. */
async function clearOthers(context: QueueContext, run: RunRecord): Promise<void> {
  const { ledger } = context.access;
  const open = await ledger.find({ type: "merge-request", notStatus: "closed" });
  const changed = open
    .map(mergeRequest)
    .filter((mr) => mr.rig === context.rig.name && !run.ids.includes(mr.id))
    .map((mr) => ({ mr, crashes: deathsAfter(run, mr) }))
    .filter(({ mr, crashes }) => crashes !== mr.crashes);
  if (changed.length === 0) return;
  await ledger.write(
    context.actor,
    changed.map(({ mr, crashes }) => ({
      ...{ op: "update", id: mr.id, fields: { metadata: { mr: { crashes } } } },
    })),
  );
}

async function quarantinePoison(context: QueueContext, id: string): Promise<void> {
  const bead = await context.access.ledger.get(id);
  if (bead === undefined) return;
  const { crashes } = mergeRequest(bead);
  if (crashes >= poisonDeaths)
    await quarantine(context, id, "crashes_runner", `${crashes} runs with it did not survive`);
}

/** Requests that say they run in a run of which there is no record: the ledger came from an older copy. */
async function releaseLost(context: QueueContext): Promise<void> {
  const { ledger } = context.access;
  const running = await ledger.find({
    type: "merge-request",
    notStatus: "closed",
    metadata: { "mr.phase": "running", "mr.rig": context.rig.name },
  });
  const live = new Set((await liveRuns(ledger, context.rig.name)).map((run) => run.id));
  for (const bead of running) {
    const mr = mergeRequest(bead);
    if (!live.has(mr.run)) await release(context, [mr.id], mr.run, "its run is unknown");
    await closeWithdrawn(context, mr.id);
  }
}

/** The landing commits of a finished run need not be kept reachable any longer. */
export async function deleteRunRefs(repository: string, run: string): Promise<void> {
  const refs = await runGit(repository, ["for-each-ref", "--format=delete %(refname)", `refs/gt/mq/${run}/`]);
  if (refs !== "") await runGit(repository, ["update-ref", "--stdin"], { input: `${refs}\n` });
}

/** Keeps the landing commits reachable until the run is finished. */
export async function writeRunRefs(
  repository: string,
  run: string,
  landings: readonly string[],
): Promise<void> {
  const lines = landings.map((sha, index) => `update refs/gt/mq/${run}/${index + 1} ${sha}\n`);
  if (lines.length > 0) await runGit(repository, ["update-ref", "--stdin"], { input: lines.join("") });
}
