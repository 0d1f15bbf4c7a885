import { GtError } from "../../core/gt-error.ts";
import type { AgentState, HookState } from "../../core/ledger/bead.ts";

/** What makes a polecat change its stored state (spec/04 §1.4; the numbers are the rows of that table). */
export type AgentTrigger =
  | "spawn" // 1
  | "reuse" // 2
  | "session-confirmed" // 3
  | "spawn-finished" // 4
  | "done-started" // 5
  | "done-aborted" // 6
  | "done-finished" // 7
  | "escalated" // 8
  | "phase-complete" // 9
  | "gate-resolved" // 10
  | "session-replaced" // 11
  | "given-up" // 12
  | "suspended" // 13
  | "resumed" // 13, 14
  | "unhooked" // 15
  | "nuked"; // 16

interface Rule {
  readonly from: readonly (AgentState | "none")[];
  readonly to: AgentState;
}

const rules: Readonly<Record<AgentTrigger, Rule>> = {
  spawn: { from: ["none", "nuked"], to: "spawning" },
  reuse: { from: ["idle"], to: "spawning" },
  "session-confirmed": { from: ["spawning"], to: "working" },
  "spawn-finished": { from: ["spawning"], to: "idle" },
  "done-started": { from: ["working"], to: "done" },
  "done-aborted": { from: ["done"], to: "working" },
  "done-finished": { from: ["done"], to: "idle" },
  escalated: { from: ["done"], to: "stuck" },
  "phase-complete": { from: ["done"], to: "awaiting-gate" },
  "gate-resolved": { from: ["awaiting-gate"], to: "spawning" },
  "session-replaced": { from: ["working"], to: "working" },
  "given-up": { from: ["working"], to: "stuck" },
  suspended: { from: ["working"], to: "paused" },
  resumed: { from: ["paused", "stuck"], to: "spawning" },
  unhooked: { from: ["working", "stuck", "paused"], to: "idle" },
  nuked: {
    from: ["spawning", "working", "done", "idle", "stuck", "awaiting-gate", "paused", "running", "stopped"],
    to: "nuked",
  },
};

/** States from which a trigger is allowed, for the batch's own expectation. */
export function statesBefore(trigger: AgentTrigger): readonly AgentState[] {
  return rules[trigger].from.filter((state) => state !== "none");
}

/** The state after the trigger, or `E_STATE`: any other transition is a defect of the caller (spec/04 §1.4). */
export function nextState(address: string, from: AgentState | "none", trigger: AgentTrigger): AgentState {
  const rule = rules[trigger];
  if (rule.from.includes(from)) return rule.to;
  throw new GtError("E_STATE", `${address} is ${from}; "${trigger}" needs ${rule.from.join(" or ")}`, {
    hint: address.includes("/polecats/")
      ? `gt polecat status ${address.replace("/polecats/", "/")}`
      : `gt hook status ${address}`,
  });
}

const hookRules: Readonly<Record<Exclude<HookState, "">, readonly HookState[]>> = {
  created: ["", "archived", "completed"],
  active: ["", "created", "active", "suspended", "completed", "archived"],
  suspended: ["active"],
  completed: ["active"],
  archived: ["created", "active", "suspended", "completed", "archived"],
};

/** Whether an assignment's hook may go from one state to the other (spec/04 §1.5). */
export function isHookTransition(from: HookState, to: Exclude<HookState, "">): boolean {
  return hookRules[to].includes(from);
}
