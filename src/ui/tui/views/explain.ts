import { describeHookStage, hookStageLine } from "../../../agents/lifecycle/hook-stages.ts";
import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import { formatSpan } from "../../../core/duration.ts";
import type { HealthState } from "../../../core/health/assess.ts";
import type { Role } from "../../../core/ledger/bead.ts";
import type { TownData } from "../store/town-data.ts";
import type { Detail } from "./detail.ts";

const duties: Readonly<Record<Role, string>> = {
  mayor: "Takes your wishes, makes beads and convoys of them and gives them to the rigs.",
  deacon: "Watches the town: restarts what died, clears what is stale, runs its dogs.",
  boot: "Watches the deacon.",
  dog: "Does the deacon's chores.",
  witness: "Watches the polecats of its rig: nudges the quiet ones, restarts the dead ones.",
  refinery: "Tests finished branches of its rig in batches and lands what is green.",
  crew: "A workspace of your own in the rig, for work that you steer.",
  polecat: "Does one bead in its own worktree and hands it in with gt done.",
};

const states: Readonly<Record<HealthState, readonly [meaning: string, rule: string, remedy: string]>> = {
  gupp: [
    "It has work on its hook and has made no progress for a long time.",
    "No progress for 30 minutes or more (ralph mode: 4 hours). Progress is a commit, a changed file, a ledger write or a tool call; mere output is not.",
    "Attach and look; nudge it; hand it off to a fresh session; or restart it.",
  ],
  stalled: [
    "It has work on its hook and is quiet, or it waits for an answer on its screen.",
    "No progress for 15 minutes or more (ralph mode: 2 hours), or a question is on its screen.",
    "Attach and answer, or nudge it.",
  ],
  zombie: [
    "It should be working, but its session is dead.",
    "The process of the session is gone while work is on the hook or its state says working.",
    "Restart it: the work and the worktree are where they were. The daemon does so by itself.",
  ],
  working: [
    "It has work on its hook and makes progress.",
    "Progress within the last 15 minutes.",
    "Nothing. Open it to watch.",
  ],
  idle: [
    "Nothing is on its hook, or its work is suspended.",
    "The hook is empty or suspended. An idle polecat needs no session.",
    "Give it work: gt sling <bead> <agent or rig>.",
  ],
};

/** In plain words: what an agent's state means, why it is so, since when, and what can be done. */
export function explainAgent(agent: AgentView, town: TownData): Detail {
  const [meaning, rule, remedy] = states[agent.health];
  const queued = town.queue.filter((row) => row.worker === agent.address);
  const session =
    agent.phase === undefined || agent.phase === "exited"
      ? isDaemonWork(agent.role)
        ? "none; the daemon does this work itself"
        : "none"
      : `${agent.session} (${agent.phase})`;
  return {
    title: `${agent.address} is ${agent.tag === "" ? agent.health : `${agent.health} (${agent.tag})`}`,
    lines: [
      duties[agent.role],
      "",
      `Means    ${meaning}`,
      `Because  ${agent.reason === "" ? rule : `${agent.reason}. ${rule}`}`,
      ...(agent.health === "idle" ? [] : [`Since    last progress ${formatSpan(agent.idleMs)} ago`]),
      `Do       ${remedy}`,
      "",
      `Bead     ${agent.bead === "" ? "none" : `${agent.bead} ${agent.title}`}`,
      ...(agent.hook === undefined
        ? []
        : [`Hook     ${hookStageLine(agent.hook)}`, `         ${describeHookStage(agent.hook)}`]),
      ...queued.map((row) => `Queue    ${row.branch} is ${row.status}`),
      `Session  ${session}`,
      `State    ${agent.state}${agent.runtime === "" ? "" : `, runtime ${agent.runtime}`}`,
    ],
  };
}

function isDaemonWork(role: Role): boolean {
  return role !== "mayor" && role !== "crew" && role !== "polecat";
}
