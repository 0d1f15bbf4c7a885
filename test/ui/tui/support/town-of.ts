import type { AgentView } from "../../../../src/agents/patrols/agent-health.ts";
import type { ConvoyView, TrackedView } from "../../../../src/core/convoys/convoy-view.ts";
import { initialState, type TuiState } from "../../../../src/ui/tui/store/state.ts";
import { emptyTown, type FeedRow, type TownData } from "../../../../src/ui/tui/store/town-data.ts";
import { keymap } from "../../../../src/ui/tui/keymap.ts";
import type { Look } from "../../../../src/ui/tui/views/panel.tsx";
import { asciiSymbols, unicodeSymbols } from "../../../../src/ui/tui/views/symbols.ts";
import { darkTheme } from "../../../../src/ui/tui/views/theme.ts";

export const noon = new Date(2026, 3, 30, 14, 2).getTime();
export const look: Look = { theme: darkTheme, symbols: unicodeSymbols, bindings: keymap };
export const asciiLook: Look = { theme: darkTheme, symbols: asciiSymbols, bindings: keymap };

export function agentOf(fields: Partial<AgentView> & { readonly address: string }): AgentView {
  const parts = fields.address.split("/").filter((part) => part !== "");
  const isPolecat = parts[1] === "polecats";
  return {
    role: isPolecat ? "polecat" : parts[1] === "crew" ? "crew" : "mayor",
    rig: parts.length > 1 ? (parts[0] ?? "") : "",
    name: parts.at(-1) ?? "",
    icon: "",
    state: "idle",
    health: "idle",
    tag: "",
    needsAttention: false,
    bead: "",
    title: "",
    idleMs: 0,
    reason: "",
    suggestion: "",
    session: `s-${parts.at(-1)}`,
    runtime: "shell",
    ...fields,
  };
}

export function convoyOf(
  fields: Partial<ConvoyView> & { readonly id: string; readonly title: string },
): ConvoyView {
  return {
    status: "open",
    state: "working",
    done: 0,
    total: 0,
    reasons: [],
    owned: false,
    isRegressed: false,
    createdAt: noon,
    fields: { owner: "overseer", notify: [], watchers: [], nudge_watchers: [], feed: "auto" },
    labels: [],
    tracked: [],
    ...fields,
  };
}

export function trackedOf(fields: Partial<TrackedView> & { readonly id: string }): TrackedView {
  return {
    title: `Title of ${fields.id}`,
    status: "open",
    type: "task",
    priority: 2,
    assignee: "",
    labels: [],
    state: "ready",
    updatedAt: noon,
    ...fields,
  };
}

export function eventOf(fields: Partial<FeedRow> & { readonly id: string }): FeedRow {
  return {
    at: noon,
    symbol: "🎯",
    actor: "mayor/",
    type: "sling",
    isAudit: false,
    category: "work",
    tone: "good",
    message: `message of ${fields.id}`,
    rig: "acme",
    target: "",
    ...fields,
  };
}

/** A small town with an agent in each of the five health states. */
export function townOf(fields: Partial<TownData> = {}): TownData {
  const feed =
    fields.feed ??
    Array.from({ length: 40 }, (_, index) =>
      eventOf({ id: `e${40 - index}`, message: `event number ${40 - index}` }),
    );
  return {
    ...emptyTown,
    name: "gt",
    place: "~/gt",
    rigs: ["acme", "beta"],
    isLoaded: true,
    isDaemonUp: true,
    agents: [
      agentOf({ address: "mayor/", phase: "idle" }),
      agentOf({
        address: "acme/polecats/nux",
        health: "working",
        state: "working",
        bead: "ac-a1b2c",
        title: "Add login",
        idleMs: 240_000,
        phase: "working",
      }),
      agentOf({
        address: "acme/polecats/rust",
        health: "gupp",
        state: "working",
        bead: "ac-g7h8i",
        idleMs: 47 * 60_000,
        needsAttention: true,
        reason: "no progress for 47m, work on hook",
        suggestion: "nudge or restart",
        phase: "working",
      }),
      agentOf({
        address: "acme/polecats/slit",
        health: "stalled",
        state: "working",
        bead: "ac-d4e5f",
        idleMs: 16 * 60_000,
        needsAttention: true,
        reason: "quiet for 16m",
        suggestion: "nudge",
        phase: "working",
      }),
      agentOf({
        address: "acme/polecats/toast",
        health: "zombie",
        state: "working",
        bead: "ac-x9y8z",
        needsAttention: true,
        reason: "session dead",
        suggestion: "restart",
      }),
      agentOf({ address: "beta/crew/max" }),
    ],
    convoys: [
      convoyOf({
        id: "hq-cv-1",
        title: "Auth system",
        done: 5,
        total: 8,
        tracked: [
          trackedOf({ id: "ac-a1b2c", state: "in-flight", assignee: "acme/polecats/nux" }),
          trackedOf({ id: "ac-d4e5f", state: "blocked", reason: "blocked by ac-a1b2c" }),
        ],
      }),
      convoyOf({
        id: "hq-cv-2",
        title: "Search",
        done: 3,
        total: 3,
        status: "closed",
        closedAt: noon - 2 * 3_600_000,
      }),
    ],
    feed,
    log: feed,
    ...fields,
  };
}

export function stateOf(
  size: { readonly columns: number; readonly rows: number },
  fields: Partial<TuiState> = {},
): TuiState {
  return { ...initialState(size, noon), town: townOf(), ...fields };
}
