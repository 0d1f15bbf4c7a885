import { endRequest } from "../../core/merge/change-mr.ts";
import { openRequests, type WaitingRequest } from "../../core/merge/open-requests.ts";
import { queueInputs } from "../../core/merge/queue-inputs.ts";
import type { Fact, MrInput, QueueState } from "../../core/merge/queue-state.ts";
import { type TargetRecord, targetsOf } from "../../core/merge/target-record.ts";
import type { QueueContext } from "./queue-context.ts";
import { closeWithdrawn } from "./end-request.ts";

export interface Observation {
  readonly requests: readonly WaitingRequest[];
  readonly inputs: readonly MrInput[];
  readonly targets: ReadonlyMap<string, TargetRecord>;
}

/** Reads the rig's queue from the ledger. */
export async function observeQueue(
  context: QueueContext,
  options: { readonly target?: string } = {},
): Promise<Observation> {
  const { ledger, clock } = context.access;
  const [requests, targets] = await Promise.all([
    openRequests(ledger, context.rig),
    targetsOf(ledger, context.rig.name),
  ]);
  const inputs = queueInputs(requests, {
    now: clock.now(),
    targets,
    maxConflictTasks: context.settings.maxConflictTasks,
    ...options,
  });
  return { requests, inputs, targets };
}

/** What the queue's state does not know yet, as facts. Members of the run are told only when they were withdrawn. */
export function newsFor(state: QueueState, observation: Observation): readonly Fact[] {
  const running = new Set(state.run === null ? [] : state.run.ids);
  const facts: Fact[] = [];
  for (const { mr } of observation.requests)
    if (running.has(mr.id) && mr.withdrawn !== undefined) facts.push({ t: "withdrawn", id: mr.id });
  const seen = new Map(observation.inputs.map((input) => [input.id, input]));
  for (const known of state.queue)
    if (!running.has(known.id) && !seen.has(known.id)) facts.push({ t: "withdrawn", id: known.id });
  const known = new Map(state.queue.map((input) => [input.id, input]));
  for (const input of observation.inputs) {
    const before = known.get(input.id);
    const isNews = before === undefined || JSON.stringify(before) !== JSON.stringify(input);
    if (!running.has(input.id) && isNews) facts.push({ t: "arrived", mr: input });
  }
  return facts;
}

/** Ends what needs no run: requests of issues that shall not be merged, and what was taken back (spec/05 §1.2). */
export async function endWithoutRun(
  context: QueueContext,
  requests: readonly WaitingRequest[],
): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const { mr, source } of requests) {
    if (mr.phase === "running") continue;
    const attachment = source?.metadata["attachment"] as { readonly no_merge?: unknown } | undefined;
    if (mr.withdrawn !== undefined) await closeWithdrawn(context, mr.id);
    else if (attachment?.no_merge === true)
      await context.access.ledger.write(
        context.actor,
        endRequest(mr, "no_merge", { reason: "no_merge", outcome: "skipped" }),
      );
    else continue;
    ended.push(mr.id);
  }
  return ended;
}
