import { formatSpan } from "../duration.ts";
import { GtError } from "../gt-error.ts";
import type { Bead, BeadId, Time } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { namedBead } from "../ledger/named-bead.ts";
import type { Operation } from "../ledger/operation.ts";
import { type Molecule, moleculeOfRoot } from "./molecule.ts";
import { countSteps, type MoleculeStep } from "./step-states.ts";

export interface SquashRequest {
  /** Text of the digest; it is put together from the steps otherwise. */
  readonly summary?: string;
  readonly keepChildren?: boolean;
  /** False: nothing is written down, as for the rounds of a patrol. */
  readonly digest?: boolean;
  readonly now: Time;
}

export interface Squashing {
  readonly operations: readonly Operation[];
  /** Beads that the digest stands for. */
  readonly squashed: readonly BeadId[];
  readonly deleted: readonly BeadId[];
}

/** Name of the digest in the batch of `squashing`. */
export const digestName = "digest";

/** The digest into which the molecule was squashed already; undefined when it was not. */
export async function digestOf(ledger: Ledger, root: Bead): Promise<BeadId | undefined> {
  const [digest] = await ledger.find({ parent: root.id, labels: ["digest"], limit: 1 });
  return digest?.id;
}

/**
 * One digest in place of the steps (spec/02 §7.6). A wisp's root is closed and kept, so that the digest has a parent; its
 * steps are deleted unless they are wished kept. A persistent molecule keeps its steps.
 */
export async function squashing(ledger: Ledger, root: Bead, request: SquashRequest): Promise<Squashing> {
  if (root.type !== "molecule" && root.type !== "epic")
    throw new GtError("E_NOT_MOLECULE", `${root.id} is not a molecule root`, { hint: `bd show ${root.id}` });
  const molecule = await moleculeOfRoot(ledger, root);
  const below = (await ledger.find({ under: root.id })).filter(({ labels }) => !labels.includes("digest"));
  const wisps = root.ephemeral ? below.filter(({ ephemeral }) => ephemeral) : [];
  const doomed = request.keepChildren === true ? [] : wisps;
  const count = molecule.steps.filter((step) => !step.isContainer).length;
  const closing: Operation = {
    op: "close",
    id: root.id,
    close: { reason: closeReason(request, count), outcome: "success", force: true },
  };
  return {
    operations: [
      ...(request.digest === false ? [] : digestOperations(molecule, request, count)),
      ...wisps
        .filter(({ status, id }) => status !== "closed" && !doomed.some((bead) => bead.id === id))
        .map(
          ({ id }): Operation => ({
            op: "close",
            id,
            close: { reason: "squashed", outcome: "skipped", force: true },
          }),
        ),
      ...doomed.map(({ id }): Operation => ({ op: "delete", id, reason: `squashed with ${root.id}` })),
      ...(root.ephemeral && root.status !== "closed" ? [closing] : []),
      ...(root.ephemeral && request.digest !== false
        ? [{ op: "update", id: root.id, fields: { ephemeral: false } } as const]
        : []),
      {
        op: "event",
        event: {
          type: "mol_squash",
          payload: {
            root: root.id,
            steps: count,
            ...(request.digest === false ? {} : { digest: namedBead(digestName) }),
          },
        },
      },
    ],
    squashed: molecule.steps.map(({ id }) => id),
    deleted: doomed.map(({ id }) => id),
  };
}

const closeReason = ({ digest }: SquashRequest, count: number): string =>
  digest === false ? `Squashed: ${count} steps` : `Squashed: ${count} steps into a digest`;

function digestOperations(
  { root, record, steps }: Molecule,
  request: SquashRequest,
  count: number,
): readonly Operation[] {
  return [
    {
      op: "create",
      as: digestName,
      bead: {
        title: `Digest: ${root.title}`.slice(0, 500),
        scope: root.scope,
        type: "task",
        status: "closed",
        closeReason: `Squashed from ${count} steps`,
        priority: root.priority,
        labels: ["digest", ...(record.formula === "" ? [] : [`formula:${record.formula}`])],
        description: request.summary ?? digestText({ root, record, steps }, request.now),
      },
    },
    { op: "addDependency", edge: { from: `$${digestName}`, to: root.id, type: "parent-child" } },
  ];
}

const notesShown = 200;

/** What a digest says when nobody says it: totals, then a line for each step. */
export function digestText({ root, record, steps }: Molecule, now: Time): string {
  const work = steps.filter((step) => !step.isContainer);
  const count = (state: MoleculeStep["state"]) => work.filter((step) => step.state === state).length;
  const { total, done } = countSteps(steps);
  return [
    `Molecule: ${root.id}`,
    `Formula: ${record.formula} v${record.version}`,
    `Steps: ${total}, completed ${count("done")}, failed ${count("failed")}, skipped ${count("skipped")}, open ${total - done}`,
    `Duration: ${formatSpan((root.closedAt ?? now) - root.createdAt)}`,
    "",
    ...work.map(({ index, state, title, reason }) => {
      const why = reason === "" || reason === "done" ? "" : `: ${reason.slice(0, notesShown)}`;
      return `${index}. [${state}] ${title}${why}`;
    }),
  ].join("\n");
}
