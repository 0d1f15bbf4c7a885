import type { RigSettings, TownSettings } from "./settings.ts";

/** A directory that holds projects (rigs), agents and their work (spec/07 §2, §4). */
export interface Town {
  /** Absolute path without a trailing slash. */
  readonly root: string;
  readonly name: string;
  readonly paths: TownPaths;
  /** Registered rigs, sorted by name. Reads the registry anew when the file has changed. */
  rigs(): readonly Rig[];
  findRig(name: string): Rig | undefined;
  /** The rig, or `E_RIG_UNKNOWN` with suggestions. */
  rig(name: string): Rig;
  /** The rig whose bead prefix begins this id (longest first). */
  rigOfBead(id: string): Rig | undefined;
  /** Town settings with built-in defaults below them. Throws `E_CONFIG` naming file and key. */
  settings(): TownSettings;
  /** Settings of a rig: rig-local > rig > town > built-in. */
  rigSettings(rig: string): RigSettings;
  overseer(): { readonly name: string; readonly email: string };
}

export interface TownPaths {
  readonly root: string;
  /** `.beads` (or `GT_LEDGER_DIR` for the database file alone). */
  readonly beads: string;
  readonly ledger: string;
  readonly events: string;
  /** The curated feed for readers outside (spec/06 §9.7). */
  readonly feed: string;
  /** 0700; everything in it may be deleted at any moment. */
  readonly runtime: string;
  readonly locks: string;
  readonly sessions: string;
  readonly logs: string;
  readonly daemon: string;
  readonly lostAndFound: string;
}

/** A project under the town's care (spec/07 §5.3). */
export interface Rig {
  readonly name: string;
  readonly path: string;
  /** Prefix of its bead ids, without the hyphen. */
  readonly prefix: string;
  readonly gitUrl: string;
  readonly pushUrl: string;
  readonly defaultBranch: string;
  /** Shared bare repository `<rig>/.repo.git`; its remote `origin` is the project. */
  readonly repository: string;
  /** `<rig>/mayor/rig`: detached reference checkout of the default branch. */
  readonly reference: string;
  /** `<rig>/refinery/rig`: the worktree in which gates run. */
  readonly refinery: string;
  /** `<rig>/polecats`; a polecat's worktree is `<rig>/polecats/<name>/<rig>`. */
  readonly polecats: string;
  readonly crew: string;
  readonly runtime: string;
  readonly addedAt: number;
}
