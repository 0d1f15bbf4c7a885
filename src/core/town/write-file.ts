import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, realpath, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GtError } from "../gt-error.ts";

export interface WriteFileOptions {
  /** Mode of a new file (default 0644, narrowed by the umask). An existing file keeps its own, unless that is wider than a secret's 0600. */
  readonly mode?: number;
}

/** Below this, whole files are not replaced any more: the old content is worth more (spec/07 §4.3). */
const leastFreeBytes = 50 * 1024 * 1024;

/**
 * Replaces a whole file so that a reader, or a crash, sees either the old content or the new (spec/07 §4.3). Makes
 * missing directories. A symbolic link is written through. Throws `E_DISK` before touching anything on a full disk.
 */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  options: WriteFileOptions = {},
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const target = await realpath(file).catch(() => file);
  const directory = dirname(target);
  await expectSpace(directory, file);
  const temporary = join(
    directory,
    `.${basename(target)}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`,
  );
  try {
    const mode = await finalMode(target, options.mode ?? 0o644);
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw isNoSpace(error) ? diskFull(file, error) : error;
  }
  await syncDirectory(directory);
}

async function finalMode(target: string, wanted: number): Promise<number> {
  const existing = await stat(target).then(
    (found) => found.mode & 0o777,
    () => undefined,
  );
  if (existing === undefined) return wanted;
  return wanted === 0o600 ? existing & 0o700 : existing;
}

async function expectSpace(directory: string, file: string): Promise<void> {
  // Some file systems do not say how much they hold; then the write itself will tell.
  const space = await statfs(directory).catch(() => undefined);
  if (space !== undefined && space.blocks > 0 && space.bavail * space.bsize < leastFreeBytes)
    throw diskFull(file, undefined);
}

function isNoSpace(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOSPC" || code === "EDQUOT";
}

function diskFull(file: string, cause: unknown): GtError {
  return new GtError("E_DISK", `not enough disk space to write ${file}`, {
    why: ["less than 50 MB are free; the file was left as it was"],
    cause,
  });
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch {
    // Not every file system can; the rename is in place either way.
  } finally {
    await handle.close();
  }
}
