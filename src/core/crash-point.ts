import { appendFileSync, existsSync, renameSync } from "node:fs";
import { join } from "node:path";

/**
 * A named place at which a test can make the process die as if by `kill -9`: with `GT_TEST_CRASH=<name>` the process
 * ends itself on reaching it, with nothing flushed and no handler run. Every journalled step has one (spec/04 §11,
 * spec/05 §2.9), so that the crash tests enumerate the steps instead of guessing at times.
 *
 * With `GT_TEST_PAUSE=<directory>` the process stands still where the directory has a file of that name, so that a test
 * can kill somebody else meanwhile: the file becomes `<name>.reached`, and the process goes on once that is removed.
 */
export function crashPoint(name: string): void {
  if (process.env["GT_TEST_CRASH"] === name) process.kill(process.pid, "SIGKILL");
  const directory = process.env["GT_TEST_PAUSE"];
  if (directory) standStill(directory, name);
}

function standStill(directory: string, name: string): void {
  const reached = join(directory, `${name}.reached`);
  try {
    appendFileSync(join(directory, "passed"), `${name}\n`);
    renameSync(join(directory, name), reached);
  } catch {
    return; // nobody waits here
  }
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (existsSync(reached)) Atomics.wait(never, 0, 0, 10);
}
