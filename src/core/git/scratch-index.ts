import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gitDirectoryOf } from "./git-directory.ts";

const prefix = "gt-index-";
/** In another container the maker of a younger one may live, whose number means nothing here. */
const leftoverAfterMs = 10 * 60_000;

/**
 * The file of an index of our own for `use`, gone when that has ended. It lies in the worktree's git directory and goes with
 * it; what a process left there that was killed is removed by the next one.
 */
export async function withScratchIndex<Result>(
  worktree: string,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  const place = gitDirectoryOf(worktree) ?? tmpdir();
  await removeLeftovers(place);
  const directory = await mkdtemp(join(place, `${prefix}${process.pid}-`));
  try {
    return await use(join(directory, "index"));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function removeLeftovers(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const directory = join(place, name);
    const made = await stat(directory).catch(() => undefined);
    if (made === undefined || made.mtimeMs > Date.now() - leftoverAfterMs) continue;
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
