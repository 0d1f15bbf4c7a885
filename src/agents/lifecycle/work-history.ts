import { mergeRequest } from "../../core/merge/merge-request.ts";
import { readEvents } from "../../core/events/read-events.ts";
import type { TownAccess } from "../town-access.ts";

/** What an agent has done so far, derived from the ledger, never stored (spec/04 §3.9). */
export interface WorkHistory {
  readonly completed: number;
  readonly open: number;
  /** Sessions, hand-ins that called for help or came back from the queue, and hooks that were given up, as far as the event log reaches. */
  readonly sessions: number;
  readonly failed: number;
  readonly abandoned: number;
  readonly merged: number;
  /** Share of the merged requests that needed no second attempt; undefined without any. */
  readonly firstPassRate: number | undefined;
  /** Minutes from start to close, on average. */
  readonly averageMinutes: number | undefined;
  readonly types: Readonly<Record<string, number>>;
  readonly last: readonly { readonly bead: string; readonly title: string; readonly closedAt: number }[];
}

const shown = 10;

export async function workHistory(
  { town, ledger }: Pick<TownAccess, "town" | "ledger">,
  address: string,
): Promise<WorkHistory> {
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
  const events = readEvents(town.paths.events, {
    filter: { types: ["session_start", "done", "merge_failed", "mr_rejected", "unhook"] },
    accepts: ({ actor, payload }) =>
      actor === address || payload["agent"] === address || payload["worker"] === address,
  });
  const of = (...types: readonly string[]): number =>
    events.filter((event) => types.includes(event.type)).length;
  const escalated = events.filter(
    (event) => event.type === "done" && event.payload["exit_type"] === "ESCALATED",
  ).length;
  return {
    sessions: of("session_start"),
    failed: escalated + of("merge_failed", "mr_rejected"),
    abandoned: of("unhook"),
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
