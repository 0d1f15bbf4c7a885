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

/** The table of spec/04 §1.4 by its rows: from which states a trigger leads where. */
const table: readonly (readonly [row: number, AgentTrigger, readonly (AgentState | "none")[], AgentState])[] =
  [
    [1, "spawn", ["none", "nuked"], "spawning"],
    [2, "reuse", ["idle"], "spawning"],
    [3, "session-confirmed", ["spawning"], "working"],
    [4, "spawn-finished", ["spawning"], "idle"],
    [5, "done-started", ["working"], "done"],
    [6, "done-aborted", ["done"], "working"],
    [7, "done-finished", ["done"], "idle"],
    [8, "escalated", ["done"], "stuck"],
    [9, "phase-complete", ["done"], "awaiting-gate"],
    [10, "gate-resolved", ["awaiting-gate"], "spawning"],
    [11, "session-replaced", ["working"], "working"],
    [12, "given-up", ["working"], "stuck"],
    [13, "suspended", ["working"], "paused"],
    [14, "resumed", ["paused", "stuck"], "spawning"],
    [15, "unhooked", ["working", "stuck", "paused"], "idle"],
    [
      16,
      "nuked",
      ["spawning", "working", "done", "idle", "stuck", "awaiting-gate", "paused", "running", "stopped"],
      "nuked",
    ],
  ];
const states: readonly (AgentState | "none")[] = [
  ...["none", "spawning", "working", "done", "idle", "stuck", "awaiting-gate", "paused"],
  ...["running", "stopped", "nuked"],
] as const;

describe("a polecat changes its state as the table says, and any other change is E_STATE", () => {
  test.each(table)("row %i: %s", (_, trigger, from, to) => {
    for (const state of states) {
      if (from.includes(state)) {
        expect(nextState("web/polecats/nux", state, trigger), state).toBe(to);
        continue;
      }
      expect(() => nextState("web/polecats/nux", state, trigger), state).toThrow(
        expect.objectContaining({
          code: "E_STATE",
          message: expect.stringContaining("web/polecats/nux"),
          hint: "gt polecat status web/nux",
        }),
      );
    }
  });
});

test("the states before a trigger are those from which it is allowed", () => {
  expect(statesBefore("spawn")).toEqual(["nuked"]);
  expect(statesBefore("unhooked")).toEqual(["working", "stuck", "paused"]);
});

test("a hook goes from created over active to completed and archived, and is suspended only while active", () => {
  const stages = ["created", "active", "suspended", "completed", "archived"] as const;
  const allowed = (to: (typeof stages)[number]) =>
    (["", ...stages] as const).filter((from) => isHookTransition(from, to));
  expect(Object.fromEntries(stages.map((to) => [to, allowed(to)]))).toEqual({
    created: ["", "completed", "archived"],
    active: ["", "created", "active", "suspended", "completed", "archived"],
    suspended: ["active"],
    completed: ["active"],
    archived: ["created", "active", "suspended", "completed", "archived"],
  });
});
