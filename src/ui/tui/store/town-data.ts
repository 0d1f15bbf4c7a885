import type { EmergencyStop } from "../../../agents/daemon/emergency-stop.ts";
import type { RigStanding } from "../../../agents/lifecycle/rig-admission.ts";
import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { ConvoyView } from "../../../core/convoys/convoy-view.ts";
import type { EventCategory } from "../../../core/events/event-types.ts";
import type { Past } from "../../../core/ledger/read-back.ts";
import type { QueueStatus, TargetView } from "../../../core/merge/queue-view.ts";
import { defaultThresholds, type HealthThresholds } from "../../../core/health/thresholds.ts";
import type { RunRecord } from "../../../core/merge/run-record.ts";
import type { AgentNotes } from "./agent-notes.ts";

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
  readonly isAudit: boolean;
  readonly category: EventCategory;
  readonly tone: Tone;
  readonly message: string;
  readonly rig: string;
  /** Bead, convoy or merge request that it is about. */
  readonly target: string;
}

export type BeadGroup = "ready" | "in progress" | "blocked" | "deferred" | "closed";

/** Its agent called for help; a mountain goes on without it; or it failed so often that it is not given out again. */
export type BeadHold = "asks for help" | "skipped" | "failed too often";

export interface BeadRow {
  readonly id: string;
  readonly title: string;
  readonly group: BeadGroup;
  readonly priority: number;
  readonly type: string;
  readonly assignee: string;
  readonly blockedBy: readonly string[];
  /** Why nobody is given it although it is not done; absent when nothing holds it. */
  readonly hold?: BeadHold;
  readonly description: string;
  readonly updatedAt: number;
}

export interface QueueRow {
  readonly id: string;
  /** Of the bead that it is for, if there is one. */
  readonly title: string;
  readonly rig: string;
  readonly target: string;
  readonly status: QueueStatus;
  readonly branch: string;
  readonly worker: string;
  readonly bead: string;
  readonly at: number;
  /** Why it stands where it stands; may be empty. */
  readonly reason: string;
  readonly retries: number;
  /** The run that holds it now; empty when none does. */
  readonly run: string;
}

export interface RigTarget extends TargetView {
  readonly rig: string;
}

/** More about the selected row than its list shows: read for it alone. */
export interface RowDetail {
  readonly id: string;
  readonly sections: readonly DetailSection[];
}

/** Title of the section with the end of an agent's screen. */
export const screenSection = "Last on its screen";

export interface DetailSection {
  readonly title: string;
  readonly lines: readonly string[];
}

/** What waits for the person: mail to the overseer, or an open escalation. */
export interface InboxRow {
  readonly id: string;
  readonly kind: "escalation" | "mail";
  readonly from: string;
  readonly subject: string;
  /** The beginning of it; the whole is read when the row is opened. */
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Unread mail, or an escalation that nobody has acknowledged. */
  readonly isNew: boolean;
  /** Priority of mail, severity of an escalation. */
  readonly urgency: string;
}

/** What is known of the town; pushed by the source, never fetched by a view. */
export interface TownData {
  readonly name: string;
  /** Root as shown, with `~` for the home directory. */
  readonly place: string;
  readonly rigs: readonly string[];
  /** Rigs that take no work now, and why. */
  readonly restingRigs: ReadonlyMap<string, Exclude<RigStanding, "operational">>;
  readonly agents: readonly AgentView[];
  /** By address; agents of whom nothing more is known have none. */
  readonly notes: ReadonlyMap<string, AgentNotes>;
  /** When an agent counts as stalled, in this town. */
  readonly thresholds: HealthThresholds;
  /** Open ones oldest first, then those landed within a day. */
  readonly convoys: readonly ConvoyView[];
  /** Per rig, in the order in which they would run. */
  readonly queue: readonly QueueRow[];
  /** Passes of the queue that are under way. */
  readonly runs: readonly RunRecord[];
  /** Targets of which the queue takes nothing now, or which are red. */
  readonly troubledTargets: readonly RigTarget[];
  /** Only while the Beads view is open. */
  readonly beads: readonly BeadRow[];
  /** Only while a view with a detail panel is open. */
  readonly detail: RowDetail | undefined;
  /** How the town was at the moment that the Log is scrolled back to. */
  readonly past: Past | undefined;
  /** What each bead of the open convoy view waits for. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Curated: what says the same is one row (spec/06 §9.7). Newest first. */
  readonly feed: readonly FeedRow[];
  /** Every event by itself, newest first; with those for the audit while the Log is asked for them. */
  readonly log: readonly FeedRow[];
  readonly isDaemonUp: boolean;
  /** The session host runs and does not answer: nothing is known about sessions. */
  readonly isHostSilent: boolean;
  /** Emergency stops in force: that of the town, or those of single rigs. */
  readonly stops: readonly EmergencyStop[];
  /** Escalations first; read mail only while the Inbox is open. */
  readonly inbox: readonly InboxRow[];
  /** Why data is old, e.g. an unreadable log; empty when all is well. */
  readonly trouble: string;
  /** The first reading has happened; before it, empty lists mean "not yet". */
  readonly isLoaded: boolean;
}

export const emptyTown: TownData = {
  name: "",
  place: "",
  rigs: [],
  restingRigs: new Map(),
  agents: [],
  notes: new Map(),
  thresholds: defaultThresholds,
  convoys: [],
  queue: [],
  runs: [],
  troubledTargets: [],
  beads: [],
  detail: undefined,
  past: undefined,
  needs: new Map(),
  feed: [],
  log: [],
  isDaemonUp: false,
  isHostSilent: false,
  stops: [],
  inbox: [],
  trouble: "",
  isLoaded: false,
};
