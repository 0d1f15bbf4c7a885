import { appendFileSync, copyFileSync, mkdirSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { dirname } from "node:path";

/** `logs/daemon.log`: one line a fact, `<RFC 3339> <level> <text>`. */
export interface DaemonLog {
  info(text: string): void;
  warn(text: string): void;
}

const maxBytes = 10 * 1024 * 1024;
const kept = 5;

/** Appends to the file, or to stderr as well when `echo` is given. A log that cannot be written never stops the daemon. */
export function openDaemonLog(
  file: string,
  options: { readonly echo?: NodeJS.WritableStream } = {},
): DaemonLog {
  const write = (level: string, text: string): void => {
    const line = `${new Date().toISOString()} ${level} ${text.replace(/\s*\n\s*/g, " ")}\n`;
    options.echo?.write(line);
    try {
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, line, { mode: 0o600 });
      rotate(file);
    } catch {
      // A full disk: the disk guard says so elsewhere.
    }
  };
  return { info: (text) => write("info", text), warn: (text) => write("warn", text) };
}

/** Past 10 MB the file becomes `.1`, and so on up to `.5`. */
export function rotate(file: string, limit: number = maxBytes): boolean {
  if (statSync(file).size < limit) return false;
  makeRoom(file);
  renameSync(file, `${file}.1`);
  return true;
}

/** The same for a file that another process holds open to append to: it goes on in the emptied file. */
export function copyAway(file: string, limit: number = maxBytes): boolean {
  if (statSync(file).size < limit) return false;
  makeRoom(file);
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  return true;
}

function makeRoom(file: string): void {
  rmSync(`${file}.${kept}`, { force: true });
  for (let number = kept - 1; number >= 1; number--) {
    try {
      renameSync(`${file}.${number}`, `${file}.${number + 1}`);
    } catch {
      // There are not that many yet.
    }
  }
}
