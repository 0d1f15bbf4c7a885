import { currentBranch } from "../../core/git/branch.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import type { Rig } from "../../core/town/town.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import type { DoneData, DoneReport } from "./done-data.ts";
import { carryOutDone, discardDone, isHandedIn } from "./done-steps.ts";
import { OperationJournal, type OperationRecord } from "./operation-record.ts";

/**
 * Goes on with a `gt done` whose process died. Undefined when it was about another branch than the one that the worktree
 * stands on now: then nothing of it had been handed in, it is forgotten, and the polecat works on (spec/04 §5.3).
 */
export async function resumeDone(
  access: TownAccess,
  rig: Rig,
  row: RuntimeRow<OperationRecord<never>>,
): Promise<Omit<DoneReport, "resumed"> | undefined> {
  const journal = await OperationJournal.adopt<DoneData>(access, row);
  if (!isHandedIn(journal) && (await hasMovedOn(journal.data))) {
    await discardDone(access, rig, journal);
    return undefined;
  }
  return carryOutDone(access, rig, journal);
}

async function hasMovedOn({ hasWorktree, isDetached, branch, worktree }: DoneData): Promise<boolean> {
  if (!hasWorktree || !(await isValidWorktree(worktree))) return false;
  return (await currentBranch(worktree)) !== (isDetached === true ? undefined : branch);
}

/**
 * Brings a `gt done` whose process died to its end; every step may be repeated (spec/04 §5.3). When the polecat was
 * removed in between, its removal has kept or reopened the work, and there is nothing left to do.
 */
export async function recoverDone(
  access: TownAccess,
  row: RuntimeRow<OperationRecord<never>>,
): Promise<"resumed" | "undone"> {
  const { agent, rig } = row.value.subject;
  if ((await access.ledger.agent(agent))?.state === "nuked") {
    const journal = await OperationJournal.adopt<DoneData>(access, row);
    await journal.finish([]);
    return "resumed";
  }
  const report = await resumeDone(access, access.town.rig(rig), row);
  if (report === undefined) return "undone";
  if (report.exit !== "ESCALATED") await stopAgentSession(access, agent, "done");
  return "resumed";
}
