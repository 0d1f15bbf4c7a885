import type { ConvoySnapshot } from "../../core/convoys/convoy-snapshot.ts";
import { convoyMail } from "../../core/convoys/landing-notice.ts";
import { skipping } from "../../core/convoys/mountain.ts";
import type { BeadAction } from "../../core/convoys/mountain-rules.ts";
import type { Severity } from "../../core/escalation/escalation.ts";
import { raising } from "../../core/escalation/raise.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { mergeRequest } from "../../core/merge/merge-request.ts";
import { enqueueSling } from "../../core/scheduler/sling-context.ts";
import type { TownAccess } from "../town-access.ts";

/**
 * The operations of an audit's bead rules (spec/05 §8.3 B3-B7), for the transaction that remembers what was told. What
 * was told before, and still holds, is not told again.
 */
export async function applyBeadActions(
  access: TownAccess,
  snapshot: ConvoySnapshot,
  actions: readonly BeadAction[],
  toldBefore: readonly string[],
): Promise<readonly Operation[]> {
  const told = new Set(toldBefore);
  const operations: Operation[] = [];
  for (const action of actions) {
    if ("key" in action) {
      if (told.has(action.key)) continue;
      told.add(action.key);
    }
    const bead = snapshot.tracked.find((tracked) => tracked.bead.id === action.bead)?.bead;
    if (bead !== undefined) operations.push(...(await applying(access, snapshot, bead, action)));
  }
  return operations;
}

async function applying(
  access: TownAccess,
  snapshot: ConvoySnapshot,
  bead: Bead,
  action: BeadAction,
): Promise<readonly Operation[]> {
  const { convoy, fields } = snapshot;
  switch (action.do) {
    case "free":
      return []; // that takes the agent's lock, and is a transaction of its own
    case "fix":
      return fixing(access, bead, action.mr);
    case "skip":
      return [
        ...skipping(bead, convoy, `${action.mr} was quarantined`),
        ...(await asking(access, convoy, "medium", {
          topic: `quarantined:${action.mr}`,
          title: `${bead.id} is skipped: its merge request ${action.mr} is quarantined`,
          reason: `gt mq status ${action.mr}; then gt mq retry ${action.mr} and gt mountain retry ${bead.id}`,
        })),
      ];
    case "escalate":
      return asking(access, convoy, "high", {
        topic: action.key,
        title: `${bead.id} can never start: ${action.why}`,
        reason: `${action.why}; gt convoy show ${convoy.id}`,
      });
    case "tell":
      return convoyMail(snapshot, {
        ...{ from: access.actor, to: [fields.owner], priority: 1 },
        subject: `${bead.id} waits: ${action.why}`,
        body: [
          `${bead.id}: ${bead.title}`,
          `Mountain: ${convoy.id}`,
          "",
          action.why,
          `bd show ${bead.id}`,
        ].join("\n"),
      });
  }
}

/** Back to where the failed attempt left off, as the queue does it by default (spec/05 §2.10). */
async function fixing(access: TownAccess, bead: Bead, id: string): Promise<readonly Operation[]> {
  const found = await access.ledger.get(id);
  if (found === undefined) return [];
  const mr = mergeRequest(found);
  return [
    { op: "expect", id: bead.id, expected: { status: bead.status, assignee: bead.assignee } },
    {
      op: "update",
      id: bead.id,
      fields: {
        status: "open",
        assignee: "",
        metadata: { awaiting_merge: null, prior_branch: mr.branch, prior_failure: mr.phaseReason },
      },
    },
    ...enqueueSling(
      { bead: bead.id, rig: bead.scope, reason: "rework", enqueued_at: access.clock.now() },
      bead.title,
    ),
  ];
}

async function asking(
  access: TownAccess,
  convoy: Bead,
  severity: Severity,
  what: { readonly topic: string; readonly title: string; readonly reason: string },
): Promise<readonly Operation[]> {
  const raised = await raising(access, {
    ...{ title: what.title, reason: what.reason, severity, by: access.actor },
    ...{ source: `mountain:${convoy.id}:${what.topic}`, same: "source", related: convoy.id },
    eventSource: "daemon",
  });
  return raised.operations;
}
