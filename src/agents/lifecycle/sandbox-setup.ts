import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { excludePatterns, ourPatterns } from "../../core/git/repository.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { Rig } from "../../core/town/town.ts";
import { overlayFiles } from "./overlay-files.ts";

const hookLimitMs = 60_000;

export interface Sandbox {
  readonly rig: Rig;
  readonly worktree: string;
  /** Git directory whose excludes hold for the worktree: the rig's shared repository, or that of a clone. */
  readonly gitDirectory?: string;
  /** Name of the polecat or crew member. */
  readonly name: string;
}

/**
 * Makes a worktree a place to work in: exclude patterns, overlay files, setup hooks (spec/04 §3.6). Nothing here is
 * fatal; what failed is returned as warnings.
 */
export async function setUpSandbox(sandbox: Sandbox): Promise<readonly string[]> {
  const warnings: string[] = [];
  const attempt = async (what: string, work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      warnings.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  await attempt("exclude patterns", () =>
    excludePatterns(sandbox.gitDirectory ?? sandbox.rig.repository, ourPatterns),
  );
  for (const file of overlayFiles(sandbox.rig))
    await attempt(`overlay ${file}`, () => copyOverlay(sandbox, file));
  for (const hook of setupHooks(sandbox.rig)) {
    if ((statSync(hook).mode & 0o111) === 0) warnings.push(`setup hook ${hook} is not executable; skipped`);
    else await attempt(`setup hook ${hook}`, () => runHook(sandbox, hook));
  }
  return warnings;
}

function copyOverlay({ rig, worktree }: Sandbox, file: string): void {
  const source = join(rig.runtime, "overlay", file);
  const target = join(worktree, file);
  // Through a link of the project's the copy would land anywhere.
  if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(target);
  copyFileSync(source, target);
  chmodSync(target, statSync(source).mode & 0o777);
}

function setupHooks(rig: Rig): readonly string[] {
  const directory = join(rig.runtime, "setup-hooks");
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(directory, entry.name))
    .sort();
}

function runHook({ rig, worktree, name }: Sandbox, hook: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(hook, [], {
      cwd: worktree,
      env: { ...process.env, GT_WORKTREE_PATH: worktree, GT_RIG_PATH: rig.path, GT_POLECAT: name },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: hookLimitMs,
      killSignal: "SIGKILL",
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-2000);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      // What it has left running may hold on to its output; nobody waits for that.
      setImmediate(() => {
        child.stderr.destroy();
        if (code === 0) return resolve();
        const end = signal === null ? `exit ${code}` : `ended by ${signal}`;
        const last = said.trim().split("\n").at(-1) ?? "";
        reject(new Error(last === "" ? end : `${end}: ${sanitiseLine(last)}`));
      });
    });
  });
}
