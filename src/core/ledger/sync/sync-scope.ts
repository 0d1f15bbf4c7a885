import { readFile } from "node:fs/promises";
import { askGit } from "../../git/git.ts";
import { GtError } from "../../gt-error.ts";
import { exportState, exportScope, type ExportReport } from "../jsonl/export-scope.ts";
import { importChangedFile } from "../jsonl/import-changed-file.ts";
import type { BeadRecord } from "../jsonl/bead-record.ts";
import { parseFile } from "../jsonl/parse-file.ts";
import type { RecordSet } from "../jsonl/record-set.ts";
import { mergeRecords } from "../merge/merge-records.ts";
import { withLease } from "../store/leases.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import { applyMerged } from "./apply-merged.ts";
import {
  commitFile,
  expectNotCheckedOut,
  fetchRemote,
  mergeBase,
  pushCommit,
  readSynced,
  type SyncPlace,
  tipOf,
  trackingRef,
} from "./sync-branch.ts";

/** `branch`: a branch of its own; `ref`: a hidden ref; `worktree`: only the file; `off`: no git (spec/01 §9.7). */
export type SyncMode = "branch" | "ref" | "worktree" | "off";

export interface SyncOptions {
  readonly scope: string;
  /** The scope's `issues.jsonl`. */
  readonly path: string;
  /** Repository that carries the beads; absent when the scope has none. */
  readonly repository?: string;
  readonly mode?: SyncMode;
  /** Name of the sync branch, default `beads-sync`. */
  readonly branch?: string;
  readonly remote?: string;
  readonly actor: string;
  /** E-mail of the commits' author. */
  readonly email?: string;
  readonly sign?: boolean;
  readonly message?: string;
  readonly rebuild?: boolean;
  readonly force?: boolean;
  /** Stops after the export. */
  readonly flushOnly?: boolean;
  /** Stops after taking in the file. */
  readonly importOnly?: boolean;
  readonly skipPull?: boolean;
  readonly skipPush?: boolean;
  /** Waits between two rounds; in milliseconds. */
  pause?(ms: number): Promise<void>;
}

export interface SyncReport {
  readonly scope: string;
  readonly exported: number;
  readonly changed: number;
  /** Beads that came from elsewhere. */
  readonly merged: number;
  readonly conflicts: number;
  readonly committed: boolean;
  readonly commit?: string;
  readonly pushed: boolean;
  /** Why nothing was pushed although it should have been; the next sync tries again. */
  readonly warning?: string;
}

const rounds = 5;

export const defaultSyncBranch = "beads-sync";

export function syncRef(mode: SyncMode, branch: string = defaultSyncBranch): string {
  return mode === "ref" ? "refs/gt/beads" : `refs/heads/${branch}`;
}

/** Exports, fetches, merges, commits and pushes the beads of a scope (spec/01 §9.7). Killing it anywhere is repaired by the next run. */
export async function syncScope(ledger: SqliteLedger, options: SyncOptions): Promise<SyncReport> {
  return withLease(ledger, `sync:${options.scope}`, () => new Sync(ledger, options).run());
}

class Sync {
  private readonly ledger: SqliteLedger;
  private readonly options: SyncOptions;
  private readonly place: SyncPlace | undefined;
  private readonly remote: string;
  private changed = 0;
  private merged = 0;
  private conflicts = 0;

  constructor(ledger: SqliteLedger, options: SyncOptions) {
    this.ledger = ledger;
    this.options = options;
    this.remote = options.remote ?? "origin";
    const mode = options.mode ?? "branch";
    const usesGit = options.repository !== undefined && (mode === "branch" || mode === "ref");
    this.place =
      usesGit && options.repository !== undefined
        ? { repository: options.repository, ref: syncRef(mode, options.branch) }
        : undefined;
  }

  async run(): Promise<SyncReport> {
    const { place, options } = this;
    if (place !== undefined) await expectNotCheckedOut(place);
    const taken = await importChangedFile(this.ledger, { ...this.file(), actor: options.actor });
    this.merged += (taken?.created ?? 0) + (taken?.updated ?? 0) + (taken?.deleted ?? 0);
    if (options.importOnly === true) return this.report(0, {});
    let exported = await this.export();
    if (options.flushOnly === true || place === undefined) return this.report(exported.exported, {});

    let warning: string | undefined;
    let committed = false;
    for (let round = 1; round <= rounds; round++) {
      if (round > 1) await (this.options.pause ?? pause)(500 + Math.random() * 3500);
      const remoteTip = await this.fetch(place);
      if (remoteTip.warning !== undefined) warning = remoteTip.warning;
      const tip = await tipOf(place);
      if (remoteTip.commit !== undefined && (await this.isNews(place, tip, remoteTip.commit))) {
        await this.merge(place, tip, remoteTip.commit);
        exported = await this.export();
      }
      const result = await this.commit(place, tip, remoteTip.commit, exported);
      if (result === undefined) continue;
      committed ||= result.committed;
      const outcome = { committed, commit: result.commit, ...(warning === undefined ? {} : { warning }) };
      if (!remoteTip.canPush || result.commit === remoteTip.commit)
        return this.report(exported.exported, outcome);
      const push = await pushCommit(place, this.remote, result.commit);
      if (push.state === "pushed") return this.report(exported.exported, { ...outcome, pushed: true });
      if (push.state === "failed")
        return this.report(exported.exported, { ...outcome, warning: `cannot push: ${push.reason}` });
    }
    throw new GtError("E_SYNC", `sync: push rejected ${rounds} times; try later`, {
      why: ["the beads are committed locally; nothing is lost"],
      hint: "bd sync",
    });
  }

  private file() {
    const { scope, path } = this.options;
    return { scope, path, now: this.ledger.clock.now() };
  }

  private async export(): Promise<ExportReport> {
    const report = await exportScope(this.ledger, {
      ...this.file(),
      rebuild: this.options.rebuild === true,
      force: this.options.force === true,
    });
    this.changed += report.added + report.changed + report.removed;
    return report;
  }

  private async fetch(place: SyncPlace): Promise<{ commit?: string; warning?: string; canPush: boolean }> {
    const mayPush = this.options.skipPush !== true;
    if (this.options.skipPull === true) return { canPush: mayPush };
    const tip = await fetchRemote(place, this.remote);
    switch (tip.state) {
      case "found":
        return { commit: tip.commit, canPush: mayPush };
      case "absent":
        return { canPush: mayPush };
      case "no-remote":
        return { canPush: false };
      case "unreachable":
        return { canPush: false, warning: `cannot reach ${this.remote}: ${tip.reason}` };
    }
  }

  private async isNews({ repository }: SyncPlace, tip: string | undefined, remote: string): Promise<boolean> {
    return tip === undefined || (tip !== remote && (await mergeBase(repository, tip, remote)) !== remote);
  }

  private async merge({ repository }: SyncPlace, tip: string | undefined, remote: string): Promise<void> {
    const now = this.ledger.clock.now();
    const known = new Map<string, BeadRecord>();
    const readSet = (text: string): RecordSet => parseFile(text, { now, known }).set;
    const ours = readSet(await readFile(this.options.path, "utf8"));
    const theirText = await readSynced(repository, remote);
    const theirs = readSet(theirText ?? "");
    this.expectOwn(theirs);
    const ancestor = tip === undefined ? undefined : await mergeBase(repository, tip, remote);
    const baseText = ancestor === undefined ? undefined : await readSynced(repository, ancestor);
    // A branch that lost its file says nothing about the beads.
    const base = baseText === undefined || theirText === undefined ? undefined : readSet(baseText);
    const statuses = this.ledger.statuses();
    const result = mergeRecords(
      { base, ours, theirs },
      { isSettled: (status) => statuses.isSettled(status) },
    );
    const applied = await applyMerged(this.ledger, this.options.actor, this.options.scope, ours, result);
    this.merged += applied.merged;
    this.conflicts += applied.conflicts;
  }

  /**
   * Two rigs of one repository would take each other's beads for deleted ones. `E_SYNC` when what came is the beads of
   * another rig of this town, known by that rig's own bead.
   */
  private expectOwn(theirs: RecordSet): void {
    const { scope } = this.options;
    const sql = "SELECT scope FROM issues WHERE id = ? AND issue_type = 'rig' AND scope <> ?";
    for (const bead of theirs.beads.values()) {
      const other = bead.issue_type === "rig" && this.ledger.database.value<string>(sql, bead.id, scope);
      if (!other) continue;
      throw new GtError("E_SYNC", `the repository of ${scope} carries the beads of ${other} already`, {
        why: ["two rigs of one repository cannot both keep their beads there; nothing was changed"],
        hint: `gt rig list, then remove ${scope} or ${other}`,
      });
    }
  }

  private async commit(
    place: SyncPlace,
    tip: string | undefined,
    remoteTip: string | undefined,
    exported: ExportReport,
  ): Promise<{ readonly committed: boolean; readonly commit: string } | undefined> {
    const { options } = this;
    const isNews = remoteTip !== undefined && (await this.isNews(place, tip, remoteTip));
    const result = await commitFile(place, {
      file: options.path,
      tip,
      merged: isNews ? remoteTip : undefined,
      author: { name: options.actor, email: options.email || "bd@localhost" },
      message: options.message ?? (await this.describe(place, tip ?? remoteTip, exported)),
      sign: options.sign === true,
    });
    if (result.state === "moved") return undefined;
    await this.ledger.database.write(() =>
      this.ledger.database.run(
        "UPDATE export_state SET commit_sha = ? WHERE scope = ?",
        result.commit,
        options.scope,
      ),
    );
    return { committed: result.state === "committed", commit: result.commit };
  }

  private async describe(
    { repository }: SyncPlace,
    parent: string | undefined,
    { exported }: ExportReport,
  ): Promise<string> {
    const { scope, path } = this.options;
    const before = parent === undefined ? undefined : await readSynced(repository, parent);
    if (before === undefined) return `bd sync ${scope}: +${exported} ~0 -0`;
    const { added, changed, removed } = compareLines(before, await readFile(path, "utf8"));
    return `bd sync ${scope}: +${added} ~${changed} -${removed}`;
  }

  private report(exported: number, outcome: Partial<SyncReport>): SyncReport {
    return {
      scope: this.options.scope,
      exported,
      changed: this.changed,
      merged: this.merged,
      conflicts: this.conflicts,
      committed: false,
      pushed: false,
      ...outcome,
    };
  }
}

function compareLines(before: string, after: string): { added: number; changed: number; removed: number } {
  const old = linesById(before);
  const counts = { added: 0, changed: 0, removed: 0 };
  for (const [id, line] of linesById(after)) {
    const was = old.get(id);
    if (was === undefined) counts.added++;
    else if (was !== line) counts.changed++;
    old.delete(id);
  }
  counts.removed = old.size;
  return counts;
}

function linesById(text: string): Map<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [/"(?:id|key)":"([^"]*)"/.exec(line)?.[1] ?? line, line]));
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

export interface SyncStatus {
  readonly scope: string;
  /** Beads written since the last export. */
  readonly dirty: number;
  readonly lastExport?: number;
  readonly lastCommit?: string;
  /** Commits that the remote lacked when we last saw it, and that we lack. */
  readonly ahead: number;
  readonly behind: number;
  readonly mode: SyncMode;
}

/** How far a scope is from its file and its branch, without asking the network. */
export async function syncStatus(
  ledger: SqliteLedger,
  options: Pick<SyncOptions, "scope" | "repository" | "mode" | "branch" | "remote">,
): Promise<SyncStatus> {
  const mode = options.mode ?? "branch";
  const dirty =
    ledger.database.value<number>("SELECT count(*) FROM dirty WHERE scope = ?", options.scope) ?? 0;
  const state = exportState(ledger.database, options.scope);
  const status: SyncStatus = {
    scope: options.scope,
    dirty,
    ...(state?.exportedAt === undefined ? {} : { lastExport: state.exportedAt }),
    ...(state === undefined || state.commit === "" ? {} : { lastCommit: state.commit }),
    ahead: 0,
    behind: 0,
    mode,
  };
  if (options.repository === undefined || mode === "worktree" || mode === "off") return status;
  const place = { repository: options.repository, ref: syncRef(mode, options.branch) };
  const [ahead, behind] = await distance(place, trackingRef(options.remote ?? "origin"));
  return { ...status, ahead, behind };
}

async function distance(place: SyncPlace, remoteRef: string): Promise<readonly [number, number]> {
  const both =
    (await tipOf(place)) !== undefined && (await tipOf({ ...place, ref: remoteRef })) !== undefined;
  if (!both) return [0, 0];
  const answer = await askGit(place.repository, [
    "rev-list",
    "--left-right",
    "--count",
    `${place.ref}...${remoteRef}`,
  ]);
  const [ahead = "0", behind = "0"] = answer.stdout.trim().split(/\s+/);
  return [Number(ahead), Number(behind)];
}

/** Beads that a fresh clone finds in git: on the local branch, else on the remote's (spec/01 §9.7). */
export async function findSyncedBeads(
  options: Pick<SyncOptions, "repository" | "mode" | "branch" | "remote">,
): Promise<string | undefined> {
  if (options.repository === undefined) return undefined;
  const place = { repository: options.repository, ref: syncRef(options.mode ?? "branch", options.branch) };
  const tip = await tipOf(place);
  if (tip !== undefined) return readSynced(place.repository, tip);
  const remote = await fetchRemote(place, options.remote ?? "origin");
  return remote.state === "found" ? readSynced(place.repository, remote.commit) : undefined;
}
