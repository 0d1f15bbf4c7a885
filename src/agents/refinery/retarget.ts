import type { Operation } from "../../core/ledger/operation.ts";
import type { WaitingRequest } from "../../core/merge/open-requests.ts";
import type { QueueContext } from "./queue-context.ts";

/**
 * The target is gone because it was an integration branch that has landed: what still wanted to reach it goes to where
 * it landed (spec/05 §2.10). False when it was no such branch.
 */
export async function retarget(
  context: QueueContext,
  target: string,
  requests: readonly WaitingRequest[],
): Promise<boolean> {
  const { ledger } = context.access;
  const [epic] = await ledger.find({
    type: "epic",
    status: "closed",
    metadata: { integration_branch: target },
    limit: 1,
  });
  const base = epic?.metadata["base_branch"];
  if (typeof base !== "string" || base === "" || base === target) return false;
  const waiting = requests.filter((request) => request.target === target && request.mr.status === "open");
  for (const { mr } of waiting)
    await ledger.write(context.actor, [
      { op: "expect", id: mr.id, expected: { rev: mr.rev } },
      { op: "update", id: mr.id, fields: { metadata: { mr: { target: base } } } },
      {
        op: "event",
        event: {
          type: "mr_retargeted",
          payload: {
            mr: mr.id,
            branch: mr.branch,
            reason: `${target} has landed on ${base}`,
            rig: context.rig.name,
          },
        },
      } satisfies Operation,
    ]);
  return waiting.length > 0;
}
