import { mergeRequest } from "../../core/merge/merge-request.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";

/** What an agent has done so far, derived from the ledger, never stored (spec/04 §3.9). */
export interface WorkHistory {
  readonly completed: number;
  readonly open: number;
  readonly merged: number;
  /** Share of the merged requests that needed no second attempt; undefined without any. */
  readonly firstPassRate: number | undefined;
  /** Minutes from start to close, on average. */
  readonly averageMinutes: number | undefined;
  readonly types: Readonly<Record<string, number>>;
  readonly last: readonly { readonly bead: string; readonly title: string; readonly closedAt: number }[];
}

const shown = 10;

export async function workHistory(ledger: Ledger, address: string): Promise<WorkHistory> {
  const beads = await ledger.find({ assignee: address, sort: "closed" });
  const done = beads.filter((bead) => bead.status === "closed" && bead.outcome !== "skipped");
  const requests = (
    await ledger.find({ type: "merge-request", metadata: { "mr.agent_address": address } })
  ).map(mergeRequest);
  const merged = requests.filter((request) => request.closeReason === "merged");
  const clean = merged.filter((request) => request.retryCount === 0 && request.fixAttempts === 0);
  const durations = done.flatMap((bead) =>
    bead.startedAt === undefined || bead.closedAt === undefined ? [] : [bead.closedAt - bead.startedAt],
  );
  const types: Record<string, number> = {};
  for (const bead of done) types[bead.type] = (types[bead.type] ?? 0) + 1;
  return {
    completed: done.length,
    open: beads.filter((bead) => bead.status !== "closed").length,
    merged: merged.length,
    firstPassRate: merged.length === 0 ? undefined : clean.length / merged.length,
    averageMinutes:
      durations.length === 0
        ? undefined
        : durations.reduce((sum, ms) => sum + ms, 0) / durations.length / 60_000,
    types,
    last: done
      .slice(0, shown)
      .map((bead) => ({ bead: bead.id, title: bead.title, closedAt: bead.closedAt ?? bead.updatedAt })),
  };
}
