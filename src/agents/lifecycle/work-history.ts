import { mergeRequest } from "../../core/merge/merge-request.ts";
import { readEvents } from "../../core/events/read-events.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
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
  const names = await namesOf(ledger, address);
  const beads = (
    await Promise.all(names.map((assignee) => ledger.find({ assignee, sort: "closed" })))
  ).flat();
  const done = beads.filter((bead) => bead.status === "closed" && bead.outcome !== "skipped");
  const requests = (
    await Promise.all(
      names.map((name) => ledger.find({ type: "merge-request", metadata: { "mr.agent_address": name } })),
    )
  )
    .flat()
    .map(mergeRequest);
  const merged = requests.filter((request) => request.closeReason === "merged");
  const clean = merged.filter((request) => request.retryCount === 0 && request.fixAttempts === 0);
  const durations = done.flatMap((bead) =>
    bead.startedAt === undefined || bead.closedAt === undefined ? [] : [bead.closedAt - bead.startedAt],
  );
  const types: Record<string, number> = {};
  for (const bead of done) types[bead.type] = (types[bead.type] ?? 0) + 1;
  const sessions = names.map((name) => sessionOfAddress(town, name));
  const events = readEvents(town.paths.events, {
    filter: { types: ["session_start", "done", "unhook"] },
    // Whoever starts a session for it is its actor.
    accepts: ({ type, actor, payload }) =>
      type === "session_start"
        ? isOneOf(sessions, payload["session"])
        : isOneOf(names, payload["agent"] ?? actor),
  });
  const count = (type: string, accepts: (payload: Readonly<Record<string, unknown>>) => boolean): number =>
    events.filter((event) => event.type === type && accepts(event.payload)).length;
  const escalated = count("done", (payload) => payload["exit_type"] === "ESCALATED");
  const sentBack = requests.filter(
    ({ closeReason }) => closeReason === "rejected" || closeReason === "conflict",
  );
  return {
    sessions: count("session_start", () => true),
    failed: escalated + sentBack.length,
    // Work that never began was not given up.
    abandoned: count("unhook", (payload) => payload["reason"] !== "dispatch undone"),
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
      .toSorted((one, other) => (other.closedAt ?? 0) - (one.closedAt ?? 0))
      .slice(0, shown)
      .map((bead) => ({ bead: bead.id, title: bead.title, closedAt: bead.closedAt ?? bead.updatedAt })),
  };
}

/** The address and those that the identity had before it was renamed (spec/04 §3.8). */
export async function namesOf(ledger: TownAccess["ledger"], address: string): Promise<readonly string[]> {
  const names = [address];
  const agents = await ledger.agents();
  let id = agents.find((agent) => agent.address === address)?.id;
  while (id !== undefined) {
    const before = (await ledger.get(id))?.metadata["renamed_from"];
    const former = agents.find((agent) => agent.id === before);
    if (former === undefined || names.includes(former.address)) break;
    names.push(former.address);
    id = former.id;
  }
  return names;
}

const isOneOf = (names: readonly string[], name: unknown): boolean =>
  typeof name === "string" && names.includes(name);
