import type { Ledger } from "../../../core/ledger/ledger.ts";
import { queueView } from "../../../core/merge/queue-view.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { QueueRow, TownData } from "./town-data.ts";

/** The merge queues of all rigs, and what runs in them. */
export async function readQueue(
  ledger: Ledger,
  rigs: readonly Rig[],
  now: number,
): Promise<Pick<TownData, "queue" | "runs" | "troubledTargets">> {
  const views = await Promise.all(rigs.map((rig) => queueView(ledger, rig, now)));
  const beads = await ledger.getMany(
    views.flatMap(({ rows }) => rows.map(({ mr }) => mr.sourceIssue)).filter((id) => id !== ""),
  );
  return {
    queue: views.flatMap(({ rig, rows }) =>
      rows.map(
        ({ mr, target, status, reason }): QueueRow => ({
          id: mr.id,
          title: beads.get(mr.sourceIssue)?.title ?? mr.title,
          rig,
          target,
          status,
          branch: mr.branch,
          worker: mr.agentAddress,
          bead: mr.sourceIssue,
          at: mr.createdAt,
          reason,
          retries: mr.retryCount,
          run: mr.run,
        }),
      ),
    ),
    runs: views.flatMap(({ runs }) => runs),
    troubledTargets: views.flatMap(({ rig, targets }) =>
      targets.filter(({ state }) => state !== "green").map((target) => ({ ...target, rig })),
    ),
  };
}
