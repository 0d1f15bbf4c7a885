import { type FSWatcher, watch } from "node:fs";
import { acquireLock, type Lock } from "./lock.ts";

const settleMs = 50;

/**
 * Takes the lock of a process that serves a town, and takes it again whenever its file is deleted: everything below
 * `.runtime` may be cleared at any moment, and a lock on a deleted file excludes nobody. `onLost` is called once, when
 * another process was quicker. Throws `E_BUSY` when the lock is held (spec/04 §0.2).
 */
export async function keepLock(
  locksDir: string,
  name: string,
  onLost: () => void,
): Promise<{ release(): void }> {
  let lock: Lock = await acquireLock(locksDir, name, { kind: name });
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isReleased = false;

  const follow = (): void => {
    watcher?.close();
    watcher = watch(locksDir, () => {
      if (timer !== undefined || lock.isOnDisk()) return;
      // Whoever clears the directory is still at it.
      timer = setTimeout(() => void takeAgain(), settleMs);
    });
    watcher.on("error", () => {}); // the directory is gone; the event before told us
  };
  const takeAgain = async (): Promise<void> => {
    timer = undefined;
    if (isReleased || lock.isOnDisk()) return;
    lock.release();
    try {
      const again = await acquireLock(locksDir, name, { kind: name });
      if (isReleased) return again.release();
      lock = again;
      follow();
    } catch {
      if (!isReleased) onLost();
    }
  };
  follow();
  return {
    release: () => {
      isReleased = true;
      clearTimeout(timer);
      watcher?.close();
      lock.release();
    },
  };
}
