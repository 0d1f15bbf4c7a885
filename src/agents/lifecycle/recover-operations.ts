import { GtError } from "../../core/gt-error.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { acquireLock, type Lock } from "../../core/lock/lock.ts";
import type { TownAccess } from "../town-access.ts";
import { recoverHandoff } from "./handoff.ts";
import { recoverNuke } from "./nuke-steps.ts";
import { isAbandoned, type OperationKind, type OperationRecord, openOperations } from "./operation-record.ts";
import { agentLockName } from "./agent-lock.ts";
import { recoverDone } from "./recover-done.ts";
import { recoverRename } from "./rename-agent.ts";
import { recoverRollback } from "./rollback-hook.ts";
import { recoverSling } from "./recover-sling.ts";

export interface RecoveredOperation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly agent: string;
  readonly bead: string;
  /** `resumed`: brought to its end; `undone`: as if it had never begun; `failed`: left for the next time. */
  readonly outcome: "resumed" | "undone" | "failed";
  readonly error?: string;
}

/** Ends one abandoned operation; the caller holds the agent's lock. */
export type Recovery = (
  access: TownAccess,
  row: RuntimeRow<OperationRecord<never>>,
) => Promise<"resumed" | "undone">;

/** How each kind is ended. Kinds without an entry are not begun by this version. */
const recoveries: Partial<Record<OperationKind, Recovery>> = {
  sling: recoverSling,
  done: recoverDone,
  handoff: recoverHandoff,
  nuke: recoverNuke,
  rename: recoverRename,
  rollback: recoverRollback,
};

/**
 * Ends the operations whose process died or gave up: forward when they had passed the point of no return, backward
 * when they had not (spec/04 §0.3). Run by the daemon, and by every command on an agent or bead before its own work.
 * Operations of living processes, and those whose agent is locked, are left alone.
 */
export async function recoverOperations(
  access: TownAccess,
  only: { readonly agent?: string; readonly bead?: string; readonly locked?: boolean } = {},
): Promise<readonly RecoveredOperation[]> {
  const recovered: RecoveredOperation[] = [];
  for (const row of await openOperations(access.ledger)) {
    const { subject, kind, id } = row.value;
    if (only.agent !== undefined && subject.agent !== only.agent) continue;
    if (only.bead !== undefined && subject.bead !== only.bead) continue;
    if (!isAbandoned(row.value)) continue;
    const recover = recoveries[kind];
    if (recover === undefined) continue;
    const lock = only.locked === true ? undefined : await tryLock(access, subject.agent);
    if (lock === "busy") continue;
    const facts = { id, kind, agent: subject.agent, bead: subject.bead };
    try {
      recovered.push({ ...facts, outcome: await recover(access, row) });
    } catch (error) {
      // Somebody else was faster: then it is theirs.
      if (error instanceof GtError && error.code === "E_CONFLICT") continue;
      recovered.push({
        ...facts,
        outcome: "failed",
        error: error instanceof Error ? error.message : String(error),
      });
    } finally {
      lock?.release();
    }
  }
  return recovered;
}

async function tryLock(access: TownAccess, address: string): Promise<Lock | "busy"> {
  try {
    return await acquireLock(access.town.paths.locks, agentLockName(address), {
      kind: "recovery",
      subject: address,
    });
  } catch (error) {
    if (error instanceof GtError && error.code === "E_BUSY") return "busy";
    throw error;
  }
}
