import { namedBead } from "../../core/ledger/named-bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { escalation, settlingEscalations } from "./escalate.ts";
import type { QueueContext } from "./queue-context.ts";

const label = "gt:target-red";

/** The target fails its own gates: one bug per target says so until it is green again (spec/05 §2.7). */
export async function reportTargetRed(
  context: QueueContext,
  target: string,
  commit: string,
  failed: readonly string[],
): Promise<void> {
  const { ledger } = context.access;
  const title = `Target ${target} is red: ${failed.join(", ") || "gates"}`;
  const open = await openBug(context, target);
  const operations: Operation[] =
    open === undefined
      ? [
          {
            op: "create",
            as: "bug",
            bead: {
              scope: context.rig.name,
              type: "bug",
              title,
              priority: 1,
              labels: [label],
              description: `The gates fail on ${target}@${commit.slice(0, 12)} without any request of the queue. Requests are tried one at a time until one repairs it.`,
              metadata: { target_red: { target, commit } },
            },
          },
        ]
      : [{ op: "update", id: open, fields: { title, metadata: { target_red: { target, commit } } } }];
  await ledger.write(context.actor, [
    ...operations,
    {
      op: "event",
      event: {
        type: "target_red",
        payload: {
          target,
          commit,
          bead: open ?? namedBead("bug"),
          reason: failed.join(", "),
          rig: context.rig.name,
        },
      },
    },
    ...(await escalation(context, {
      severity: "high",
      topic: `target_red:${target}`,
      title,
      reason: `${context.rig.name}: ${title} at ${commit.slice(0, 12)}. Merge requests wait; nobody was blamed.`,
    })),
  ]);
  context.tell(`🛑 ${title}`);
}

export async function reportTargetGreen(context: QueueContext, target: string): Promise<void> {
  const { ledger } = context.access;
  const open = await openBug(context, target);
  const operations: Operation[] = [
    { op: "event", event: { type: "target_green", payload: { target, rig: context.rig.name } } },
    ...(await settlingEscalations(context, [`target_red:${target}`], `${target} is green again`)),
  ];
  if (open !== undefined)
    operations.push({
      op: "close",
      id: open,
      close: { reason: `${target} is green again`, outcome: "success", force: true },
    });
  await ledger.write(context.actor, operations);
  context.tell(`✓ ${target} is green again`);
}

async function openBug(context: QueueContext, target: string): Promise<string | undefined> {
  const [bug] = await context.access.ledger.find({
    scope: context.rig.name,
    notStatus: "closed",
    labels: [label],
    metadata: { "target_red.target": target },
    limit: 1,
  });
  return bug?.id;
}
