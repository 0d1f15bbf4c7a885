import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { actions } from "../../../src/ui/tui/actions.ts";
import type { Place } from "../../../src/ui/tui/binding.ts";
import { keymap } from "../../../src/ui/tui/keymap.ts";
import { bindingFor, bindingsHere } from "../../../src/ui/tui/look-up-key.ts";
import { keysDocument } from "../../../src/ui/tui/keys-document.ts";
import { stateOf } from "./support/town-of.ts";

test("every action has a key and every key an action", () => {
  expect(new Set(keymap.map(({ action }) => action))).toEqual(new Set(Object.keys(actions)));
});

test("no key means two things in one place", () => {
  const seen = new Set<string>();
  for (const { place, keys } of keymap)
    for (const key of keys) {
      expect(seen.has(`${place} ${key}`)).toBe(false);
      seen.add(`${place} ${key}`);
    }
});

test("in a typed-in session only Ctrl-] is ours", () => {
  const state = stateOf({ columns: 120, rows: 35 }, { focus: { pane: "acme/polecats/nux", mode: "type" } });
  expect(bindingsHere(keymap, state).map(({ keys }) => keys)).toEqual([["ctrl-]"]]);
  for (const key of ["q", "?", "ctrl-c", "tab", "escape", "alt-1"])
    expect(bindingFor(keymap, state, key)).toBeUndefined();
});

test("the nearest place decides what a key does", () => {
  const at = (panel: Exclude<Place, "list" | "look" | "type" | "anywhere">) =>
    stateOf({ columns: 120, rows: 35 }, { focus: { panel } });
  expect(bindingFor(keymap, at("agents"), "s")?.action).toBe("splitRight");
  expect(bindingFor(keymap, at("beads"), "s")?.action).toBe("slingBead");
  expect(bindingFor(keymap, at("feed"), "enter")?.action).toBe("detail");
});

test("docs/keys.md says what the table says", () => {
  expect(readFileSync(join(import.meta.dirname, "../../../docs/keys.md"), "utf8")).toBe(keysDocument());
});
