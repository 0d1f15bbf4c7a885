import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How this process can get a disk of its own: by itself, by running again in a namespace of its own, or not (why). */
export type DiskMaking = "mount" | "namespace" | { readonly not: string };

/** Enough for a town that is not short of anything; a limit only, nothing is taken from the machine. */
const ample = "4g";
const attempts = 20;
const namespace = ["--user", "--map-root-user", "--mount"];

export function diskMaking(): DiskMaking {
  if (process.platform !== "linux") return { not: "only Linux has disks that a test can make" };
  const probe = mkdtempSync(join(tmpdir(), "gt-disk-"));
  const script = `mount -t tmpfs -o size=1m tmpfs '${probe}' && umount '${probe}'`;
  try {
    if (spawnSync("sh", ["-c", script]).status === 0) return "mount";
    const inside = spawnSync("unshare", [...namespace, "sh", "-c", script], { encoding: "utf8" });
    if (inside.status === 0) return "namespace";
    return { not: `no mount: ${(inside.stderr || inside.error?.message || "refused").trim()}` };
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** Runs a test file again where it may mount; throws with its output when it fails. */
export function runInNamespace(file: string): void {
  execFileSync("unshare", [...namespace, process.execPath, "node_modules/.bin/vitest", "run", file], {
    stdio: "pipe",
    encoding: "utf8",
  });
}

/** A real file system that can really be full. */
export class SmallDisk {
  readonly path: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), "gt-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${ample}`, "tmpfs", this.path]);
  }

  /** From now on there are so many bytes, rounded to pages, and not one more. */
  leave(bytes: number): void {
    for (let attempt = 1; ; attempt++) {
      const { blocks, bfree, bsize } = statfsSync(this.path);
      try {
        this.#resize(`${(blocks - bfree) * bsize + bytes}`);
        return;
      } catch (error) {
        // Somebody wrote between the look and the change: there is more on it than it would hold.
        if (attempt === attempts) throw error;
      }
    }
  }

  /** Somebody has tidied up. */
  clear(): void {
    this.#resize(ample);
  }

  remove(): void {
    execFileSync("umount", ["--lazy", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }

  #resize(size: string): void {
    execFileSync("mount", ["-o", `remount,size=${size}`, this.path], { stdio: "pipe" });
  }
}
