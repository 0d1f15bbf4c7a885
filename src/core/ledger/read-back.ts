import type { ActorAddress, BeadId, Time } from "./bead.ts";
import type { Change, Ledger } from "./ledger.ts";

/** How the ledger's beads and agents differed from now at a moment of the past, as far as the change feed tells. */
export interface Past {
  readonly at: Time;
  /** Status that beads had then; `absent` those that were made later. Beads that are not here had the one they have. */
  readonly statuses: ReadonlyMap<BeadId, string | "absent">;
  /** What agents were and held then; only fields that changed since. */
  readonly agents: ReadonlyMap<ActorAddress, PastAgent>;
  /** The feed does not reach back that far, or so much happened since that only the latest part was read. */
  readonly isPartial: boolean;
}

export interface PastAgent {
  readonly isAbsent: boolean;
  readonly state?: string;
  readonly hookBead?: BeadId;
}

const mostChanges = 20_000;

/** Undoes the change feed from now back to a moment. */
export async function readBack(ledger: Ledger, at: Time): Promise<Past> {
  const head = await ledger.head();
  const since = await lastChangeUntil(ledger, at, head);
  const first = Math.max(since, head - mostChanges);
  const page = await ledger.changes(first, { limit: mostChanges });
  const addresses = new Map((await ledger.agents()).map(({ id, address }) => [id, address]));
  return undo(page.changes, { at, addresses, isPartial: first > since || page.reset });
}

/** The sequence number of the last change that is not younger than `at`; times grow with the numbers. */
async function lastChangeUntil(ledger: Ledger, at: Time, head: number): Promise<number> {
  let low = 0;
  let high = head;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [next] = (await ledger.changes(middle, { limit: 1 })).changes;
    if (next === undefined || next.createdAt > at) high = middle;
    else low = next.seq;
  }
  return low;
}

/** What changes after a moment, oldest first, say about that moment. The first change of a field has its value of then. */
export function undo(
  changes: readonly Change[],
  {
    at,
    addresses,
    isPartial,
  }: {
    readonly at: Time;
    /** Of agents, by the id of their bead. */
    readonly addresses: ReadonlyMap<BeadId, ActorAddress>;
    readonly isPartial: boolean;
  },
): Past {
  const statuses = new Map<BeadId, string>();
  const agents = new Map<ActorAddress, PastAgent>();
  for (const { beadId, type, oldValue, newValue, createdAt } of changes) {
    if (createdAt <= at) continue;
    const address = type === "agent_updated" ? addresses.get(beadId) : undefined;
    if (address !== undefined) agents.set(address, earlierAgent(agents.get(address), oldValue, newValue));
    if (statuses.has(beadId)) continue;
    const before = oldValue?.["status"];
    if (type === "created") statuses.set(beadId, "absent");
    else if (typeof before === "string") statuses.set(beadId, before);
  }
  return { at, statuses, agents, isPartial };
}

function earlierAgent(
  known: PastAgent | undefined,
  old: Change["oldValue"],
  current: Change["newValue"],
): PastAgent {
  // The change that made the agent names its address and has nothing before it.
  if (known === undefined && old === undefined && current?.["address"] !== undefined)
    return { isAbsent: true };
  const state = old?.["agent_state"];
  const hookBead = old?.["hook_bead"];
  return {
    isAbsent: false,
    ...(typeof state === "string" ? { state } : {}),
    ...(typeof hookBead === "string" ? { hookBead } : {}),
    ...known,
  };
}
