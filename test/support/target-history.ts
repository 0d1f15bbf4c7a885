import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Town } from "../../src/core/town/town.ts";
import { git } from "./scratch-repository.ts";
import { noteJudged, unjudgedOrigins, watchOrigin } from "./watched-origins.ts";

/** What must hold for every value when a rig says nothing else. */
const leastGate = "test -s README.md";

/** From now on the repository remembers every value that its branches have, and somebody has to judge them. */
export function recordTargets(repository: string): void {
  git(repository, "config", "core.logAllRefUpdates", "always");
  watchOrigin(repository);
}

/**
 * Judges all origins, or those in a directory that is about to be removed, whose values nobody has judged yet. Throws for
 * one that was removed before: no test that pushes gets by without (spec/05 §2.1).
 */
export function judgeOrigins(inside?: string): void {
  for (const origin of unjudgedOrigins(inside)) {
    if (!existsSync(origin)) throw new Error(`${origin} was removed before its targets were judged`);
    expectAlwaysGreen(origin, leastGate);
  }
}

/**
 * Throws when a value that a target of the repository ever had fails the gate (spec/05 §2.1 G1, G2). Branches of polecats
 * are no targets; `except` are values that a person pushed. Costs nothing when nobody has pushed.
 */
export function expectAlwaysGreen(
  repository: string,
  gate: string,
  except: ReadonlySet<string> = new Set(),
): void {
  noteJudged(repository);
  const values = [...targetValues(repository)].filter((value) => !except.has(value));
  if (values.length === 0) return;
  const place = mkdtempSync(join(tmpdir(), "gt-every-value-"));
  try {
    for (const value of values) {
      const tree = join(place, value);
      git(repository, "worktree", "add", "--quiet", "--detach", tree, value);
      try {
        execFileSync("sh", ["-c", gate], { cwd: tree, stdio: "pipe" });
      } catch (error) {
        throw new Error(`a target was red at ${value}`, { cause: error });
      } finally {
        git(repository, "worktree", "remove", "--force", tree);
      }
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** The same for all rigs of a town, with the gate that each rig has now. */
export function expectTargetsAlwaysGreen(town: Town, origin: (rig: string) => string): void {
  for (const { name } of town.rigs()) {
    // A test may end with settings that nobody can read, where nobody has pushed.
    if (targetValues(origin(name)).size === 0) {
      noteJudged(origin(name));
      continue;
    }
    const { test_command: gate, run_tests: isRun } = (town.rigSettings(name)["merge_queue"] ?? {}) as {
      readonly test_command?: string;
      readonly run_tests?: boolean;
    };
    const isGated = gate !== undefined && gate !== "" && isRun !== false;
    expectAlwaysGreen(origin(name), isGated ? gate : leastGate);
  }
}

/** Branches into which nothing is merged: those of polecats, and the one in which beads travel. */
const noTarget = /\/refs\/heads\/(?:polecat\/|beads-sync$)/;

/** New values in the logs of all branches that may be targets. */
function targetValues(repository: string): ReadonlySet<string> {
  const values = new Set<string>();
  for (const inside of [".", ".git"]) {
    const logs = join(repository, inside, "logs/refs/heads");
    if (!existsSync(logs)) continue;
    for (const entry of readdirSync(logs, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || noTarget.test(join(entry.parentPath, entry.name))) continue;
      for (const line of readFileSync(join(entry.parentPath, entry.name), "utf8").split("\n")) {
        const value = line.split(" ")[1] ?? "";
        if (/^[0-9a-f]{40}$/.test(value) && !/^0+$/.test(value)) values.add(value);
      }
    }
  }
  return values;
}
