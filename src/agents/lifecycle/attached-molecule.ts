import { burning } from "../../core/formulas/burn.ts";
import { closingMolecule } from "../../core/formulas/close-molecule.ts";
import { moleculeRecord, stepRecord } from "../../core/formulas/molecule-record.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { TownAccess } from "../town-access.ts";
import { attachmentOf, withoutMolecule } from "./attachment.ts";

/** The molecule by which a bead is worked on: the bead itself, or what is attached to it. */
export async function moleculeOfWork(ledger: Ledger, bead: Bead): Promise<Bead | undefined> {
  if (moleculeRecord(bead) !== undefined) return bead;
  const { molecule } = attachmentOf(bead);
  return molecule === undefined ? undefined : await ledger.get(molecule);
}

/**
 * Takes the molecule off a bead that is given back or given to somebody else: a wisp is burned, a lasting one is only
 * detached (spec/02 §7.4). Nothing when there is none.
 */
export async function droppingMolecule(
  ledger: Ledger,
  bead: Bead,
  reason: string,
): Promise<readonly Operation[]> {
  const { molecule, formula } = attachmentOf(bead);
  if (molecule === undefined) return [];
  const root = await ledger.get(molecule);
  return [
    ...(root?.ephemeral === true ? (await burning(ledger, root)).operations : []),
    ...(root !== undefined && !root.ephemeral ? await detaching(ledger, root) : []),
    { op: "update", id: bead.id, fields: { metadata: { attachment: withoutMolecule } } },
    {
      op: "event",
      event: {
        type: "mol_detach",
        payload: { bead: bead.id, molecule, ...(formula === undefined ? {} : { formula }), reason },
        visibility: "audit",
      },
    },
  ];
}

/** A lasting molecule is anyone's again, with the step that was begun. */
async function detaching(ledger: Ledger, root: Bead): Promise<readonly Operation[]> {
  const begun = await ledger.find({ under: root.id, status: "in_progress" });
  return [
    { op: "update", id: root.id, fields: { assignee: "", metadata: { mol: { base: null } } } },
    ...begun
      .filter((step) => stepRecord(step) !== undefined && step.assignee === root.assignee)
      .map(({ id }): Operation => ({ op: "update", id, fields: { status: "open", assignee: "" } })),
  ];
}

/** Ends the molecule of work that is handed in; its open steps count as skipped. */
export async function endingMolecule(access: TownAccess, bead: Bead): Promise<readonly Operation[]> {
  const root = await moleculeOfWork(access.ledger, bead);
  if (root === undefined) return [];
  const end = {
    reason: "gt done",
    actor: access.actor,
    now: access.clock.now(),
    keepRoot: root.id === bead.id,
  };
  return closingMolecule(access.ledger, root, end);
}
