import { expect, test } from "vitest";
import { keymap } from "../../../src/ui/tui/keymap.ts";
import { bindingFor } from "../../../src/ui/tui/look-up-key.ts";
import { withOwnKeys } from "../../../src/ui/tui/own-keys.ts";
import { stateOf } from "./support/town-of.ts";

const state = stateOf({ columns: 120, rows: 35 });

test("an own key replaces that of the action, in every place where it works", () => {
  const { bindings, problems } = withOwnKeys(keymap, { handoff: "H", down: ["ctrl-n", "down"] });
  expect(problems).toEqual([]);
  expect(bindingFor(bindings, state, "H")?.action).toBe("handoff");
  expect(bindingFor(bindings, state, "h")).toBeUndefined();
  expect(bindingFor(bindings, state, "ctrl-n")?.action).toBe("down");
});

test.each([
  [{ fly: "f" }, /tui\.keys\.fly is not used: no action/],
  [{ handoff: "n" }, /n is the key of nudge/],
  [{ handoff: "ctrl-" }, /a key is a character/],
  [{ handoff: 5 }, /a key is a character/],
  [{ leavePane: "x" }, /typed into the session/],
] as const)("%j is left out, and said", (own, problem) => {
  const { bindings, problems } = withOwnKeys(keymap, own);
  expect(bindings).toEqual(keymap);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(problem);
});
