/** A bead that was slung while the town was full and waits for its turn (spec/05 §9.2). */
export interface QueuedSling {
  /** Id of the context bead. */
  readonly id: string;
  readonly bead: string;
  readonly rig: string;
  /** 0 critical .. 4 backlog. */
  readonly priority: number;
  readonly enqueuedAt: number;
  /** Account on which it would be started; beads that may conflict with it, each with how much. */
  readonly account?: string;
  readonly rivals?: ReadonlyMap<string, number>;
  readonly reason: "sling" | "rework" | "conflict" | "feed" | "rate_limit" | (string & {});
  /** Open and unblocked, its rig at work, its account not limited, its `not_before` passed. */
  readonly isReady: boolean;
}

export interface RigLoad {
  /** Polecats with a hooked bead whose session is alive or starting. */
  readonly working: number;
  /** Most that may work at once in this rig; nothing means no limit of its own. */
  readonly max?: number;
  /** When the rig was served last; milliseconds since the epoch. */
  readonly servedAt?: number;
}

export interface DispatchPlan {
  readonly dispatch: readonly QueuedSling[];
  /** Ready ones that have to wait. */
  readonly skipped: number;
  /** What limited the plan. */
  readonly reason: "capacity" | "batch" | "ready" | "none";
}

export interface DispatchOptions {
  readonly now: number;
  /** Waiting time that raises the effective priority by one, in milliseconds. */
  readonly ageBoostMs?: number;
  /** How many more may be started on an account; nothing means no limit of its own. */
  readonly accountRoom?: ReadonlyMap<string, number>;
  /** Beads that are being worked on now. */
  readonly atWork?: ReadonlySet<string>;
}

/** Which queued slings start now, fairly (spec/05 §9.3 steps 4-6). Pure. */
export function planDispatch(
  capacity: number,
  batchSize: number,
  contexts: readonly QueuedSling[],
  loads: ReadonlyMap<string, RigLoad>,
  options: DispatchOptions,
): DispatchPlan {
  const ageBoostMs = options.ageBoostMs ?? 30 * 60_000;
  const remaining = contexts.filter((context) => context.isReady);
  if (remaining.length === 0) return { dispatch: [], skipped: 0, reason: "none" };

  const working = new Map([...loads].map(([rig, load]) => [rig, load.working]));
  const servedAt = new Map([...loads].map(([rig, load]) => [rig, load.servedAt ?? 0]));
  const room = new Map(options.accountRoom);
  const busy = new Set(options.atWork);
  const meets = (context: QueuedSling): number =>
    Math.max(0, ...[...(context.rivals ?? [])].map(([rival, much]) => (busy.has(rival) ? much : 0)));
  const dispatch: QueuedSling[] = [];
  const limit = Math.max(0, Math.min(capacity, batchSize));

  while (dispatch.length < limit) {
    const eligible = remaining.filter((context) => {
      const max = loads.get(context.rig)?.max;
      const hasRoom = (room.get(context.account ?? "") ?? 1) > 0;
      return hasRoom && (max === undefined || (working.get(context.rig) ?? 0) < max);
    });
    const [first] = eligible.sort(
      (one, other) =>
        effectivePriority(one, options.now, ageBoostMs) - effectivePriority(other, options.now, ageBoostMs) ||
        Number(isRework(other)) - Number(isRework(one)) ||
        // Advice, never a block: of equals, the one that is likely to conflict with what is under way comes later.
        meets(one) - meets(other) ||
        (working.get(one.rig) ?? 0) - (working.get(other.rig) ?? 0) ||
        (servedAt.get(one.rig) ?? 0) - (servedAt.get(other.rig) ?? 0) ||
        one.enqueuedAt - other.enqueuedAt ||
        one.id.localeCompare(other.id),
    );
    if (first === undefined) break;
    dispatch.push(first);
    remaining.splice(remaining.indexOf(first), 1);
    working.set(first.rig, (working.get(first.rig) ?? 0) + 1);
    servedAt.set(first.rig, options.now);
    busy.add(first.bead);
    if (first.account !== undefined && room.has(first.account))
      room.set(first.account, (room.get(first.account) ?? 0) - 1);
  }

  const reason =
    dispatch.length < limit || remaining.length === 0
      ? "ready"
      : capacity <= batchSize
        ? "capacity"
        : "batch";
  return { dispatch, skipped: remaining.length, reason };
}

/** Waiting makes urgent: one step per `ageBoostMs`, up to critical. */
export function effectivePriority(context: QueuedSling, now: number, ageBoostMs: number): number {
  return Math.max(0, context.priority - Math.floor(Math.max(0, now - context.enqueuedAt) / ageBoostMs));
}

const isRework = (context: QueuedSling): boolean =>
  context.reason === "rework" || context.reason === "conflict";
