import type { Bead } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { readPause } from "../scheduler/pause.ts";
import { openContexts } from "../scheduler/sling-context.ts";
import { type ConvoyFields, isOwned } from "./convoy.ts";
import { convoyEta } from "./convoy-eta.ts";
import { type ConvoySnapshot, readConvoys } from "./convoy-snapshot.ts";
import { feedFailures } from "./feed-failures.ts";
import {
  type ConvoyState,
  convoyStanding,
  type ReadinessContext,
  type TrackedState,
} from "./convoy-state.ts";

/** One convoy as the command line, the plain view and the TUI show it (spec/05 §6.2, §6.6). */
export interface ConvoyView {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly state: ConvoyState;
  readonly done: number;
  readonly total: number;
  /** Why it does not move; empty while it does. */
  readonly reasons: readonly string[];
  readonly owned: boolean;
  /** It landed, and work of it was opened again since. */
  readonly isRegressed: boolean;
  readonly createdAt: number;
  readonly closedAt?: number;
  /** How long what is left takes at the present rate, in milliseconds. */
  readonly etaMs?: number;
  readonly fields: ConvoyFields;
  readonly labels: readonly string[];
  readonly tracked: readonly TrackedView[];
}

export interface TrackedView {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly type: string;
  readonly priority: number;
  readonly assignee: string;
  readonly labels: readonly string[];
  readonly state: TrackedState["state"];
  readonly reason?: string;
  readonly mr?: string;
  readonly mrPhase?: string;
  readonly updatedAt: number;
  readonly closedAt?: number;
}

export interface ConvoyViewOptions {
  /** Also closed ones, newest first, behind the open ones. */
  readonly includeClosed?: boolean;
  /** Milliseconds since the epoch; the present by default. */
  readonly now?: number;
  /** Names of rigs that take no work now. */
  readonly parkedRigs?: ReadonlySet<string>;
  readonly dead?: ReadonlySet<string>;
}

/** Convoys in the order of their numbers: oldest open one first. */
export async function convoyViews(
  ledger: Ledger,
  options: ConvoyViewOptions = {},
): Promise<readonly ConvoyView[]> {
  const open = await ledger.find({ type: "convoy", notStatus: "closed", sort: "oldest" });
  const closed =
    options.includeClosed === true
      ? await ledger.find({ type: "convoy", status: "closed", sort: "closed" })
      : [];
  return viewsOf(ledger, [...open, ...closed], options);
}

/** The views of these convoys, in their order. */
export async function viewsOf(
  ledger: Ledger,
  convoys: readonly Bead[],
  options: ConvoyViewOptions = {},
): Promise<readonly ConvoyView[]> {
  const context = await readinessContext(ledger, options);
  const snapshots = await readConvoys(ledger, {
    convoys,
    ...(options.dead === undefined ? {} : { dead: options.dead }),
  });
  return snapshots.map((snapshot) => viewOf(snapshot, context));
}

/** What readiness depends on beside the convoys: which scopes are rigs, and which of them take work. */
export async function readinessContext(
  ledger: Ledger,
  options: ConvoyViewOptions = {},
): Promise<ReadinessContext> {
  const [failures, { contexts }, pause] = await Promise.all([
    feedFailures(ledger),
    openContexts(ledger),
    readPause(ledger),
  ]);
  const scopes = (await ledger.prefixes()).map((entry) => entry.scope).filter((scope) => scope !== "town");
  return {
    now: options.now ?? Date.now(),
    rigs: new Set(scopes),
    openRigs: new Set(scopes.filter((scope) => !(options.parkedRigs?.has(scope) ?? false))),
    backoff: failures,
    queued: new Set(contexts.map((context) => context.bead)),
    isPaused: pause !== undefined,
  };
}

function viewOf(snapshot: ConvoySnapshot, context: ReadinessContext): ConvoyView {
  const { convoy, fields, tracked } = snapshot;
  const standing = convoyStanding(snapshot, context);
  const isMoving = standing.state === "working" || standing.state === "feeding";
  const etaMs = isMoving ? convoyEta(tracked, convoy.createdAt, context.now) : undefined;
  return {
    id: convoy.id,
    title: convoy.title,
    status: convoy.status,
    state: standing.state,
    done: standing.done,
    total: standing.total,
    reasons: standing.reasons,
    owned: isOwned(convoy),
    isRegressed: fields.outcome === "landed" && standing.done < standing.total,
    createdAt: convoy.createdAt,
    ...(convoy.closedAt === undefined ? {} : { closedAt: convoy.closedAt }),
    ...(etaMs === undefined ? {} : { etaMs }),
    fields,
    labels: convoy.labels,
    tracked: tracked.map(({ bead, mergeRequest }) => {
      const state = standing.beads.get(bead.id) ?? { state: "ready" };
      return {
        id: bead.id,
        title: bead.title,
        status: bead.status,
        type: bead.type,
        priority: bead.priority,
        assignee: bead.assignee,
        labels: bead.labels,
        state: state.state,
        ...("reason" in state ? { reason: state.reason } : {}),
        ...(mergeRequest === undefined ? {} : { mr: mergeRequest.id, mrPhase: mergeRequest.phase }),
        updatedAt: bead.updatedAt,
        ...(bead.closedAt === undefined ? {} : { closedAt: bead.closedAt }),
      };
    }),
  };
}
