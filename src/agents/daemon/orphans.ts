import { isLocked } from "../../core/lock/lock.ts";
import type { Town } from "../../core/town/town.ts";
import {
  endProcessTree,
  type ProcessInfo,
  type ProcessTree,
  processesOf,
  readProcessTable,
  treeOf,
} from "../sessions/process-tree.ts";
import { readRecords } from "../sessions/session-records.ts";
import { daemonLock } from "./daemon-control.ts";
import type { DownService } from "./down-service.ts";

/** What a session of the town that is gone left running: it carries that session's mark (spec/04 §8.3 D14). */
export interface Orphans {
  /** Name of the session, or its run where nothing else is known of it. */
  readonly session: string;
  readonly tree: ProcessTree;
  readonly processes: readonly ProcessInfo[];
}

export interface OrphanOptions {
  /** Runs of the sessions that live on: their processes are no orphans. */
  readonly living: ReadonlySet<string>;
}

/** Never a process that we did not start: pid and start time, or the run id in its environment, say so. */
export function orphansOf(town: Town, { living }: OrphanOptions): readonly Orphans[] {
  const table = readProcessTable();
  const trees = new Map<string, { readonly session: string; readonly tree: ProcessTree }>();
  for (const record of readRecords(town.paths.sessions))
    trees.set(record.runId, { session: record.session, tree: treeOf(record) });
  // Records are replaced by those of the next run, and all of them may be lost.
  for (const mark of table.marks.values())
    if (mark.town === town.root && !trees.has(mark.runId))
      trees.set(mark.runId, {
        session: `run ${mark.runId}`,
        tree: { pid: 0, startedAt: "", runId: mark.runId },
      });
  return [...trees]
    .filter(([runId]) => !living.has(runId))
    .map(([, found]) => ({ ...found, processes: processesOf(found.tree, table) }))
    .filter(({ processes }) => processes.length > 0);
}

/** `1 orphan process`, `3 orphan processes`. */
export const countOf = (processes: Orphans["processes"]): string =>
  `${processes.length} orphan ${processes.length === 1 ? "process" : "processes"}`;

/** SIGTERM, SIGKILL for what remains after `graceMs`, for all of them at the same time. */
export async function endOrphans(
  orphans: readonly Orphans[],
  graceMs: number,
  note: (service: DownService) => void = () => undefined,
): Promise<void> {
  await Promise.all(
    orphans.map(async ({ session, tree, processes }) => {
      await endProcessTree(tree, graceMs);
      note({ name: session, type: "process", ok: true, detail: `${countOf(processes)} ended` });
    }),
  );
}

/** Everything of ours that is still there: locks of our processes, members of our sessions. */
export function findLeftovers(town: Town, options: OrphanOptions = { living: new Set() }): readonly string[] {
  const locks = [daemonLock, ...(options.living.size > 0 ? [] : ["host"])];
  const processes = orphansOf(town, options).flatMap((orphans) =>
    orphans.processes.map(({ pid }) => `process ${pid} of session ${orphans.session}`),
  );
  return [
    ...locks.filter((name) => isLocked(town.paths.locks, name)).map((name) => `lock "${name}" is held`),
    ...processes,
  ];
}
