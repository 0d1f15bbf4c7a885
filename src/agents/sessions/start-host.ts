import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TownPaths } from "../../core/town/town.ts";
import { ownProgram } from "./own-program.ts";
import { scrubEnvironment } from "./scrub-environment.ts";

export interface StartingHost {
  /** The process ended with an error. One that found another host serving ends without. */
  failed(): boolean;
  /** Last lines of its log. */
  log(): readonly string[];
}

/** Starts the host process detached from this one: in its own kernel session, with a clean environment. */
export function startHost(paths: TownPaths): StartingHost {
  mkdirSync(paths.logs, { recursive: true });
  const file = join(paths.logs, "host.log");
  const log = openSync(file, "a", 0o600);
  let hasFailed = false;
  try {
    const child = spawn(process.execPath, [ownProgram("host"), paths.root], {
      cwd: paths.root,
      detached: true,
      env: scrubEnvironment(process.env),
      stdio: ["ignore", log, log],
    });
    child.on("exit", (code) => {
      hasFailed = code !== 0;
    });
    child.on("error", () => {
      hasFailed = true;
    });
    child.unref();
  } finally {
    closeSync(log);
  }
  return {
    failed: () => hasFailed,
    log: () => readFileSync(file, "utf8").trimEnd().split("\n").slice(-5),
  };
}
