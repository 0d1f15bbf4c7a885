import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { ConvoyView, TrackedView } from "../../../core/convoys/convoy-view.ts";
import type { FeedRow } from "../store/town-data.ts";
import { detailOf } from "./convoys-panel.ts";

export interface Detail {
  readonly title: string;
  readonly lines: readonly string[];
}

/** A tracked bead's state in a word. */
export const stateWords: Readonly<Record<TrackedView["state"], string>> = {
  closed: "✓ done",
  ready: "ready",
  "in-flight": "working",
  merging: "in queue",
  blocked: "waiting",
  held: "held",
};

/** A convoy with each of its beads: who holds it, and what it waits for. */
export function describeConvoy(convoy: ConvoyView, agents: readonly AgentView[]): Detail {
  const widest = Math.max(0, ...convoy.tracked.map(({ id }) => id.length));
  return {
    title: `${convoy.title} ${convoy.done}/${convoy.total}`,
    lines: [
      `${convoy.id}  ${convoy.status}  ${detailOf(convoy, agents)}`,
      "",
      ...convoy.tracked.map((bead) => {
        const who = bead.assignee === "" ? "" : `  ${bead.assignee}`;
        const why = bead.reason === undefined ? "" : `  (${bead.reason})`;
        return `${bead.id.padEnd(widest)}  ${stateWords[bead.state].padEnd(9)} ${bead.title}${who}${why}`;
      }),
    ],
  };
}

/** Everything known about one event. */
export function describeRow(row: FeedRow): Detail {
  const facts: readonly (readonly [string, string])[] = [
    ["time", new Date(row.at).toString()],
    ["actor", row.actor],
    ["type", `${row.type} (${row.category})`],
    ["rig", row.rig],
    ["about", row.target],
    ["id", row.id],
  ];
  return {
    title: `${row.symbol} ${row.type}`,
    lines: [
      row.message,
      "",
      ...facts.filter(([, value]) => value !== "").map(([name, value]) => `${name.padEnd(6)} ${value}`),
    ],
  };
}
