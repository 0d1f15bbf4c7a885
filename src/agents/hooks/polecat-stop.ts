import { existsSync } from "node:fs";
import { join } from "node:path";
import { readRefs } from "../../core/git/read-refs.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { hookView } from "../lifecycle/hook-view.ts";
import type { TownAccess } from "../town-access.ts";
import { readTurn, writeTurn } from "./turn-record.ts";

export interface StopFacts {
  readonly head: string;
  /** Commits that the base does not have. */
  readonly ahead: number;
  readonly isDirty: boolean;
  /** Commit at which it stopped before. */
  readonly stoppedAt: string | undefined;
}

export type StopVerdict = "rest" | "remind" | "submit";

export const stopReminder =
  "Your work is committed but not submitted. Run `gt done`; if you are blocked, `gt escalate` says so.";

/**
 * What to do with a polecat that stops while it still holds its bead (spec/03 §4.9): the first time it is reminded, as it
 * may only pause; the second time at the same commit, with nothing uncommitted, its work is handed in for it. Pure.
 */
export function decideStop({ head, ahead, isDirty, stoppedAt }: StopFacts): StopVerdict {
  if (head === "" || ahead === 0) return "rest";
  if (stoppedAt !== head) return "remind";
  return isDirty ? "rest" : "submit";
}

/** Looks at the caller and remembers where it stopped. Whoever is no polecat at work may rest. */
export async function polecatStop(access: TownAccess): Promise<StopVerdict> {
  const { ledger, actor, town } = access;
  const address = parseAddress(actor);
  if (address?.role !== "polecat") return "rest";
  const agent = await ledger.agent(actor);
  if (agent === undefined || agent.hookBead === "" || agent.state !== "working" || agent.mode === "ralph")
    return "rest";
  const worktree = agentHome(town, address);
  if (worktree === undefined || !existsSync(join(worktree, ".git"))) return "rest";
  // Agents stop often, and most have committed nothing yet: the long look, with git, is for those that have.
  const head = await headOf(worktree);
  if (head === agent.baseSha) return "rest";
  const view = await hookView(access, actor);
  const turn = await readTurn(ledger, actor);
  const verdict = decideStop({
    head,
    ahead: view.ahead ?? 0,
    isDirty: view.dirty.length > 0,
    stoppedAt: turn.stoppedAt,
  });
  if (verdict === "remind")
    await writeTurn(ledger, actor, { ...turn, continued: turn.continued + 1, stoppedAt: head });
  return verdict;
}

async function headOf(worktree: string): Promise<string> {
  const refs = readRefs(worktree);
  if (refs !== undefined) return refs.head() ?? "";
  const { runGit } = await import("../../core/git/git.ts");
  return runGit(worktree, ["rev-parse", "HEAD"]);
}
