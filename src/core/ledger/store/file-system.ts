import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** Magic numbers of Linux for file systems on which several machines, or a slow bridge, share a file. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, "nfs"],
  [0xff534d42, "cifs"],
  [0xfe534d42, "smb"],
  [0x517b, "smb"],
  [0x01021997, "9p"],
  [0x65735546, "fuse"],
]);

/** SQLite makes its shared memory in pieces of so much. */
const leastBytes = 64 * 1024;

/** Name of the network file system that the file is on; undefined for a local one. Only Linux tells (spec/01 §7.1). */
export function networkFileSystem(path: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return networkTypes.get(statfsSync(dirname(path)).type >>> 0);
  } catch {
    // A directory that cannot be asked will fail soon enough by itself.
    return undefined;
  }
}

/** Not even a page of the ledger's log fits on the file system any more. */
export function hasNoSpace(path: string): boolean {
  try {
    const space = statfsSync(dirname(path));
    return space.blocks > 0 && space.bavail * space.bsize < leastBytes;
  } catch {
    // What cannot be asked is not known to be full.
    return false;
  }
}
