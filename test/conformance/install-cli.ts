import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Observations } from "../../src/agents/runtimes/runtimes-document.ts";
import { waitFor } from "../support/wait-for.ts";
import { type CliName, packages } from "./packages.ts";
import { observationsFile } from "./record.ts";
import { untilMs } from "./time-budget.ts";

/** Outside of the repository, so that a clean checkout does not fetch a gigabyte again. */
const cache =
  process.env["GT_CONFORMANCE_CACHE"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "gastown", "conformance");
const limitMs = 280_000;
const execute = promisify(execFile);

/** What CLIs fetch from npm by themselves, fetched once for all homes. */
export const npmCache = join(cache, "npm");

export type Installed =
  | { readonly program: string; readonly version: string }
  /** Why it is not there. */
  | { readonly missing: string };

/** The CLI that `install` has installed, or is installing. */
export async function installedCli(name: CliName): Promise<Installed> {
  // Half of what is left, so that one that hangs does not keep the others from their turn.
  const timeoutMs = Math.max(0, Math.min(limitMs, (untilMs - Date.now()) / 2));
  const outcome = () => found(name) ?? failure(name);
  return waitFor(outcome, { timeoutMs }).catch(() => ({ missing: "npm install takes too long" }));
}

/**
 * Installs a CLI into the cache unless it is there, in its newest version, or, where npm has only half of that, in the one
 * that was recorded last. Whole or not at all: a half install is never taken for one.
 */
export async function install(name: CliName, signal: AbortSignal): Promise<void> {
  if (found(name) !== undefined) return;
  const directory = join(cache, name);
  const fresh = `${directory}.${process.pid}`;
  rmSync(`${directory}.failed`, { force: true });
  let failed = "";
  for (const version of ["latest", recordedVersion(name)]) {
    mkdirSync(fresh, { recursive: true });
    writeFileSync(join(fresh, "package.json"), '{"private":true}\n');
    failed = await npmInstall(`${packages[name]}@${version}`, fresh, signal);
    if (failed === "") {
      rmSync(directory, { recursive: true, force: true });
      renameSync(fresh, directory);
      if (found(name) !== undefined) return;
      failed = `${packages[name]} brings no program ${name}`;
    }
    rmSync(fresh, { recursive: true, force: true });
    if (signal.aborted) return;
  }
  writeFileSync(`${directory}.failed`, failed);
}

/** Nothing, or why it failed. */
async function npmInstall(what: string, cwd: string, signal: AbortSignal): Promise<string> {
  try {
    await execute("npm", ["install", "--no-audit", "--no-fund", "--no-save", what], {
      ...{ cwd, signal, timeout: limitMs },
      env: { ...process.env, npm_config_fetch_retries: "0", npm_config_update_notifier: "false" },
    });
    return "";
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    const lines = (stderr ?? message).split("\n").filter((line) => line.includes("npm error"));
    return `npm install ${what}: ${lines[1] ?? lines[0] ?? message}`;
  }
}

function recordedVersion(name: CliName): string {
  const all = JSON.parse(readFileSync(observationsFile, "utf8")) as Observations;
  return all[name]?.version ?? "latest";
}

function found(name: CliName): Installed | undefined {
  const program = join(cache, name, "node_modules", ".bin", name);
  if (!existsSync(program)) return undefined;
  const file = join(cache, name, "node_modules", packages[name], "package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string };
  return { program, version };
}

function failure(name: CliName): Installed | undefined {
  const file = join(cache, `${name}.failed`);
  return existsSync(file) ? { missing: readFileSync(file, "utf8") } : undefined;
}
