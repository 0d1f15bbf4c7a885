import { declaredFiles, type FilesOf } from "../../core/convoys/file-overlap.ts";
import { learnFiles } from "../../core/convoys/likely-files.ts";
import type { UnderWay } from "../../core/convoys/stage.ts";
import { resolveCommit } from "../../core/git/branch.ts";
import {
  conflictsAmong,
  type LikelyConflict,
  type PendingWork,
  touchedFiles,
} from "../../core/git/conflict-forecast.ts";
import { recentChanges } from "../../core/git/recent-changes.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Rig } from "../../core/town/town.ts";
import { pendingWork } from "../refinery/pending-work.ts";
import { queueContext } from "../refinery/queue-context.ts";
import type { TownAccess } from "../town-access.ts";
import { baseRevision } from "./polecat-worktree.ts";

export interface Forecast {
  /** Files that a bead speaks of, that work like it has touched, or that its own earlier attempt changed. */
  readonly filesOf: FilesOf;
  readonly underWay: readonly UnderWay[];
  /** Between what is under way and earlier attempts of the beads that were asked about; named by their beads. */
  readonly conflicts: readonly LikelyConflict[];
}

/** How many changes of a target its history is learned from. */
const historyLength = 300;
/** Worktrees are not looked into more often than that. */
const freshForMs = 60_000;
const mostKept = 500;
const mostWorks = 32;

interface RigForecast {
  readonly guess: (bead: Bead) => ReadonlySet<string>;
  readonly touched: ReadonlyMap<string, ReadonlySet<string>>;
  readonly conflicts: readonly LikelyConflict[];
}

/**
 * Which files work will touch, from what beads say, from what similar work touched and from live worktrees, so that work
 * which would conflict is not begun side by side. Advice: what cannot be found out is left out. What it learns is kept by
 * commit, as long as this lives.
 */
export class WorkForecast {
  readonly #guesses = new Map<string, { readonly base: string; readonly guess: RigForecast["guess"] }>();
  readonly #pending = new Map<string, { readonly at: number; readonly work: readonly PendingWork[] }>();
  readonly #merged = new Map<
    string,
    { readonly key: string; readonly conflicts: readonly LikelyConflict[] }
  >();
  readonly #diffs = new Map<string, ReadonlySet<string>>();

  async look(access: TownAccess, beads: readonly Bead[]): Promise<Forecast> {
    const byRig = new Map<string, RigForecast>();
    for (const rig of access.town.rigs()) {
      const asked = beads.filter((bead) => bead.scope === rig.name);
      if (asked.length === 0) continue;
      try {
        byRig.set(rig.name, await this.#lookAt(access, rig, asked));
      } catch {
        // A repository that cannot be read has no forecast; whoever works in it will say why.
      }
    }
    const own = new Set(beads.map((bead) => bead.id));
    return {
      filesOf: (bead) =>
        new Set([
          ...declaredFiles(bead),
          ...(byRig.get(bead.scope)?.guess(bead) ?? []),
          ...(byRig.get(bead.scope)?.touched.get(bead.id) ?? []),
        ]),
      underWay: [...byRig].flatMap(([rig, { touched }]) =>
        [...touched].filter(([bead]) => !own.has(bead)).map(([bead, files]) => ({ bead, rig, files })),
      ),
      conflicts: [...byRig.values()].flatMap(({ conflicts }) => conflicts),
    };
  }

  async #lookAt(access: TownAccess, rig: Rig, beads: readonly Bead[]): Promise<RigForecast> {
    const base = (await resolveCommit(rig.repository, await baseRevision(rig, rig.defaultBranch))) ?? "";
    const guess = await this.#learn(access, rig, base);
    const works = [...(await this.#underWay(access, rig)), ...(await earlierAttempts(rig, beads))];
    const byWork = new Map<PendingWork, ReadonlySet<string>>();
    for (const work of works.slice(0, mostWorks)) byWork.set(work, await this.#touched(rig, base, work));
    const touched = new Map<string, Set<string>>();
    for (const [{ name }, files] of byWork)
      touched.set(name, new Set([...(touched.get(name) ?? []), ...files]));
    return { guess, touched, conflicts: await this.#conflicts(rig, byWork) };
  }

  /** Merges what touches the same files, unless it is what was merged the last time. */
  async #conflicts(
    rig: Rig,
    touched: ReadonlyMap<PendingWork, ReadonlySet<string>>,
  ): Promise<readonly LikelyConflict[]> {
    const key = [...touched]
      .map(([{ name, commit }, files]) => [name, commit, ...files].join(" "))
      .join("\n");
    const known = this.#merged.get(rig.name);
    if (known?.key === key) return known.conflicts;
    const conflicts = (await conflictsAmong(rig.repository, touched)).filter(
      ({ names: [one, other] }) => one !== other,
    );
    this.#merged.set(rig.name, { key, conflicts });
    return conflicts;
  }

  /** Titles of what landed, and the files of it; of each target state once. */
  async #learn(access: TownAccess, rig: Rig, base: string): Promise<RigForecast["guess"]> {
    const known = this.#guesses.get(rig.name);
    if (known?.base === base) return known.guess;
    const changes = await recentChanges(rig.repository, base, historyLength);
    const issues = await access.ledger.getMany(changes.flatMap(({ issue }) => (issue === "" ? [] : [issue])));
    const guess = learnFiles(
      changes.map(({ subject, issue, files }) => ({
        text: `${subject} ${issues.get(issue)?.title ?? ""}`,
        files,
      })),
    );
    this.#guesses.set(rig.name, { base, guess });
    return guess;
  }

  async #underWay(access: TownAccess, rig: Rig): Promise<readonly PendingWork[]> {
    const now = access.clock.now();
    const known = this.#pending.get(rig.name);
    if (known !== undefined && now - known.at < freshForMs) return known.work;
    const work = await pendingWork(queueContext(access, rig), rig.defaultBranch);
    this.#pending.set(rig.name, { at: now, work });
    return work;
  }

  async #touched(rig: Rig, base: string, work: PendingWork): Promise<ReadonlySet<string>> {
    const key = `${base} ${work.commit}`;
    const { uncommitted = [], ...committed } = work;
    const known = this.#diffs.get(key) ?? (await touchedFiles(rig.repository, base, committed));
    if (this.#diffs.size >= mostKept) this.#diffs.clear();
    this.#diffs.set(key, known);
    return new Set([...known, ...uncommitted]);
  }
}

/** Branches on which the beads' next attempt goes on. */
async function earlierAttempts(rig: Rig, beads: readonly Bead[]): Promise<readonly PendingWork[]> {
  const found: PendingWork[] = [];
  for (const bead of beads) {
    const branch = bead.metadata["prior_branch"];
    if (typeof branch !== "string" || branch === "") continue;
    const commit =
      (await resolveCommit(rig.repository, `refs/heads/${branch}`)) ??
      (await resolveCommit(rig.repository, `refs/remotes/origin/${branch}`));
    if (commit !== undefined) found.push({ name: bead.id, commit });
  }
  return found;
}
