import { runGit } from "../../core/git/git.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";
import type { Fact } from "../../core/merge/queue-state.ts";
import { escalation, settleEscalations } from "./escalate.ts";
import { mergedPullRequests } from "./land-pull-request.ts";
import { hasOrigin, placeOf, type TargetPlace, targetCommit } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import { findLanded } from "./reconcile.ts";
import { isKnownGreen } from "./verdict-store.ts";

export type TargetSight =
  | { readonly sight: "found"; readonly place: TargetPlace; readonly base: string; readonly isGreen: boolean }
  | { readonly sight: "missing" }
  | { readonly sight: "unreachable"; readonly fact: Fact };

const fetchAttempts = 3;
const fetchHoldMs = 60_000;
const missingHoldMs = 15 * 60_000;

/** Fetches and finds out where the target is and whether its tree is known to be green (spec/05 §2.2 step 2). */
export async function lookAtTarget(
  context: QueueContext,
  target: string,
  rest: (ms: number) => Promise<void>,
): Promise<TargetSight> {
  const { rig, settings } = context;
  const complaint = await fetch(context, rest);
  if (complaint !== undefined) {
    await reportUnreachable(context, target, complaint);
    const because = "fetch_failed";
    return { sight: "unreachable", fact: { t: "syncFailed", target, because, retryMs: fetchHoldMs } };
  }
  const place = await placeOf(rig, target, settings);
  const base = await targetCommit(rig, place);
  if (base === undefined) return { sight: "missing" };
  await settleEscalations(context, ["fetch_failed", `target_missing:${target}`]);
  const tree = await runGit(rig.repository, ["rev-parse", "--verify", `${base}^{tree}`]);
  const isGreen = await isKnownGreen(context, tree);
  return { sight: "found", place, base, isGreen };
}

/** Requests that are on the target already, with the commit as which they are there (spec/05 §2.2 step 3). */
export async function alreadyLanded(
  context: QueueContext,
  base: string,
  requests: readonly MergeRequest[],
): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ...(await findLanded(context.rig.repository, base, requests)),
    ...(await mergedPullRequests(context, requests)),
  ]);
}

/** Asks somebody to look at a target that does not exist. */
export async function reportMissing(context: QueueContext, target: string): Promise<Fact> {
  const { rig, access, actor } = context;
  await access.ledger.write(
    actor,
    await escalation(context, {
      severity: "medium",
      topic: `target_missing:${target}`,
      title: `Merge requests of ${rig.name} want to reach ${target}, which does not exist`,
      reason: `gt mq list ${rig.name} --target ${target}`,
    }),
  );
  return { t: "syncFailed", target, because: "target_missing", retryMs: missingHoldMs };
}

/** Undefined when all is well, else what the last attempt complained about. */
async function fetch(
  context: QueueContext,
  rest: (ms: number) => Promise<void>,
): Promise<string | undefined> {
  const { repository } = context.rig;
  if (!(await hasOrigin(repository))) return undefined;
  let complaint = "";
  for (let attempt = 1; attempt <= fetchAttempts; attempt++) {
    try {
      await fetchOrigin(repository, { timeoutMs: 120_000 });
      return undefined;
    } catch (error) {
      complaint = error instanceof Error ? error.message : String(error);
      if (attempt < fetchAttempts) await rest(attempt * 1000);
    }
  }
  return complaint;
}

async function reportUnreachable(context: QueueContext, target: string, reason: string): Promise<void> {
  const { rig, access, actor } = context;
  await access.ledger.write(actor, [
    { op: "event", event: { type: "fetch_failed", payload: { target, reason, rig: rig.name } } },
    ...(await escalation(context, {
      severity: "medium",
      topic: "fetch_failed",
      title: `Cannot fetch from the origin of ${rig.name}`,
      reason,
    })),
  ]);
}
