import { expect, test } from "vitest";
import { decideState, type StateFacts } from "../../../src/agents/patrols/decide-state.ts";
import type { AgentState } from "../../../src/core/ledger/bead.ts";

type Wish = Partial<Omit<StateFacts, "agent">> & Partial<StateFacts["agent"]>;

const decide = ({ role = "crew", state = "stopped", hookState = "", ...rest }: Wish) =>
  decideState({
    agent: { role, state, hookState },
    ...{ isHooked: false, session: "dead", isLooping: false, ...rest },
  });

test("1.3: a crew member with work is working, with or without a session", () => {
  for (const session of ["alive", "dead", "unknown"] as const)
    for (const state of ["running", "stopped"] as const)
      expect(decide({ state, session, isHooked: true, hookState: "active" })).toBe("working");
  for (const state of ["working", "spawning", "stuck", "paused", "awaiting-gate"] as const)
    expect(decide({ state, isHooked: true, hookState: "suspended" }), state).toBeUndefined();
});

test("1.3: a crew member without work is running with a session and stopped without, and nothing else", () => {
  const states: readonly AgentState[] = ["working", "spawning", "stuck", "paused", "running", "stopped"];
  for (const state of states) {
    const right = (by: AgentState) => (state === by ? undefined : by);
    expect(decide({ state, session: "alive" }), state).toBe(right("running"));
    expect(decide({ state, session: "dead" }), state).toBe(right("stopped"));
  }
  expect(decide({ state: "stopped", session: "unknown" }), "a host that does not answer").toBeUndefined();
  expect(decide({ state: "working", session: "unknown" })).toBe("running");
});

test("1.3: a role that patrols is running while its session lives or its loop goes round", () => {
  for (const role of ["deacon", "boot", "witness", "refinery"] as const) {
    expect(decide({ role, isLooping: true })).toBe("running");
    expect(decide({ role, session: "alive" })).toBe("running");
    expect(decide({ role, state: "running" })).toBe("stopped");
    expect(decide({ role, state: "running", session: "unknown" })).toBeUndefined();
  }
});

test("1.3: who has a state machine of its own, and who is gone, is left alone", () => {
  for (const role of ["polecat", "dog", "mayor"] as const)
    expect(decide({ role, state: "running", isHooked: true, hookState: "active" })).toBeUndefined();
  expect(decide({ state: "nuked", session: "alive" })).toBeUndefined();
});
