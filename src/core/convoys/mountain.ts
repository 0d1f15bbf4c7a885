import type { Bead, BeadId } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { mountainLabel, skippedLabel, spawnBlockedLabel } from "./convoy.ts";

const failureLabel = /^mountain:failures:(\d+)$/;

/** Failed attempts at a bead of a mountain so far (spec/05 §8.2). */
export function failuresOf(bead: Bead): number {
  for (const label of bead.labels) {
    const count = failureLabel.exec(label)?.[1];
    if (count !== undefined) return Number(count);
  }
  return 0;
}

/** The open mountain that tracks the bead, if there is one. */
export async function mountainOf(ledger: Ledger, bead: string): Promise<Bead | undefined> {
  const tracking = (await ledger.dependents(bead)).filter((edge) => edge.type === "tracks");
  const convoys = await ledger.getMany(tracking.map((edge) => edge.from));
  return [...convoys.values()].find(
    (convoy) => convoy.status === "open" && convoy.labels.includes(mountainLabel),
  );
}

/**
 * Operations that count one failure of a bead of a mountain; at the limit the bead is skipped, so that the rest goes on
 * (spec/05 §8.2). None for a bead of no mountain.
 */
export function countFailure(
  bead: Bead,
  mountain: Bead | undefined,
  failure: { readonly reason: string; readonly maxFailures: number },
): readonly Operation[] {
  if (mountain === undefined) return [];
  const failures = failuresOf(bead) + 1;
  const operations: Operation[] = [
    ...clearCounter(bead),
    { op: "addLabel", id: bead.id, label: `mountain:failures:${failures}` },
    failedIn(mountain, bead.id, failure.reason),
  ];
  if (failures < failure.maxFailures) return operations;
  return [
    ...operations,
    ...skipping(bead, mountain, `Skipped after ${failures} failures: ${failure.reason}`, { failures }),
  ];
}

/** What a convoy hears of a failed attempt at one of its beads. */
export const failedIn = (convoy: Bead, bead: BeadId, reason: string): Operation => ({
  op: "event",
  event: {
    type: "convoy_failure",
    payload: { convoy: convoy.id, bead, reason },
    visibility: "audit",
  },
});

/** Operations that set a bead aside, with the reason as its last note; the rest of the mountain goes on. */
export function skipping(
  bead: Bead,
  mountain: Bead,
  note: string,
  options: { readonly failures?: number; readonly worker?: "goes-on" } = {},
): readonly Operation[] {
  const failures = options.failures ?? failuresOf(bead);
  const notes = bead.notes === "" ? note : `${bead.notes}\n${note}`;
  return [
    {
      op: "update",
      id: bead.id,
      fields: { ...(options.worker === undefined ? { status: "blocked" } : {}), notes },
    },
    { op: "addLabel", id: bead.id, label: skippedLabel },
    {
      op: "event",
      event: { type: "mountain_skipped", payload: { convoy: mountain.id, bead: bead.id, failures } },
    },
  ];
}

/** Operations that let a skipped bead be tried again, as if it had never failed. */
export function retrySkipped(bead: Bead): readonly Operation[] {
  return [
    ...clearCounter(bead),
    { op: "removeLabel", id: bead.id, label: skippedLabel },
    { op: "removeLabel", id: bead.id, label: spawnBlockedLabel },
    { op: "update", id: bead.id, fields: { metadata: { recovery: null } } },
    ...(bead.status === "blocked"
      ? ([{ op: "update", id: bead.id, fields: { status: "open", assignee: "" } }] as const)
      : []),
  ];
}

/** Operations that forget a bead's failures: it has succeeded, or is tried again as if it had never failed. */
export function clearCounter(bead: Bead): readonly Operation[] {
  return bead.labels
    .filter((label) => failureLabel.test(label))
    .map((label): Operation => ({ op: "removeLabel", id: bead.id, label }));
}
