import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { removeWorktree } from "../../core/git/worktree.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { Rig } from "../../core/town/town.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { nextState } from "./agent-transition.ts";
import { droppingMolecule } from "./attached-molecule.ts";
import { replaceAttachment, withoutMolecule } from "./attachment.ts";
import type { BeadBefore, SlingData } from "./sling-data.ts";
import type { OperationJournal } from "./operation-record.ts";
import { undoWorktree } from "./polecat-worktree.ts";

/**
 * Takes a dispatch back: the bead as it was, the polecat idle or gone, its worktree and branch undone (spec/04 §2.6,
 * column "Undo"). Every part may be repeated after a crash.
 */
export async function undoDispatch(
  access: TownAccess,
  rig: Rig,
  journal: OperationJournal<SlingData>,
): Promise<void> {
  const { data } = journal;
  const { agent: address, bead } = journal.record.subject;
  if (data.isCommitted) {
    await stopAgentSession(access, address, "stopped", { force: true });
    await journal.step("undo", { isCommitted: false }, await compensation(access, address, bead, data));
  }
  if (data.branch !== "") await undoWorktree(rig, data);
  else if (!data.isReused) await removeWorktree(rig.repository, data.worktree);
  if (!data.isReused) rmSync(dirname(data.worktree), { recursive: true, force: true });
  const agent = await access.ledger.agent(address);
  await journal.finish([
    ...(agent === undefined
      ? []
      : [
          {
            op: "setAgent",
            address,
            fields: {
              state: data.isReused
                ? agent.state === "spawning"
                  ? nextState(address, agent.state, "spawn-finished")
                  : agent.state
                : "nuked",
              hookState: "archived",
              branch: "",
            },
          } as const satisfies Operation,
        ]),
    {
      op: "event",
      event: {
        type: "spawn_rollback",
        payload: { polecat: data.name, bead, rig: rig.name },
        visibility: "audit",
      },
    },
  ]);
}

/** The batch that is the opposite of the commit. Nothing is touched that somebody has changed since. */
async function compensation(
  access: TownAccess,
  address: string,
  beadId: string,
  data: SlingData,
): Promise<readonly Operation[]> {
  const bead = await access.ledger.get(beadId);
  const isStillOurs =
    bead?.assignee === address && (bead.status === "hooked" || bead.status === "in_progress");
  return [
    { op: "unhook", address },
    ...(isStillOurs ? await droppingMolecule(access.ledger, bead, "dispatch undone") : []),
    ...(isStillOurs ? restoreBead(bead, data) : []),
    ...(data.convoy === undefined ? [] : closeConvoy(data.convoy)),
    {
      op: "event",
      event: { type: "unhook", payload: { bead: beadId, agent: address, reason: "dispatch undone" } },
    },
  ];
}

function restoreBead(bead: Bead, data: SlingData): readonly Operation[] {
  const { before } = data;
  return [
    {
      op: "update",
      id: bead.id,
      fields: {
        ...statusBefore(before),
        metadata: {
          // What was attached before was burned when the bead was dispatched.
          attachment:
            before.attachment === null
              ? null
              : { ...replaceAttachment(before.attachment), ...withoutMolecule },
          recovery: { attempts: before.attempts === 0 ? null : before.attempts },
          awaiting_merge: before.awaitingMerge === "" ? null : before.awaitingMerge,
        },
      },
    },
  ];
}

/** Taken from a live holder it becomes open, because that session is gone; a pinned bead is pinned again. */
function statusBefore(before: BeadBefore): { readonly status: string; readonly assignee: string } {
  const wasHeld = before.status === "hooked" || before.status === "in_progress";
  return wasHeld && before.awaitingMerge === ""
    ? { status: "open", assignee: "" }
    : { status: before.status, assignee: before.assignee };
}

function closeConvoy(convoy: string): readonly Operation[] {
  return [
    { op: "update", id: convoy, fields: { metadata: { convoy: { outcome: "cancelled" } } } },
    { op: "close", id: convoy, close: { reason: "dispatch undone", outcome: "skipped", force: true } },
    {
      op: "event",
      event: { type: "convoy_closed", payload: { convoy, reason: "dispatch undone", outcome: "cancelled" } },
    },
  ];
}
