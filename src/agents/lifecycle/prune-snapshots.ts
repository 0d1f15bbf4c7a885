import { existsSync } from "node:fs";
import { join } from "node:path";
import { resolveCommit } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
import { type HookSnapshot, listSnapshots } from "../../core/git/list-snapshots.ts";
import { expiredSnapshots } from "../../core/git/snapshot-retention.ts";
import { GtError } from "../../core/gt-error.ts";
import { type Address, parseAddress } from "../../core/town/address.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { baseRevision } from "./polecat-worktree.ts";

/** Where an agent's snapshots are, also when its sandbox is gone. */
export interface SnapshotHome {
  readonly repository: string;
  /** `polecats/<name>`, `crew/<name>` or `refinery`, below `refs/gt/hooks/`. */
  readonly place: string;
}

/** Where the snapshots of a role are, below `refs/gt/hooks/` (spec/04 §6.1); nothing for one without a worktree. */
export function placeOf({ role, name }: Address): string | undefined {
  if (role === "refinery") return "refinery";
  if (role === "polecat") return `polecats/${name}`;
  return role === "crew" ? `crew/${name}` : undefined;
}

/** The repository that holds the agent's snapshots; `E_AGENT_NOT_FOUND` for roles without a sandbox. */
export function snapshotHome(town: Town, address: string): SnapshotHome {
  const parsed = parseAddress(address);
  const place = parsed === undefined ? undefined : placeOf(parsed);
  const isGone = parsed?.role === "crew" && !existsSync(join(town.root, address, ".git"));
  if (parsed !== undefined && place !== undefined && !isGone)
    return {
      repository: parsed.role === "crew" ? join(town.root, address) : town.rig(parsed.rig).repository,
      place,
    };
  throw new GtError("E_AGENT_NOT_FOUND", `${address} has no sandbox`, { hint: "gt polecat list --all" });
}

export interface PruneOptions {
  readonly olderThanMs?: number;
  /** Only names what would go. */
  readonly dryRun?: boolean;
}

/** Drops an agent's snapshots that nobody needs any more; returns them (spec/04 §6.4). */
export async function pruneSnapshots(
  access: TownAccess,
  address: string,
  options: PruneOptions = {},
): Promise<readonly HookSnapshot[]> {
  const { repository, place } = snapshotHome(access.town, address);
  const snapshots = await listSnapshots(repository, place);
  const now = access.clock.now();
  const limit = options.olderThanMs;
  const expired = expiredSnapshots(snapshots, {
    now,
    protectedAssignments: await openAssignments(access, snapshots),
  }).filter((snapshot) => limit === undefined || now - snapshot.time > limit);
  if (options.dryRun !== true)
    for (const snapshot of expired)
      await runGit(repository, ["update-ref", "-d", snapshot.ref, snapshot.commit]);
  return expired;
}

/** The assignments, of now and of earlier, whose bead is still to be done. */
async function openAssignments(
  { ledger }: TownAccess,
  snapshots: readonly HookSnapshot[],
): Promise<ReadonlySet<number>> {
  const ids = [...new Set(snapshots.map((snapshot) => snapshot.bead).filter((id) => id !== ""))];
  const beads = await ledger.getMany(ids);
  const isOpen = (id: string): boolean => {
    const bead = beads.get(id);
    return bead !== undefined && bead.status !== "closed";
  };
  return new Set(
    snapshots.filter((snapshot) => isOpen(snapshot.bead)).map((snapshot) => snapshot.assignment),
  );
}

export interface PruneReport {
  readonly snapshots: number;
  readonly archives: number;
  /** One line for each agent or rig where it could not be done. */
  readonly problems: readonly string[];
}

/** The daily duty: snapshots of all agents that ever had a sandbox, and archives whose commits have landed. */
export async function pruneAllSnapshots(
  access: TownAccess,
  options: Pick<PruneOptions, "dryRun"> & { readonly rigs?: readonly Rig[] } = {},
): Promise<PruneReport> {
  const { rigs = access.town.rigs() } = options;
  const names = new Set(rigs.map((rig) => rig.name));
  const problems: string[] = [];
  const attempt = async (what: string, work: () => Promise<number>): Promise<number> => {
    try {
      return await work();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return 0;
    }
  };
  let snapshots = 0;
  for (const agent of await access.ledger.agents()) {
    const hadSandbox =
      ["polecat", "refinery"].includes(agent.role) || (agent.role === "crew" && agent.state !== "nuked");
    if (!hadSandbox || !names.has(agent.rig)) continue;
    snapshots += await attempt(
      agent.address,
      async () => (await pruneSnapshots(access, agent.address, options)).length,
    );
  }
  let archives = 0;
  for (const rig of rigs) archives += await attempt(rig.name, () => pruneArchives(rig, options));
  return { snapshots, archives, problems };
}

/** An archive ref is all that keeps unmerged commits of a removed sandbox: it goes only once they have landed. */
async function pruneArchives(rig: Rig, { dryRun }: Pick<PruneOptions, "dryRun">): Promise<number> {
  const base = await resolveCommit(rig.repository, await baseRevision(rig, rig.defaultBranch));
  if (base === undefined) return 0;
  const landed = await runGit(rig.repository, [
    "for-each-ref",
    `--merged=${base}`,
    "--format=%(refname) %(objectname)",
    "refs/gt/archive/",
  ]);
  const refs = landed.split("\n").filter((line) => line !== "");
  for (const line of dryRun === true ? [] : refs) {
    const [ref = "", commit = ""] = line.split(" ");
    await runGit(rig.repository, ["update-ref", "-d", ref, commit]);
  }
  return refs.length;
}
