import { GtError } from "../gt-error.ts";
import type { Bead, BeadId } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lay } from "./lay-overlay.ts";
import { type MoleculeRecord, moleculeRecord, type StepRecord, stepRecord } from "./molecule-record.ts";
import { countSteps, type MoleculeStep, pouredSteps, rootOnlySteps, type StepCounts } from "./step-states.ts";

/** A molecule as it is now: its root and its steps in cooked order. */
export interface Molecule {
  readonly root: Bead;
  readonly record: MoleculeRecord;
  readonly steps: readonly MoleculeStep[];
}

/** The molecule with that root; `E_NOT_MOLECULE` for any other bead. */
export async function readMolecule(ledger: Ledger, id: BeadId): Promise<Molecule> {
  const root = await ledger.get(id);
  if (root === undefined)
    throw new GtError("E_NOT_FOUND", `no issue found matching "${id}"`, { exitCode: 3, hint: "bd mol list" });
  return moleculeOfRoot(ledger, root);
}

/** The same for a root that was read already. */
export async function moleculeOfRoot(ledger: Ledger, root: Bead): Promise<Molecule> {
  const record = recordOf(root);
  if (record.mode === "root-only") return { root, record, steps: rootOnlySteps(root.id, record) };
  const below = await ledger.find({ under: root.id, sort: "id" });
  const edges = await ledger.edges(below.map((bead) => bead.id));
  return { root, record, steps: pouredSteps(root.id, below, edges) };
}

/** A molecule that came from elsewhere says less of itself. */
function recordOf(root: Bead): MoleculeRecord {
  const own = moleculeRecord(root);
  if (own !== undefined) return own;
  const isRoot = root.type === "molecule" || root.type === "epic" || root.labels.includes("template");
  if (!isRoot)
    throw new GtError("E_NOT_MOLECULE", `${root.id} is not a molecule root`, { hint: `bd show ${root.id}` });
  const formula = root.labels.find((label) => label.startsWith("formula:"))?.slice(8) ?? "";
  return {
    ...{ formula, version: 1, tier: "", sha256: "", mode: "poured" },
    ...{ phase: root.ephemeral ? "vapor" : "liquid", vars: {}, overlay: null, base: null },
  };
}

export interface MoleculeProgress extends StepCounts {
  readonly root: Bead;
  readonly readyIds: readonly BeadId[];
  readonly currentIds: readonly BeadId[];
  /** Held back by something that failed or by a gate; not merely by earlier steps. Root-only molecules alone know. */
  readonly blockedIds: readonly BeadId[];
  readonly isComplete: boolean;
  /** Closed steps an hour since the molecule began; undefined before the first. */
  readonly perHour: number | undefined;
}

const listed = 50;

/** How far a molecule is, by counting: fast however many steps it has (spec/02 §13.3). */
export async function moleculeProgress(ledger: Ledger, id: BeadId, lay?: Lay): Promise<MoleculeProgress> {
  const found = await ledger.get(id);
  if (found === undefined)
    throw new GtError("E_NOT_FOUND", `no issue found matching "${id}"`, { exitCode: 3, hint: "bd mol list" });
  const root = lay === undefined ? found : lay(found);
  if (recordOf(root).mode === "root-only") return rootOnlyProgress(root);
  const steps = { under: id, notType: ["gate", "molecule", "epic"], notLabel: ["digest"] } as const;
  const total = await ledger.count(steps);
  const done = await ledger.count({ ...steps, status: "closed" });
  const current = await ledger.find({
    ...steps,
    status: ["in_progress", "hooked"],
    sort: "id",
    limit: listed,
  });
  const isOpen = root.status !== "closed" && done < total;
  const ready = isOpen
    ? await ledger.ready({ ...steps, includeEphemeral: true, sort: "id", limit: listed })
    : [];
  const [last] =
    done === 0 ? [] : await ledger.find({ ...steps, status: "closed", sort: "closed", limit: 1 });
  const ids = (beads: readonly Bead[]) => beads.toSorted(byIndex).map((bead) => bead.id);
  return {
    root,
    total,
    done,
    current: current.length,
    ready: ready.length,
    blocked: total - done - current.length - ready.length,
    readyIds: ids(ready),
    currentIds: ids(current),
    blockedIds: [],
    isComplete: root.status === "closed" || (total > 0 && done === total),
    perHour: rate(root, done, last?.closedAt),
  };
}

const byIndex = (one: Bead, other: Bead): number => indexOf(stepRecord(one)) - indexOf(stepRecord(other));
const indexOf = (record: StepRecord | undefined): number => record?.index ?? Number.POSITIVE_INFINITY;

function rootOnlyProgress(root: Bead): MoleculeProgress {
  const steps = rootOnlySteps(root.id, recordOf(root));
  const ids = (state: MoleculeStep["state"]) =>
    steps.filter((step) => !step.isContainer && step.state === state).map((step) => step.id);
  const counts = countSteps(steps);
  const last = Math.max(...steps.map((step) => step.closedAt ?? 0));
  return {
    root,
    ...counts,
    readyIds: ids("ready"),
    currentIds: ids("current"),
    blockedIds: ids("blocked"),
    isComplete: root.status === "closed" || (counts.total > 0 && counts.done === counts.total),
    perHour: rate(root, counts.done, last),
  };
}

function rate(root: Bead, done: number, last: number | undefined): number | undefined {
  const ms = (last ?? 0) - root.createdAt;
  return done === 0 || ms <= 0 ? undefined : done / (ms / 3_600_000);
}

/** Root of the nearest molecule that a bead belongs to; undefined for a bead outside of any (spec/01 §5.3). */
export async function moleculeAbove(ledger: Ledger, bead: Bead): Promise<Bead | undefined> {
  const seen = new Set<string>();
  for (let at: Bead | undefined = bead; at !== undefined && !seen.has(at.id); ) {
    seen.add(at.id);
    const parentId: string | undefined = (await ledger.dependencies(at.id)).find(
      (edge) => edge.type === "parent-child",
    )?.to;
    if (parentId === undefined) return undefined;
    at = await ledger.get(parentId);
    if (at !== undefined && stepRecord(at) === undefined && isRootLike(at)) return at;
  }
  return undefined;
}

const isRootLike = (bead: Bead): boolean =>
  bead.type === "molecule" || bead.ephemeral || bead.labels.includes("template");
