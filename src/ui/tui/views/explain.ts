import { describeHookStage, hookStageLine } from "../../../agents/lifecycle/hook-stages.ts";
import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import { formatSpan } from "../../../core/duration.ts";
import type { SessionPhase } from "../../../agents/sessions/session-host.ts";
import type { HealthState } from "../../../core/health/assess.ts";
import type { HealthThresholds } from "../../../core/health/thresholds.ts";
import type { AgentState, Role } from "../../../core/ledger/bead.ts";
import { isOnDuty } from "../store/on-duty.ts";
import type { TownData } from "../store/town-data.ts";
import { formatIdle, sentence } from "./format.ts";
import type { Detail } from "./detail.ts";
import { operationWords } from "./operation-words.ts";

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

/** What a state means, the rule by which it is one, and what a person can do. */
type Words = readonly [meaning: string, rule: string, remedy: string];

function healthWords(health: HealthState, limits: HealthThresholds): Words {
  const limit = (ms: number, ralphMs: number) =>
    `No progress for ${formatIdle(ms)} or more (ralph mode: ${formatIdle(ralphMs)}).`;
  switch (health) {
    case "gupp":
      return [
        "It has work on its hook and has made no progress for a long time.",
        `${limit(limits.guppMs, limits.guppRalphMs)} Progress is a commit, a changed file, a ledger write or a tool call; mere output is not.`,
        "Attach and look; nudge it; hand it off to a fresh session; or restart it.",
      ];
    case "stalled":
      return [
        "It has work on its hook and is quiet.",
        limit(limits.stalledMs, limits.stalledRalphMs),
        "Open its terminal and look: it may ask something. Or nudge it.",
      ];
    case "zombie":
      return [
        "It should be working, but its session is dead.",
        "The process of the session is gone while work is on the hook or its state says working.",
        "Restart it (r in the problems view, or gt session start <agent>): the work and the worktree are where they were. A running daemon does so by itself with what died, not with what was stopped.",
      ];
    case "working":
      return [
        "It has work on its hook and makes progress.",
        `Its last progress is younger than ${formatIdle(limits.stalledMs)}.`,
        "Nothing. Open it to watch.",
      ];
    case "idle":
      return [
        "It has nothing to do.",
        "Nothing is on its hook.",
        "Give it work: gt sling <bead> <agent or rig>.",
      ];
  }
}

/** A tag says more than the health that it comes with. */
const tags: Readonly<Record<string, Words>> = {
  paused: [
    "Its work rests on the hook.",
    "Somebody suspended it, or the town or the rig is stopped.",
    "gt hook resume <agent> lets it go on; an emergency stop ends by gt thaw, a parked rig's rest by gt rig unpark.",
  ],
  stuck: [
    "It gave up, or asked for help.",
    "It said so itself, or its session died too often in a row.",
    "Look at its screen and its bead; then gt hook resume <agent>, or r in the problems view.",
  ],
  gate: [
    "Its work waits for a gate of its formula.",
    "The step that it is at needs something from outside: a person, a time, a check.",
    "gt bead show <bead> says for what. It goes on by itself when the gate opens.",
  ],
  "needs-human": [
    "It waits for an answer on its screen.",
    "Its runtime shows a question or a dialog.",
    "Open its terminal and answer.",
  ],
  limited: [
    "Its provider takes no more for now.",
    "The runtime said that a limit was reached.",
    "Nothing: it goes on when the limit ends. gt quota status says when; gt quota rotate takes another account.",
  ],
};

const onDuty: Words = [
  "It is on patrol.",
  "The daemon runs; it does this work itself, without a session and without tokens.",
  "Nothing. gt daemon status shows its rounds.",
];

const offDuty: Words = [
  "It rests: the daemon does its work, and is not running.",
  "The town is down.",
  "gt up starts the town.",
];

/** A loop that is stopped while the daemon may well run: the reason is its own. */
const atRest = (undo: string): Words => [
  "It rests: its rounds are stopped.",
  "The daemon runs no loop for it.",
  `${undo} starts them again.`,
];

const deadLoop = (undo: string): Words => [
  "The daemon should do its work, and does not.",
  "No round of it has ended for long, or the daemon is gone.",
  undo,
];

/** Who is not given beads, but told things. */
const talk: Partial<Readonly<Record<Role, string>>> = {
  mayor: "Open its terminal (↵) and tell it what you want done.",
  crew: "Open its terminal (↵) and work with it, or gt sling <bead> <agent>.",
};

const agentStates: Readonly<Record<AgentState, string>> = {
  spawning: "its worktree and its session are being made",
  working: "it has work",
  done: "it has handed its work in and is being cleared",
  idle: "it has no work and can be given some",
  stuck: "it gave up or asked for help",
  "awaiting-gate": "it waits for a gate",
  paused: "somebody paused it",
  running: "it does what its role is for",
  stopped: "it was stopped, or never started",
  nuked: "it was removed",
};

const sessionPhases: Readonly<Record<SessionPhase, string>> = {
  starting: "the program starts",
  dialog: "the program shows a dialog",
  idle: "the program waits for input",
  working: "the program works",
  waiting: "the program asks something",
  limited: "the provider takes no more for now",
  exited: "the program has ended",
};

/** In plain words: what an agent's state means, why it is so, since when, and what can be done. */
export function explainAgent(agent: AgentView, town: TownData, now: number): Detail {
  const [meaning, rule, remedy] = wordsFor(agent, town.thresholds);
  const advice = remedy.replaceAll("<agent>", agent.address).replaceAll("<bead>", agent.bead || "<bead>");
  const operation = town.notes.get(agent.address)?.operation;
  const queued = town.queue.filter((row) => row.worker === agent.address);
  return {
    title: `${agent.address} ${titleOf(agent)}`,
    lines: [
      duties[agent.role],
      "",
      ...(operation === undefined ? [] : [`Now      ${operationWords(operation, agent).long}.`]),
      `Means    ${meaning}`,
      `Because  ${agent.reason === "" ? "" : `${sentence(agent.reason)} `}${rule}`,
      `Since    ${sinceOf(agent, now)}`,
      `Do       ${advice}${isUnwatched(agent, town) ? " The daemon is down: gt up." : ""}`,
      "",
      ...(isPatrol(agent.role)
        ? []
        : [`Bead     ${agent.bead === "" ? "none" : `${agent.bead} ${agent.title}`}`]),
      ...(agent.hook === undefined
        ? []
        : [`Hook     ${hookStageLine(agent.hook)}`, `         ${describeHookStage(agent.hook)}`]),
      ...queued.map((row) => `Queue    ${row.branch} is ${row.status}`),
      `Session  ${sessionOf(agent)}`,
      `State    ${agent.state}: ${agentStates[agent.state]}`,
      ...notesOf(agent, town),
    ],
  };
}

/** Nobody restarts what died while the daemon is down. */
function isUnwatched({ health, role }: AgentView, town: TownData): boolean {
  return health === "zombie" && !isPatrol(role) && !town.isDaemonUp;
}

function sinceOf(agent: AgentView, now: number): string {
  if (isOnDuty(agent)) return "the daemon started";
  if (agent.health !== "idle") return `last progress ${formatIdle(agent.idleMs)} ago`;
  return agent.idleSince === undefined
    ? "it was made: it has done nothing yet"
    : `it last did something ${formatSpan(now - agent.idleSince)} ago`;
}

function wordsFor(agent: AgentView, limits: HealthThresholds): Words {
  if (isOnDuty(agent)) return onDuty;
  const isLoop = isPatrol(agent.role) && agent.phase === undefined;
  if (isLoop && agent.health === "zombie") return deadLoop(agent.suggestion);
  if (isLoop && agent.health === "idle") return agent.suggestion === "" ? offDuty : atRest(agent.suggestion);
  const [meaning, rule, remedy] = tags[agent.tag] ?? healthWords(agent.health, limits);
  const isTalkedTo = agent.health === "idle" && agent.tag === "";
  return [meaning, rule, (isTalkedTo ? talk[agent.role] : undefined) ?? remedy];
}

function titleOf(agent: AgentView): string {
  if (isOnDuty(agent)) return "is on patrol";
  if (agent.tag === "needs-human") return "waits for your answer";
  return agent.tag === "" ? `is ${agent.health}` : `is ${agent.health} (${agent.tag})`;
}

function sessionOf({ session, phase, runtime, role }: AgentView): string {
  if (phase === undefined) return isPatrol(role) ? "none; the daemon does this work itself" : "none";
  return `${session}${runtime === "" ? "" : `, runtime ${runtime}`}: ${sessionPhases[phase]}`;
}

function notesOf(agent: AgentView, town: TownData): readonly string[] {
  const notes = town.notes.get(agent.address);
  return [
    ...((notes?.unreadMail ?? 0) > 0 ? [`Mail     ${notes?.unreadMail} unread`] : []),
    ...(notes?.isMuted === true ? ["Notify   it is not to be disturbed: only urgent mail reaches it"] : []),
  ];
}

function isPatrol(role: Role): boolean {
  return role !== "mayor" && role !== "crew" && role !== "polecat" && role !== "dog";
}
