import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { TownPaths } from "../../core/town/town.ts";
import { endProcessTree } from "./process-tree.ts";

const identity = z.object({ pid: z.number().int().positive(), pid_started_at: z.string() });

/**
 * Ends a host that does not answer, and with it everything that it started: it cannot be asked to do so itself. Only the
 * process that its own file names, by pid and start time, is signalled. False when that file says nothing.
 */
export async function endSilentHost(paths: TownPaths): Promise<boolean> {
  const file = join(paths.runtime, "host.json");
  const found = identity.safeParse(readIdentity(file));
  if (!found.success) return false;
  const { pid, pid_started_at: startedAt } = found.data;
  await endProcessTree({ pid, startedAt, runId: "" }, 0);
  rmSync(file, { force: true });
  return true;
}

function readIdentity(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // missing or half written: nobody is named
  }
}
