import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { ConvoyView } from "../../../core/convoys/convoy-view.ts";
import type { EventCategory } from "../../../core/events/event-types.ts";

/** Which colour an event has (spec/06 §11.3). */
export type Tone = "good" | "news" | "bad" | "care";

/** One event, ready to show. */
export interface FeedRow {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly symbol: string;
  /** Full address. */
  readonly actor: string;
  readonly type: string;
  readonly category: EventCategory;
  readonly tone: Tone;
  readonly message: string;
  readonly rig: string;
  /** Bead, convoy or merge request that it is about. */
  readonly target: string;
}

export type BeadGroup = "ready" | "in progress" | "blocked" | "deferred" | "closed";

export interface BeadRow {
  readonly id: string;
  readonly title: string;
  readonly group: BeadGroup;
  readonly priority: number;
  readonly type: string;
  readonly assignee: string;
  readonly blockedBy: readonly string[];
  readonly description: string;
  readonly updatedAt: number;
}

export interface QueueRow {
  readonly id: string;
  readonly rig: string;
  readonly status: string;
  readonly branch: string;
  readonly worker: string;
  readonly bead: string;
  readonly at: number;
  /** Why it stands where it stands; may be empty. */
  readonly reason: string;
}

/** What is known of the town; pushed by the source, never fetched by a view. */
export interface TownData {
  readonly name: string;
  /** Root as shown, with `~` for the home directory. */
  readonly place: string;
  readonly rigs: readonly string[];
  readonly agents: readonly AgentView[];
  /** Open ones oldest first, then those landed within a day. */
  readonly convoys: readonly ConvoyView[];
  readonly queue: readonly QueueRow[];
  /** Only while the Beads view is open. */
  readonly beads: readonly BeadRow[];
  /** What each bead of the open convoy view waits for. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Newest first. */
  readonly feed: readonly FeedRow[];
  readonly isDaemonUp: boolean;
  readonly isHostUp: boolean;
  readonly unreadMail: number;
  readonly escalations: number;
  /** Why data is old, e.g. an unreadable log; empty when all is well. */
  readonly trouble: string;
  /** The first reading has happened; before it, empty lists mean "not yet". */
  readonly isLoaded: boolean;
}

export const emptyTown: TownData = {
  name: "",
  place: "",
  rigs: [],
  agents: [],
  convoys: [],
  queue: [],
  beads: [],
  needs: new Map(),
  feed: [],
  isDaemonUp: false,
  isHostUp: false,
  unreadMail: 0,
  escalations: 0,
  trouble: "",
  isLoaded: false,
};
