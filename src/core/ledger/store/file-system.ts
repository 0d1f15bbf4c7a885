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
