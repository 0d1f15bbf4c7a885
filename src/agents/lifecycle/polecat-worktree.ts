import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { mergeBase } from "../../core/git/ancestry.ts";
import { aheadBehind } from "../../core/git/ahead-behind.ts";
import { currentBranch, deleteBranch, resolveCommit } from "../../core/git/branch.ts";
import { networkTimeoutMs, runGit } from "../../core/git/git.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { hasLanded } from "../../core/git/landed.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { updateSubmodules } from "../../core/git/submodules.ts";
import { isAtRisk, measureWorkAtRisk } from "../../core/git/work-at-risk.ts";
import { changedFiles } from "../../core/git/changed-files.ts";
import {
  addWorktree,
  detachWorktree,
  isValidWorktree,
  removeWorktree,
  repairWorktree,
  resetWorktree,
  type WorktreePlace,
} from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { withLock } from "../../core/lock/lock.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { keepCommits, maxFileMb, putUnkeptAside } from "./keep-work.ts";
import { putAside } from "./lost-and-found.ts";
import { overlayFiles } from "./overlay-files.ts";
import { tellingOfSnapshot } from "./snapshot-event.ts";

const usuallyFreshForMs = 10_000;
const staleAfterCommits = 200;

/** Where the work of an assignment begins. */
export interface StartPoint {
  /** Branch on which the work is based and into which it merges by default. */
  readonly base: string;
  /** Revision that the work branch starts at. */
  readonly start: string;
  /** Commit from which on everything is the assignment's own work. */
  readonly baseSha: string;
  /** An earlier attempt is continued. */
  readonly continues: string | undefined;
}

/**
 * Fetches the rig's origin, unless that was done in the last seconds. One process at a time: git's own ref locks do
 * not wait. Returns why it failed; work goes on offline (spec/04 §3.5).
 */
export async function freshenOrigin(
  access: TownAccess,
  rig: Rig,
  { freshForMs = usuallyFreshForMs }: { readonly freshForMs?: number } = {},
): Promise<string | undefined> {
  try {
    await withLock(
      access.town.paths.locks,
      `fetch-${rig.name}`,
      { waitMs: networkTimeoutMs, kind: "fetch" },
      async () => {
        const last = statSync(join(rig.repository, "FETCH_HEAD"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
        if (Date.now() - last > freshForMs)
          await fetchOrigin(rig.repository, { timeoutMs: networkTimeoutMs });
      },
    );
    return undefined;
  } catch (error) {
    return `cannot fetch ${rig.name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The start of a new work branch: the base, or an earlier attempt that is worth going on with (spec/04 §2.6). */
export async function findStart(
  rig: Rig,
  wish: { readonly base: string; readonly priorBranch: string },
): Promise<StartPoint> {
  const { base } = wish;
  const start = await baseRevision(rig, base);
  const baseSha = (await resolveCommit(rig.repository, start)) ?? "";
  const fromBase: StartPoint = { base, start, baseSha, continues: undefined };
  if (wish.priorBranch === "") return fromBase;
  const prior =
    (await resolveCommit(rig.repository, `refs/remotes/origin/${wish.priorBranch}`)) ??
    (await resolveCommit(rig.repository, `refs/heads/${wish.priorBranch}`));
  if (prior === undefined) return fromBase;
  const fork = await mergeBase(rig.repository, prior, baseSha);
  if (fork === undefined) return fromBase;
  const { ahead, behind } = await aheadBehind(rig.repository, baseSha, prior);
  if (ahead === 0 || behind >= staleAfterCommits) return fromBase;
  if (await hasLanded(rig.repository, { base: fork, head: prior, target: baseSha })) return fromBase;
  return { base, start: prior, baseSha: fork, continues: wish.priorBranch };
}

/** `origin/<base>`, or the local branch in a rig whose origin does not have it; `E_BASE_BRANCH` without either. */
export async function baseRevision(rig: Rig, base: string): Promise<string> {
  for (const revision of [`refs/remotes/origin/${base}`, `refs/heads/${base}`])
    if ((await resolveCommit(rig.repository, revision)) !== undefined) return revision;
  throw new GtError("E_BASE_BRANCH", `rig ${rig.name} has no branch ${base}`, {
    why: ["it may not exist on the remote, may not be fetched yet, or its name may be misspelt"],
    hint: `git -C ${rig.repository} branch --all`,
  });
}

export interface Sandbox {
  readonly worktree: string;
  /** `polecats/<name>`. */
  readonly place: string;
  readonly address: string;
  /** The agent as it was before. */
  readonly agent: Agent | undefined;
}

/**
 * Puts the worktree on its new branch. A sandbox that is there is reused: whatever it still holds is kept as a snapshot
 * and a pushed branch first, and a broken one is replaced (spec/04 §3.5). Returns warnings.
 */
export async function prepareWorktree(
  access: TownAccess,
  rig: Rig,
  sandbox: Sandbox,
  place: WorktreePlace,
): Promise<readonly string[]> {
  const warnings = await makeReady(access, rig, sandbox, place);
  const unfetched = await updateSubmodules(sandbox.worktree);
  return unfetched === undefined ? warnings : [...warnings, unfetched];
}

async function makeReady(
  access: TownAccess,
  rig: Rig,
  sandbox: Sandbox,
  place: WorktreePlace,
): Promise<readonly string[]> {
  const { worktree } = sandbox;
  if (statSync(worktree, { throwIfNoEntry: false }) === undefined) {
    await addWorktree(rig.repository, worktree, place);
    return [];
  }
  if (!(await isValidWorktree(worktree))) {
    const kept = putAside(
      access.town,
      worktree,
      `${rig.name}-${basename(sandbox.place)}`,
      access.clock.now(),
    );
    await removeWorktree(rig.repository, worktree);
    await addWorktree(rig.repository, worktree, place);
    const where = kept === undefined ? "" : `; its files are in ${kept}`;
    return [`the sandbox of ${sandbox.address} was broken and has been made anew${where}`];
  }
  const warnings = await keepLeftovers(access, rig, sandbox);
  try {
    await resetWorktree(worktree, place);
    return warnings;
  } catch (error) {
    if (error instanceof GtError) throw error;
    if (place.branch !== undefined) await dropBranch(rig, place.branch, place.start);
    await repairWorktree(rig.repository, worktree, place, async () => {
      await takeSnapshot(snapshotSubject(access, sandbox), "pre-repair");
    });
    return [...warnings, `the sandbox of ${sandbox.address} could not be reset and has been made anew`];
  }
}

/** Undoes `prepareWorktree` for an assignment that never began. */
export async function undoWorktree(
  rig: Rig,
  sandbox: {
    readonly worktree: string;
    readonly isReused: boolean;
    readonly branch: string;
    readonly start: string;
  },
): Promise<void> {
  const { worktree, isReused, branch } = sandbox;
  if (isReused && (await isValidWorktree(worktree))) {
    // One that could not be reset is as it was, and may not even be readable.
    if ((await currentBranch(worktree)) !== branch) return dropBranch(rig, branch, sandbox.start);
    await detachWorktree(worktree, await baseRevision(rig, rig.defaultBranch));
    await updateSubmodules(worktree);
  } else await removeWorktree(rig.repository, worktree);
  await dropBranch(rig, branch, sandbox.start);
}

async function dropBranch(rig: Rig, branch: string, start: string): Promise<void> {
  const commit = await resolveCommit(rig.repository, start);
  // Only while it has no commit of its own.
  if (commit !== undefined) await deleteBranch(rig.repository, branch, commit);
}

/** What an idle sandbox should not have, but might: nothing of it is lost by the reset. */
async function keepLeftovers(access: TownAccess, rig: Rig, sandbox: Sandbox): Promise<readonly string[]> {
  const { worktree, address, agent } = sandbox;
  const base = await baseRevision(rig, rig.defaultBranch);
  const risk = await measureWorkAtRisk(worktree, { targets: [base], ownFiles: overlayFiles(rig) });
  const isWork = isAtRisk(risk);
  // Tracked files below our own paths are nobody's work, and still are not thrown away.
  if (isWork || (await runGit(worktree, ["status", "--porcelain"])) !== "")
    await takeSnapshot(snapshotSubject(access, sandbox), "pre-reset");
  if (!isWork) return [];
  const name = basename(sandbox.place);
  const aside = await putUnkeptAside(access, worktree, `${rig.name}-${name}`);
  const owner = agent ?? { name, branch: "", baseBranch: "", hookSeq: 0 };
  const branch = (await currentBranch(worktree)) ?? "";
  return [
    `${address} had work left in its sandbox; it is kept as a snapshot (gt hook snapshots ${address})`,
    ...(aside === undefined ? [] : [`files that a snapshot does not take are in ${aside}`]),
    // The branch stays here, whatever origin still has of it.
    ...(await keepCommits(rig, owner, { worktree, branch, base }, async () => true)),
  ];
}

/** What a snapshot of the sandbox says about it. */
export function snapshotSubject(
  access: TownAccess,
  sandbox: Sandbox & { readonly session?: string },
): Parameters<typeof takeSnapshot>[0] {
  return {
    worktree: sandbox.worktree,
    place: sandbox.place,
    address: sandbox.address,
    email: access.town.overseer().email,
    bead: sandbox.agent?.hookBead ?? "",
    assignment: sandbox.agent?.hookSeq ?? 0,
    hookState: sandbox.agent?.hookState ?? "",
    session: sandbox.session ?? "",
    maxFileMb: maxFileMb(access),
    onTaken: tellingOfSnapshot(access.town, { address: sandbox.address, actor: access.actor }),
  };
}

/** Whether the worktree has changes that are the agent's, not ours. */
export async function hasChanges(rig: Rig, worktree: string): Promise<boolean> {
  return (await changedFiles(worktree, overlayFiles(rig))).length > 0;
}
