import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { TownPaths } from "../../core/town/town.ts";

/** Longest path that every system takes for a socket, with room to spare (macOS: 104 with the closing zero). */
const maxSocketBytes = 100;

/** The host's socket: in the town's `.runtime`, or in a short private directory when that path is too long (spec/07 §4.1). */
export function hostSocketPath(paths: TownPaths, env: NodeJS.ProcessEnv = process.env): string {
  const usual = join(paths.runtime, "host.sock");
  if (Buffer.byteLength(usual) <= maxSocketBytes) return usual;
  const hash = createHash("sha256").update(paths.root).digest("hex").slice(0, 12);
  const runtimeDirectory = env["XDG_RUNTIME_DIR"];
  const bases = runtimeDirectory === undefined || runtimeDirectory === "" ? [] : [runtimeDirectory];
  const short = [...bases, "/tmp"].map((base) => join(base, `gastown-${userId()}`, hash, "host.sock"));
  return short.find((path) => Buffer.byteLength(path) <= maxSocketBytes) ?? usual;
}

/** Makes the socket's directory, for this user alone. Throws `E_SOCKET` when another user could reach into it. */
export function ensureSocketDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const found = lstatSync(directory);
  if (!found.isDirectory() || found.uid !== userId() || (found.mode & 0o022) !== 0)
    throw new GtError("E_SOCKET", `${directory} must be a directory that only you can write`, {
      hint: `chmod 700 ${directory}`,
    });
}

function userId(): number {
  return process.getuid?.() ?? 0;
}
