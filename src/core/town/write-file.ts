import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, realpath, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { diskFull, isDiskFull } from "../disk-full.ts";
import type { GtError } from "../gt-error.ts";

export interface WriteFileOptions {
  /** Mode of a new file (default 0644, narrowed by the umask). An existing file keeps its own, unless that is wider than a secret's 0600. */
  readonly mode?: number;
  /** Tries all the same when the disk is nearly full: what stops things must be sayable then (spec/04 §7.3). */
  readonly isVital?: boolean;
}

/** Below this, whole files are not replaced any more: the old content is worth more (spec/07 §4.3). */
const leastFreeBytes = 50 * 1024 * 1024;
const pageBytes = 4096;

/**
 * Replaces a whole file so that a reader, or a crash, sees either the old content or the new (spec/07 §4.3). Makes
 * missing directories. A symbolic link is written through, and so is what is no file, such as `/dev/null` or a pipe. Throws
 * `E_DISK` before touching anything on a full disk.
 */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  options: WriteFileOptions = {},
): Promise<void> {
  // A new file in the place of a device or pipe would take it away from everybody on the machine.
  if (await isSpecial(file)) return writeFile(file, content);
  await mkdir(dirname(file), { recursive: true });
  const target = await realpath(file).catch(() => file);
  const directory = dirname(target);
  if (options.isVital !== true) await expectSpace(directory, file);
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
    if (options.isVital === true && isDiskFull(error) && (await overwrite(target, content))) return;
    throw isDiskFull(error) ? noRoom(file, error) : error;
  }
  await syncDirectory(directory);
}

async function isSpecial(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isCharacterDevice() || found.isBlockDevice() || found.isFIFO() || found.isSocket(),
    () => false,
  );
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
    throw noRoom(file, undefined);
}

/** Within the page that a small file has already there is always room, and no half of it is ever seen. */
async function overwrite(target: string, content: string | Uint8Array): Promise<boolean> {
  const bytes = Buffer.from(content);
  if (bytes.length > pageBytes) return false;
  try {
    const handle = await open(target, "r+");
    try {
      await handle.write(bytes, 0, bytes.length, 0);
      await handle.truncate(bytes.length);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return true;
  } catch {
    // No such file yet, or a file system that writes elsewhere each time: the first error is the one to tell.
    return false;
  }
}

function noRoom(file: string, cause: unknown): GtError {
  return diskFull(`${file} could not be written`, dirname(file), {
    why: [
      cause === undefined ? "less than 50 MB are free; the file is as it was" : "the file is as it was",
      "make room, then run the command again",
    ],
    ...(cause === undefined ? {} : { cause }),
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
