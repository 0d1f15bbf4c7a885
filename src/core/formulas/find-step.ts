import { GtError } from "../gt-error.ts";
import type { ActorAddress, Bead } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { didYouMean, nearestNames } from "../nearest-name.ts";
import { type MoleculeRecord, moleculeRecord } from "./molecule-record.ts";
import { currentStep, type MoleculeStep, pouredSteps, rootOnlySteps } from "./step-states.ts";

/** A step and what it belongs to. */
export interface FoundStep {
  readonly root: Bead;
  readonly step: MoleculeStep;
}

/** The step meant by its bead, `#<index>`, its name, or nothing: the current one (spec/02 §8.7). */
export async function findStep(
  ledger: Ledger,
  root: Bead,
  wish: string | undefined,
  agent: ActorAddress,
): Promise<FoundStep> {
  const record = moleculeRecord(root);
  if (record?.mode === "root-only") return { root, step: rootOnlyStep(root, record, wish, agent) };
  const bead = await pouredStep(ledger, root, wish, agent);
  return { root, step: await viewOf(ledger, root, bead) };
}

function rootOnlyStep(
  root: Bead,
  record: MoleculeRecord,
  wish: string | undefined,
  agent: ActorAddress,
): MoleculeStep {
  const steps = rootOnlySteps(root.id, record);
  const step =
    wish === undefined
      ? currentStep(steps, agent)
      : steps.find(({ id, step: name, index }) => wish === id || wish === name || wish === `#${index}`);
  if (step !== undefined) return step;
  throw wish === undefined
    ? nothingToDo(root)
    : unknownStep(
        root,
        wish,
        steps.map(({ step: name }) => name),
      );
}

async function pouredStep(
  ledger: Ledger,
  root: Bead,
  wish: string | undefined,
  agent: ActorAddress,
): Promise<Bead> {
  const under = { under: root.id, notType: ["gate"] };
  if (wish === undefined) {
    const begun = await ledger.find({ ...under, assignee: agent, status: ["in_progress", "hooked"] });
    const [bead] = byIndex(begun).concat(await readySteps(ledger, root.id));
    if (bead !== undefined) return bead;
    throw nothingToDo(root);
  }
  const index = /^#(\d+)$/.exec(wish)?.[1];
  const [named] = await ledger.find({ ...under, labels: [`step:${wish}`] });
  const bead = named ?? (await ledger.get(index === undefined ? wish : `${root.id}.${index}`));
  if (bead !== undefined && (named !== undefined || (await isBelow(ledger, root, bead)))) return bead;
  const all = await ledger.find(under);
  throw unknownStep(
    root,
    wish,
    all.flatMap(({ labels }) => labels.flatMap((label) => /^step:(.+)$/.exec(label)?.[1] ?? [])),
  );
}

async function isBelow(ledger: Ledger, root: Bead, bead: Bead): Promise<boolean> {
  return (await ledger.count({ under: root.id, ids: [bead.id] })) > 0;
}

/** Steps of a poured molecule that somebody may begin now, in cooked order. */
export async function readySteps(ledger: Ledger, root: string): Promise<readonly Bead[]> {
  return byIndex(await ledger.ready({ under: root, includeEphemeral: true, limit: 0 }));
}

const byIndex = (beads: readonly Bead[]): readonly Bead[] =>
  beads.toSorted((one, other) => indexOf(one) - indexOf(other) || compare(one.id, other.id));
const indexOf = (bead: Bead): number => {
  const own = bead.metadata["step"] as { readonly index?: unknown } | undefined;
  return typeof own?.index === "number" ? own.index : Number.POSITIVE_INFINITY;
};
const compare = (one: string, other: string): number => one.localeCompare(other, "en", { numeric: true });

/** One poured step with what stands in its way, without reading the whole molecule. */
export async function viewOf(ledger: Ledger, root: Bead, bead: Bead): Promise<MoleculeStep> {
  const edges = await ledger.dependencies(bead.id);
  const around = await ledger.getMany(edges.map(({ to }) => to));
  const step = pouredSteps(root.id, [bead, ...around.values()], edges).find(({ id }) => id === bead.id);
  if (step !== undefined) return step;
  throw new GtError("E_NOT_STEP", `${bead.id} is not a step of ${root.id}`, {
    hint: `bd mol show ${root.id}`,
  });
}

function nothingToDo(root: Bead): GtError {
  return root.status === "closed"
    ? new GtError("E_COMPLETE", `${root.id} is complete: ${root.closeReason}`, {
        hint: `bd mol show ${root.id}`,
      })
    : new GtError("E_NO_STEP", `no step of ${root.id} is ready`, {
        hint: `bd mol current ${root.id}`,
      });
}

function unknownStep(root: Bead, wish: string, names: readonly string[]): GtError {
  return new GtError(
    "E_NO_STEP",
    `${root.id} has no step "${wish}"${didYouMean(nearestNames(wish, names))}`,
    {
      hint: `bd mol current ${root.id}`,
    },
  );
}

/** Names of what a step waits for. */
export function waitingText({ needs, reason }: MoleculeStep): string {
  return reason === "" ? `it waits for ${needs.join(", ")}` : reason;
}
