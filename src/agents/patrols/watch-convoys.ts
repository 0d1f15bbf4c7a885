import { mountainLabel } from "../../core/convoys/convoy.ts";
import { type ConvoySnapshot, readConvoys } from "../../core/convoys/convoy-snapshot.ts";
import { type ConvoyStall, stallStep } from "../../core/convoys/convoy-stall.ts";
import { convoyStanding, type ReadinessContext } from "../../core/convoys/convoy-state.ts";
import { convoyMail } from "../../core/convoys/landing-notice.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { TownAccess } from "../town-access.ts";

const stalls = "convoy_stalls";
/** A convoy that landed longer ago is history: whoever reopens its beads knows that. */
const regressionDays = 7;

/**
 * Says of each convoy that is stuck why it is, once per set of reasons, and tells its owner when that lasts
 * (spec/05 §6.6). Mountains have reports of their own. Returns when to look again, in milliseconds from now.
 */
export async function watchConvoys(
  access: TownAccess,
  snapshots: readonly ConvoySnapshot[],
  readiness: ReadinessContext,
): Promise<number | undefined> {
  const { ledger, clock, actor } = access;
  const rows = await ledger.rows<ConvoyStall>(stalls);
  const known = new Map(rows.map(({ key, value }) => [key, value]));
  const operations: Operation[] = [];
  const again: number[] = [];
  for (const snapshot of snapshots) {
    const { id, labels } = snapshot.convoy;
    const before = known.get(id);
    known.delete(id);
    const step = stallStep(convoyStanding(snapshot, readiness), before, clock.now());
    if (step.againMs !== undefined) again.push(step.againMs);
    if (step.memory === undefined) {
      if (before !== undefined) operations.push({ op: "deleteRow", table: stalls, key: id });
      continue;
    }
    if (step.memory !== before) operations.push({ op: "putRow", table: stalls, key: id, value: step.memory });
    const { reasons } = step.memory;
    if (step.isNew)
      operations.push({
        op: "event",
        event: { type: "convoy_stalled", payload: { convoy: id, reason: reasons } },
      });
    if (step.tell && !labels.includes(mountainLabel))
      operations.push(...stuckMail(access, snapshot, reasons));
  }
  for (const ended of known.keys()) operations.push({ op: "deleteRow", table: stalls, key: ended });
  if (operations.length > 0) await ledger.write(actor, operations);
  return again.length === 0 ? undefined : Math.min(...again);
}

function stuckMail(access: TownAccess, snapshot: ConvoySnapshot, reasons: string): readonly Operation[] {
  const { convoy, fields } = snapshot;
  return convoyMail(snapshot, {
    ...{ from: access.actor, to: [fields.owner], priority: 1 },
    subject: `Convoy stuck: ${convoy.title}`,
    body: [
      `${convoy.id} does not move by itself any more:`,
      ...reasons.split("; ").map((reason) => `  ${reason}`),
      "",
      `gt convoy show ${convoy.id}`,
      `gt convoy refresh ${convoy.id}`,
    ].join("\n"),
  });
}

/** Says once of a landed convoy that work of it was opened again (spec/05 §6.5); it stays closed. */
export async function noteRegressions(access: TownAccess): Promise<void> {
  const { ledger, clock, actor } = access;
  const landed = await ledger.find({
    type: "convoy",
    status: "closed",
    closedAfter: clock.now() - regressionDays * 24 * 3_600_000,
    metadata: { "convoy.outcome": "landed" },
  });
  const convoys = landed.filter((convoy) => !isNoted(convoy.metadata["convoy"]));
  for (const { convoy, tracked } of await readConvoys(ledger, { convoys })) {
    const open = tracked.filter(({ bead }) => bead.status !== "closed" && bead.status !== "tombstone");
    if (open.length === 0) continue;
    await ledger.write(actor, [
      { op: "update", id: convoy.id, fields: { metadata: { convoy: { regressed: true } } } },
      {
        op: "event",
        event: {
          type: "convoy_regressed",
          payload: { convoy: convoy.id, title: convoy.title, beads: open.map(({ bead }) => bead.id) },
        },
      },
    ]);
  }
}

const isNoted = (fields: unknown): boolean =>
  typeof fields === "object" && fields !== null && (fields as { regressed?: unknown }).regressed === true;
