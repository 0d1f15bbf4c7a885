import { burning } from "../../core/formulas/burn.ts";
import { moleculeRecord } from "../../core/formulas/molecule-record.ts";
import { formatTime } from "../../core/clock.ts";
import { GtError, usageError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { TownAccess } from "../town-access.ts";
import { moleculeOfWork } from "./attached-molecule.ts";
import { attachmentOf, withoutMolecule } from "./attachment.ts";
import { chooseWorkflow, type Guide, guideFor, type Workflow } from "./work-formula.ts";

const attachable = new Set(["hooked", "in_progress", "pinned"]);

export interface AttachRequest {
  /** A molecule that is there, or a formula of which one is made. */
  readonly molecule?: Bead;
  readonly formula?: string;
  readonly vars?: Readonly<Record<string, string>>;
  /** What is attached gives way: a wisp is burned, a lasting molecule detached. */
  readonly replace?: boolean;
  readonly reason: string;
}

export interface Attached {
  readonly molecule: string;
  /** False: it was attached already. */
  readonly changed: boolean;
}

/** Has the work on a held bead follow a molecule (spec/02 §7.4). `E_STATUS`, `E_HAS_WORKFLOW`. */
export async function attachTo(access: TownAccess, bead: Bead, request: AttachRequest): Promise<Attached> {
  if (!attachable.has(bead.status))
    throw new GtError("E_STATUS", `${bead.id} is ${bead.status}: only work on a hook follows a molecule`, {
      hint: `gt hook ${bead.id}`,
    });
  const before = await moleculeOfWork(access.ledger, bead);
  const isOpen = before !== undefined && before.status !== "closed";
  const workflow = await workflowOf(access, bead, request);
  const isSame =
    workflow === undefined
      ? before?.id === request.molecule?.id
      : isOpen && moleculeRecord(before)?.formula === workflow.file.name;
  if (before !== undefined && isSame) return { molecule: before.id, changed: false };
  if (isOpen && request.replace !== true)
    throw new GtError(
      "E_HAS_WORKFLOW",
      `${bead.id} already has molecule ${before.id}; detach it or use --replace`,
      {
        hint: `gt mol detach ${bead.id}`,
      },
    );
  const { operations, attachment, molecule } = await guideOf(access, bead, workflow, request);
  await access.ledger.write(access.actor, [
    { op: "expect", id: bead.id, expected: { rev: bead.rev } },
    ...(request.molecule !== undefined && before?.ephemeral === true
      ? (await burning(access.ledger, before)).operations
      : []),
    ...operations,
    {
      op: "update",
      id: bead.id,
      fields: {
        metadata: {
          attachment: {
            ...withoutMolecule,
            ...attachment,
            attached_at: formatTime(access.clock.now()),
          },
        },
      },
    },
    attachEvent(bead, before, { molecule, formula: attachment.formula ?? "", reason: request.reason }),
  ]);
  return { molecule, changed: true };
}

async function workflowOf(
  access: TownAccess,
  bead: Bead,
  { molecule, formula }: AttachRequest,
): Promise<Workflow | undefined> {
  if (molecule !== undefined || formula === undefined) return undefined;
  return chooseWorkflow(access, { rig: access.town.rigOfBead(bead.id), bead, isAi: false }, { formula });
}

async function guideOf(
  access: TownAccess,
  bead: Bead,
  workflow: Workflow | undefined,
  { molecule, vars = {} }: AttachRequest,
): Promise<Omit<Guide, "formula">> {
  if (workflow !== undefined) {
    const rig = access.town.rigOfBead(bead.id);
    return guideFor(access, { workflow, bead, rig, address: bead.assignee, vars });
  }
  if (molecule === undefined) throw usageError("which molecule or formula?", { hint: "bd mol list" });
  const record = moleculeRecord(molecule);
  if (record === undefined && molecule.type !== "molecule")
    throw new GtError("E_NOT_MOLECULE", `${molecule.id} is not a molecule root`, { hint: "bd mol list" });
  return {
    operations: [
      { op: "expect", id: molecule.id, expected: { rev: molecule.rev } },
      ...(record === undefined
        ? []
        : [{ op: "update", id: molecule.id, fields: { metadata: { mol: { base: bead.id } } } } as const]),
    ],
    attachment: {
      molecule: molecule.id,
      ...(record === undefined ? {} : { formula: record.formula, formula_version: record.version }),
    },
    molecule: molecule.id,
  };
}

function attachEvent(
  bead: Bead,
  before: Bead | undefined,
  now: { readonly molecule: string; readonly formula: string; readonly reason: string },
): Operation {
  return {
    op: "event",
    event: {
      type: "mol_attach",
      payload: { bead: bead.id, ...now, ...(before === undefined ? {} : { previous: before.id }) },
      visibility: "audit",
    },
  };
}

/** The bead is worked on without the molecule, which stays (spec/02 §7.4). Its id; undefined when there was none. */
export async function detachFrom(
  access: TownAccess,
  bead: Bead,
  reason: string,
): Promise<string | undefined> {
  const { molecule, formula } = attachmentOf(bead);
  if (molecule === undefined) return undefined;
  const root = await access.ledger.get(molecule);
  await access.ledger.write(access.actor, [
    { op: "expect", id: bead.id, expected: { rev: bead.rev } },
    { op: "update", id: bead.id, fields: { metadata: { attachment: withoutMolecule } } },
    ...(root === undefined || moleculeRecord(root) === undefined
      ? []
      : [
          {
            op: "update",
            id: root.id,
            fields: {
              status: root.status === "in_progress" ? "open" : root.status,
              assignee: "",
              metadata: { mol: { base: null } },
            },
          } as const,
        ]),
    {
      op: "event",
      event: {
        type: "mol_detach",
        payload: { bead: bead.id, molecule, ...(formula === undefined ? {} : { formula }), reason },
        visibility: "audit",
      },
    },
  ]);
  return molecule;
}
