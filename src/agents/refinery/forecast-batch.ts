import { formBatch } from "../../core/merge/batch.ts";
import { emptyQueue, type StackRefusal } from "../../core/merge/queue-state.ts";
import { inQueueOrder } from "../../core/merge/score.ts";
import { buildStack } from "./build-stack.ts";
import { observeQueue } from "./observe-queue.ts";
import { placeOf, targetCommit } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";

export interface BatchForecast {
  /** Empty when nothing may run. */
  readonly target: string;
  readonly base: string;
  readonly items: readonly { readonly id: string; readonly branch: string }[];
  readonly out: readonly StackRefusal[];
}

/** The batch that would be formed now and how it would stack; nothing is claimed, no ref is written. */
export async function forecastBatch(context: QueueContext, target?: string): Promise<BatchForecast> {
  const { requests, inputs, targets } = await observeQueue(context, target === undefined ? {} : { target });
  const now = context.access.clock.now();
  const nothing: BatchForecast = { target: "", base: "", items: [], out: [] };
  const policy = { ...context.settings.policy, batchWaitMs: 0 };
  const state = { ...emptyQueue(policy, now), queue: inputs };
  for (const name of new Set(inQueueOrder(inputs, now).map((input) => input.target))) {
    const plan = formBatch(state, name, targets.get(name));
    if (plan.plan !== "batch") continue;
    const base = await targetCommit(context.rig, await placeOf(context.rig, name, context.settings));
    if (base === undefined) continue;
    const members = plan.ids.flatMap((id) => requests.filter((request) => request.mr.id === id));
    const stack = await buildStack(
      context.rig.repository,
      base,
      members.map(({ mr, source, blockedBy }) => ({
        mr,
        title: source?.title ?? mr.title,
        dependsOn: blockedBy,
      })),
      { style: context.settings.style, trailers: context.settings.trailers, sign: false },
    );
    return {
      target: name,
      base,
      items: stack.items.map((item) => ({
        id: item.id,
        branch: members.find(({ mr }) => mr.id === item.id)?.mr.branch ?? "",
      })),
      out: stack.out,
    };
  }
  return nothing;
}
