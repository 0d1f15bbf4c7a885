import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { ConvoyView } from "../../../core/convoys/convoy-view.ts";
import type { AgentState } from "../../../core/ledger/bead.ts";
import type { Past } from "../../../core/ledger/read-back.ts";
import { logRows, selectedId } from "./rows.ts";
import type { TuiState } from "./state.ts";
import type { TownData } from "./town-data.ts";

/** The moment that the Log is scrolled back to; undefined while it shows the present. */
export function shownMoment(state: TuiState): number | undefined {
  if (state.view !== "log" || state.selection.log === undefined) return undefined;
  const rows = logRows(state);
  const id = selectedId(state, "log");
  return id === rows[0]?.id ? undefined : rows.find((row) => row.id === id)?.at;
}

/** The town's agents and convoys as they were at the moment of `past`. */
export function rewind(town: TownData, past: Past): TownData {
  return {
    ...town,
    notes: new Map(),
    agents: town.agents.flatMap((agent) => pastAgent(agent, past)),
    convoys: town.convoys.flatMap((convoy) => pastConvoy(convoy, past)),
  };
}

function pastAgent(agent: AgentView, past: Past): readonly AgentView[] {
  const was = past.agents.get(agent.address);
  if (was?.isAbsent === true) return [];
  const state = (was?.state ?? agent.state) as AgentState;
  const bead = was?.hookBead ?? agent.bead;
  const { phase: _, ...rest } = agent;
  // Health is computed from times that nobody keeps; of the past only the stored state is known.
  return [
    {
      ...rest,
      state,
      bead,
      title: bead === agent.bead ? agent.title : "",
      health: bead === "" ? "idle" : "working",
      tag: ["stuck", "paused", "gate"].includes(state) ? state : "",
      needsAttention: false,
      idleMs: 0,
      reason: "",
      suggestion: "",
    },
  ];
}

function pastConvoy(convoy: ConvoyView, past: Past): readonly ConvoyView[] {
  const status = past.statuses.get(convoy.id) ?? convoy.status;
  if (status === "absent") return [];
  const tracked = convoy.tracked.flatMap((bead) => {
    const was = past.statuses.get(bead.id);
    if (was === "absent") return [];
    if (was === undefined) return [bead];
    const { reason: _, ...rest } = bead;
    return [{ ...rest, status: was, state: pastState(was) }];
  });
  const { closedAt, ...rest } = convoy;
  return [
    {
      ...rest,
      status,
      ...(status === "closed" && closedAt !== undefined ? { closedAt } : {}),
      tracked,
      done: tracked.filter((bead) => bead.state === "closed").length,
      total: tracked.length,
      reasons: [],
    },
  ];
}

function pastState(status: string): ConvoyView["tracked"][number]["state"] {
  if (status === "closed") return "closed";
  return status === "hooked" || status === "in_progress" ? "in-flight" : "ready";
}
