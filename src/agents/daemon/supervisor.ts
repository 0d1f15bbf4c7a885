import { execFile } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { GtError } from "../../core/gt-error.ts";
import type { Town } from "../../core/town/town.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import { ownProgram } from "../sessions/own-program.ts";
import { lettingGo, type SupervisorUnit, supervisorUnit, unitPlace } from "./supervisor-unit.ts";

const limitMs = 30_000;

/** The unit of this town on this machine; undefined where no supervisor is known. */
export function unitOf(town: Town, env: NodeJS.ProcessEnv): SupervisorUnit | undefined {
  return supervisorUnit({
    platform: process.platform,
    root: town.root,
    argv: [process.execPath, ownProgram("daemon"), town.root, "--supervised"],
    env,
    uid: process.getuid?.() ?? 0,
  });
}

/**
 * Has the system start the town's daemon at login and again when it died; it is started now. The caller has stopped one
 * that runs. `E_SUPERVISOR` when the system's supervisor refuses, and nothing is left of it then.
 */
export async function enableSupervisor(town: Town, env: NodeJS.ProcessEnv): Promise<SupervisorUnit> {
  const unit = requireUnit(town, env);
  await writeFileAtomic(unit.file, unit.text);
  try {
    for (const command of unit.enable) await run(command);
  } catch (error) {
    rmSync(unit.file, { force: true });
    throw error;
  }
  return unit;
}

/** Takes that back; a daemon that runs goes on. False when there was nothing to take back. */
export async function disableSupervisor(town: Town, env: NodeJS.ProcessEnv): Promise<boolean> {
  const unit = requireUnit(town, env);
  if (!existsSync(unit.file)) return false;
  for (const command of unit.disable) await run(command);
  rmSync(unit.file, { force: true });
  for (const command of unit.forget) await run(command);
  return true;
}

/** Files of the units of all towns, also of those that are gone. */
export function installedUnits(env: NodeJS.ProcessEnv): readonly string[] {
  const place = unitPlace({ platform: process.platform, env });
  if (place === undefined || !existsSync(place.directory)) return [];
  return readdirSync(place.directory)
    .filter((name) => place.names.test(name))
    .map((name) => join(place.directory, name));
}

/** Takes such a unit away whatever the supervisor says, which may not run just now; a daemon that runs goes on. */
export async function removeUnit(file: string): Promise<void> {
  const { disable, forget } = lettingGo(basename(file), {
    platform: process.platform,
    uid: process.getuid?.() ?? 0,
  });
  for (const command of disable) await run(command).catch(() => undefined);
  rmSync(file, { force: true });
  for (const command of forget) await run(command).catch(() => undefined);
}

/** Has the supervisor start the daemon, so that it watches over it. False without one; then the caller starts it. */
export async function startSupervised(town: Town, env: NodeJS.ProcessEnv): Promise<boolean> {
  const unit = unitOf(town, env);
  if (unit === undefined || !existsSync(unit.file)) return false;
  return run(unit.start).then(
    () => true,
    () => false, // no session bus, as in a container: an unwatched daemon is better than none
  );
}

function requireUnit(town: Town, env: NodeJS.ProcessEnv): SupervisorUnit {
  const unit = unitOf(town, env);
  if (unit !== undefined) return unit;
  throw new GtError("E_SUPERVISOR", "systemd or launchd is needed to supervise the daemon", {
    hint: "gt daemon start",
  });
}

async function run([program = "", ...args]: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, args, { timeout: limitMs });
  } catch (error) {
    const { stderr = "", message } = error as Error & { readonly stderr?: string };
    throw new GtError("E_SUPERVISOR", `${program} ${args.join(" ")} failed`, {
      why: [stderr.trim().split("\n").at(-1) || message],
      hint: "gt daemon start",
      cause: error,
    });
  }
}
