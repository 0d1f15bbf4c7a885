import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { untilMs } from "./time-budget.ts";

/** Outside of the repository, so that a clean checkout does not fetch a gigabyte again. */
const cache =
  process.env["GT_CONFORMANCE_CACHE"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "gastown", "conformance");
/** An installation may take a third of the time that is left. */
const limitMs = Math.floor(Math.min(280_000, (untilMs - Date.now()) / 3));

export type Installed =
  | { readonly program: string; readonly version: string }
  /** Why it is not there. */
  | { readonly missing: string };

/** Installs an agent CLI from npm into the cache. Whole or not at all: a half install is never taken for one. */
export function installCli(name: string, packageName: string): Installed {
  const directory = join(cache, name);
  const found = installed(directory, name, packageName);
  if (found !== undefined) return found;
  if (limitMs <= 0) return { missing: "no time left to install it" };
  const fresh = `${directory}.${process.pid}`;
  try {
    mkdirSync(fresh, { recursive: true });
    writeFileSync(join(fresh, "package.json"), '{"private":true}\n');
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-save", packageName], {
      cwd: fresh,
      stdio: ["ignore", "ignore", "pipe"],
      timeout: limitMs,
      env: { ...process.env, npm_config_fetch_retries: "0", npm_config_update_notifier: "false" },
    });
    rmSync(directory, { recursive: true, force: true });
    renameSync(fresh, directory);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    return { missing: `npm install ${packageName}: ${reasonOf(error)}` };
  }
  return installed(directory, name, packageName) ?? { missing: `${packageName} brings no program ${name}` };
}

function installed(directory: string, name: string, packageName: string): Installed | undefined {
  const program = join(directory, "node_modules", ".bin", name);
  if (!existsSync(program)) return undefined;
  const file = join(directory, "node_modules", packageName, "package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string };
  return { program, version };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ETIMEDOUT") return `not done after ${Math.round(limitMs / 1000)} s`;
  const stderr = "stderr" in error ? String(error.stderr) : "";
  return stderr.split("\n").find((line) => line.includes("npm error")) ?? error.message;
}
