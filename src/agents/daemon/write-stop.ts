import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isDiskFull } from "../../core/disk-full.ts";
import type { Town } from "../../core/town/town.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import { type EmergencyStop, stopFile } from "./emergency-stop.ts";

export interface StopToWrite extends Omit<EmergencyStop, "scope"> {
  readonly rig: string | undefined;
}

/** A stop that lies ready: on a full disk a file can be renamed, and written over, but not made (spec/04 §7.3). */
const reserveFile = (town: Town): string => join(town.paths.daemon, "estop.reserve");

/** Lays the reserve down while there is room. Whoever cannot, has none. */
export async function keepStopReserve(town: Town, since: string): Promise<void> {
  if (existsSync(reserveFile(town))) return;
  await writeFileAtomic(reserveFile(town), lineOf({ kind: "auto", since, reason: "the disk is full" }));
}

/** Writes the file that stops town or rig, on a full disk with what lies in reserve. Throws `E_DISK` without one. */
export async function writeStop(town: Town, stop: StopToWrite): Promise<void> {
  const file = stopFile(town, stop.rig);
  try {
    await writeFileAtomic(file, lineOf(stop), { isVital: true });
  } catch (error) {
    if (!isDiskFull(error) || !takeReserve(town, file, lineOf(stop), stop.kind)) throw error;
  }
}

const lineOf = ({ kind, since, reason }: Omit<StopToWrite, "rig">): string =>
  `${kind}\t${since}\t${reason}\n`;

function takeReserve(town: Town, file: string, line: string, kind: StopToWrite["kind"]): boolean {
  const reserve = reserveFile(town);
  try {
    overwrite(reserve, line);
  } catch {
    // None there, or a file system that needs space even for this. A person's stop needs no words in it.
    if (kind === "manual") return makeEmpty(file);
  }
  try {
    renameSync(reserve, file);
    return true;
  } catch {
    // There is none: the caller reports what it met first.
    return false;
  }
}

function overwrite(file: string, line: string): void {
  const handle = openSync(file, "r+");
  try {
    writeSync(handle, line, 0);
    ftruncateSync(handle, Buffer.byteLength(line));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function makeEmpty(file: string): boolean {
  try {
    closeSync(openSync(file, "wx", 0o644));
    return true;
  } catch {
    // Not even a name fits into the directory: the caller reports the first error.
    return false;
  }
}
