import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { archiveBranch } from "../../core/git/archive.ts";
import { branchExists, currentBranch, resolveCommit } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { describeRisks, measureWorkAtRisk } from "../../core/git/work-at-risk.ts";
import { addWorktree, isValidWorktree, listWorktrees, removeWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import { type Address, formatAddress } from "../../core/town/address.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { withAgentLock } from "./agent-lock.ts";
import { expectOutside } from "./expect-outside.ts";
import { putUnkeptAside } from "./keep-work.ts";
import { putAside } from "./lost-and-found.ts";
import { baseRevision, freshenOrigin, snapshotSubject } from "./polecat-worktree.ts";
import { overlayFiles } from "./overlay-files.ts";
import { setUpSandbox } from "./sandbox-setup.ts";

/** A worktree in one rig for a crew member of another (spec/04 §4). Who works there stays who they are. */
export interface CrossWorktree {
  readonly rig: string;
  readonly path: string;
  readonly branch: string;
}

export interface OpenedWorktree extends CrossWorktree {
  readonly isNew: boolean;
  readonly warnings: readonly string[];
}

/** The caller's worktree in the rig, made if it is not there. `E_NOT_CREW`, `E_OWN_RIG`. */
export async function openCrossWorktree(
  access: TownAccess,
  caller: Address,
  rig: Rig,
): Promise<OpenedWorktree> {
  expectElsewhere(caller, rig);
  return withAgentLock(access, formatAddress(caller), "worktree", async () => {
    const place = placeOf(caller, rig);
    if (existsSync(join(place.path, ".git"))) return { ...place, isNew: false, warnings: [] };
    const offline = await freshenOrigin(access, rig);
    // Commits of an earlier worktree are on the branch that it left.
    const isKnown = await branchExists(rig.repository, place.branch);
    const start = isKnown ? `refs/heads/${place.branch}` : await baseRevision(rig, rig.defaultBranch);
    await addWorktree(rig.repository, place.path, isKnown ? { start } : { start, branch: place.branch });
    if (isKnown) await runGit(place.path, ["checkout", "--quiet", place.branch]);
    const warnings = await setUpSandbox({ rig, worktree: place.path, name: basename(place.path) });
    return { ...place, isNew: true, warnings: [...(offline === undefined ? [] : [offline]), ...warnings] };
  });
}

/** All such worktrees, or those of one member. */
export async function listCrossWorktrees(
  { town }: Pick<TownAccess, "town">,
  member?: Address,
): Promise<readonly CrossWorktree[]> {
  const found: CrossWorktree[] = [];
  for (const rig of town.rigs()) {
    for (const { path, branch } of await listWorktrees(rig.repository)) {
      // No crew member's own name has a hyphen.
      const isCross = dirname(path) === rig.crew && basename(path).includes("-");
      const isTheirs = member === undefined || path === placeOf(member, rig).path;
      if (isCross && isTheirs) found.push({ rig: rig.name, path, branch: branch ?? "" });
    }
  }
  return found;
}

export interface RemovedWorktree {
  /** Ref of the snapshot of its uncommitted files. */
  readonly snapshot: string | undefined;
  /** Where files are that no snapshot has. */
  readonly aside: string | undefined;
}

/**
 * Removes it; its branch stays. `E_UNSAFE` with uncommitted files, in the middle of a rebase or the like, and with commits
 * that no branch has; by force they are kept first.
 */
export async function removeCrossWorktree(
  access: TownAccess,
  caller: Address,
  rig: Rig,
  options: { readonly force: boolean; readonly cwd: string },
): Promise<RemovedWorktree> {
  expectElsewhere(caller, rig);
  const address = formatAddress(caller);
  return withAgentLock(access, address, "worktree", async () => {
    const { path, branch } = placeOf(caller, rig);
    if (!existsSync(path))
      throw new GtError("E_NO_WORKTREE", `${address} has no worktree in ${rig.name}`, {
        hint: "gt worktree list",
      });
    expectOutside(options.cwd, path, `your worktree in ${rig.name}`);
    const reasons = await lostWith(rig, path, branch);
    if (reasons.length > 0 && !options.force)
      throw new GtError("E_UNSAFE", `${path} holds work that is nowhere else; nothing was removed`, {
        why: reasons,
        hint: `gt worktree remove ${rig.name} --force`,
      });
    const kept = reasons.length > 0 ? await keep(access, rig, address, path) : nothing;
    await removeWorktree(rig.repository, path);
    return kept;
  });
}

const nothing: RemovedWorktree = { snapshot: undefined, aside: undefined };

/** Its branch and the stash are the shared repository's, and stay. */
async function lostWith(rig: Rig, path: string, branch: string): Promise<readonly string[]> {
  const targets = [await baseRevision(rig, rig.defaultBranch), `refs/heads/${branch}`];
  const work = await measureWorkAtRisk(path, { targets, ownFiles: overlayFiles(rig) });
  return describeRisks({ ...work, stashes: [] });
}

async function keep(access: TownAccess, rig: Rig, address: string, path: string): Promise<RemovedWorktree> {
  const name = basename(path);
  const label = `${rig.name}-crew-${name}`;
  if (!(await isValidWorktree(path)))
    return { snapshot: undefined, aside: putAside(access.town, path, label, access.clock.now()) };
  const place = `crew/${name}`;
  const subject = { worktree: path, place, address, agent: undefined };
  const taken = await takeSnapshot(snapshotSubject(access, subject), "pre-nuke");
  const head = await resolveCommit(path, "HEAD");
  if (head !== undefined && (await currentBranch(path)) === undefined)
    await archiveBranch(rig.repository, place, `detached-${access.clock.now()}`, head);
  return {
    snapshot: taken.state === "taken" ? taken.snapshot.ref : undefined,
    aside: await putUnkeptAside(access, path, label),
  };
}

function placeOf(member: Address, rig: Rig): CrossWorktree {
  const name = `${member.rig}-${member.name}`;
  return { rig: rig.name, path: join(rig.crew, name), branch: `crew/${name}` };
}

function expectElsewhere(caller: Address, rig: Rig): void {
  if (caller.role !== "crew")
    throw new GtError("E_NOT_CREW", "worktrees in other rigs are for crew members", {
      why: [`you are ${formatAddress(caller)}`],
      hint: `gt crew add <name> --rig ${rig.name}`,
    });
  if (caller.rig === rig.name)
    throw new GtError("E_OWN_RIG", `${rig.name} is your own rig; you have a clone of it`, {
      hint: `gt crew at ${rig.name}/${caller.name} --print-path`,
    });
}
