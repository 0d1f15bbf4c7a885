import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { SessionSpec } from "./session-host.ts";

/**
 * Throws `E_SESSION_START` when the session's directory or program is missing: node-pty reports that only as text on the
 * screen, and it is better said before anything is created.
 */
export function expectStartable(spec: SessionSpec): void {
  const [command = ""] = spec.argv;
  const hint = "gt config agent list";
  if (!isDirectory(spec.cwd))
    throw new GtError("E_SESSION_START", `working directory ${spec.cwd} does not exist`);
  const candidates = command.includes("/")
    ? [command]
    : (spec.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, command));
  if (!candidates.some(isExecutable))
    throw new GtError("E_SESSION_START", `agent "${spec.agent}": command "${command}" not found in PATH`, {
      hint,
    });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for us
  }
}
