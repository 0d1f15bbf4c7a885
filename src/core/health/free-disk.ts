import { statfs } from "node:fs/promises";

const mega = 1024 * 1024;

/** Free megabytes for us where the path is. Infinity on a file system that does not say: then writing will tell. */
export async function freeDiskMb(path: string): Promise<number> {
  const space = await statfs(path).catch(() => undefined);
  return space === undefined ? Number.POSITIVE_INFINITY : freeMbOf(space);
}

export function freeMbOf(space: {
  readonly blocks: number;
  readonly bavail: number;
  readonly bsize: number;
}): number {
  return space.blocks === 0 ? Number.POSITIVE_INFINITY : Math.floor((space.bavail * space.bsize) / mega);
}
