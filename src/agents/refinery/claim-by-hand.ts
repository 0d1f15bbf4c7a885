import { GtError } from "../../core/gt-error.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";
import { refinerySwitch, runsByItself } from "../../core/merge/refinery-switch.ts";
import type { QueueContext } from "./queue-context.ts";

/** Takes one request for a worker of agent mode (spec/05 §1.5). `E_BUILTIN`, `E_CLAIMED`, `E_STATE`. */
export async function claimByHand(context: QueueContext, mr: MergeRequest, worker: string): Promise<void> {
  await refuseBuiltin(context);
  const { ledger, clock } = context.access;
  const isMine = mr.assignee === worker;
  const isFree = mr.assignee === "" || clock.now() - mr.updatedAt > context.settings.staleClaimMs;
  if (!isMine && !isFree)
    throw new GtError("E_CLAIMED", `${mr.id} is claimed by ${mr.assignee}`, {
      hint: `gt refinery release ${mr.id}`,
    });
  if (mr.phase !== "ready" && !isMine && mr.phase !== "running")
    throw new GtError("E_STATE", `${mr.id} is ${mr.phase}`, { hint: `gt mq status ${mr.id}` });
  await ledger.write(context.access.actor, [
    { op: "expect", id: mr.id, expected: { rev: mr.rev } },
    { op: "update", id: mr.id, fields: { assignee: worker } },
  ]);
}

export async function releaseByHand(context: QueueContext, mr: MergeRequest): Promise<void> {
  await refuseBuiltin(context);
  await context.access.ledger.write(context.access.actor, [
    { op: "expect", id: mr.id, expected: { rev: mr.rev } },
    { op: "update", id: mr.id, fields: { assignee: "" } },
  ]);
}

async function refuseBuiltin(context: QueueContext): Promise<void> {
  if (!runsByItself(await refinerySwitch(context.access.ledger, context.rig.name))) return;
  throw new GtError("E_BUILTIN", `the refinery of ${context.rig.name} claims requests by itself`, {
    hint: `gt refinery mode ${context.rig.name} agent`,
  });
}
