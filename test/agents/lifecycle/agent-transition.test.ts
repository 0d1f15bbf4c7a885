import { describe, expect, test } from "vitest";
import {
  type AgentTrigger,
  isHookTransition,
  nextState,
  statesBefore,
} from "../../../src/agents/lifecycle/agent-transition.ts";
import type { AgentState } from "../../../src/core/ledger/bead.ts";

const happyPath: readonly (readonly [AgentTrigger, AgentState])[] = [
  ["spawn", "spawning"],
  ["session-confirmed", "working"],
  ["done-started", "done"],
  ["done-finished", "idle"],
  ["reuse", "spawning"],
];

test("the happy path of a polecat goes from nothing to idle and round again", () => {
  let state: AgentState | "none" = "none";
  for (const [trigger, expected] of happyPath) {
    state = nextState("web/polecats/nux", state, trigger);
    expect(state).toBe(expected);
  }
});

describe("a transition that is not in the table is refused with E_STATE", () => {
  const refused: readonly (readonly [AgentState | "none", AgentTrigger])[] = [
    ["working", "reuse"],
    ["stuck", "reuse"],
    ["paused", "reuse"],
    ["idle", "done-started"],
    ["nuked", "session-confirmed"],
    ["none", "nuked"],
    ["spawning", "unhooked"],
  ];
  test.each(refused)("%s by %s", (from, trigger) => {
    expect(() => nextState("web/polecats/nux", from, trigger)).toThrow(
      expect.objectContaining({ code: "E_STATE", message: expect.stringContaining("web/polecats/nux") }),
    );
  });
});

test("the states before a trigger are those from which it is allowed", () => {
  expect(statesBefore("spawn")).toEqual(["nuked"]);
  expect(statesBefore("unhooked")).toEqual(["working", "stuck", "paused"]);
});

test("a hook is suspended only while active, and completed only from active", () => {
  expect(isHookTransition("active", "suspended")).toBe(true);
  expect(isHookTransition("suspended", "active")).toBe(true);
  expect(isHookTransition("completed", "suspended")).toBe(false);
  expect(isHookTransition("suspended", "completed")).toBe(false);
  expect(isHookTransition("completed", "archived")).toBe(true);
});
