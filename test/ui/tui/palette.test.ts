import { expect, test } from "vitest";
import type { CommandSpec } from "../../../src/ui/cli/command.ts";
import { commandOf, fuzzyScore, paletteEntries, usageOf } from "../../../src/ui/tui/palette.ts";
import { stateOf } from "./support/town-of.ts";

const load = () => Promise.reject(new Error("never run"));
const commands: readonly CommandSpec[] = [
  {
    name: "convoy",
    summary: "groups of beads",
    subcommands: [
      { name: "list", summary: "all convoys", load },
      { name: "show", summary: "one convoy", load, flags: [{ name: "json", summary: "as JSON" }] },
    ],
  },
  { name: "sling", summary: "put work on a hook", args: [{ name: "bead", many: true }], load },
  { name: "secret", summary: "not shown", load, hidden: true },
];
const state = stateOf({ columns: 120, rows: 35 }, { commands });
const offered = (text: string) => paletteEntries(state, text).map(({ insert }) => insert);

test("commands are found by letters in their order, the closest first", () => {
  expect(offered("cvlist")[0]).toBe("gt convoy list ");
  expect(offered("sling")[0]).toBe("gt sling ");
  expect(offered("bdshow")[0]).toBe("bd show ");
  expect(offered("zzzz")).toEqual([]);
  expect(offered("").some((entry) => entry.includes("secret"))).toBe(false);
});

test("behind a command come agents, rigs and ids; behind a dash its flags", () => {
  expect(offered("gt sling ac-a1b").at(0)).toBe("gt sling ac-a1b2c ");
  expect(offered("sling ac-a1b2c nux").at(0)).toBe("sling ac-a1b2c acme/polecats/nux ");
  expect(offered("gt convoy show --js")).toEqual(["gt convoy show --json "]);
});

test("a command without arguments is offered none", () => {
  expect(offered("gt convoy list ")).toEqual([]);
});

test("how the typed command goes on is shown", () => {
  expect(usageOf(state, "gt sling")).toBe("<bead>...  put work on a hook");
  expect(usageOf(state, "gt slin")).toBe("");
});

test("a line is a command only when it names one in full", () => {
  expect(commandOf("gt convoy ", commands)).toBeUndefined();
  expect(commandOf("gt convoy show ", commands)?.name).toBe("show");
  expect(commandOf("sling x", commands)?.name).toBe("sling");
  expect(commandOf("slin ", commands)).toBeUndefined();
});

test("letters that begin words or follow each other count more", () => {
  expect(fuzzyScore("gt convoy list", "cl")).toBeGreaterThan(fuzzyScore("gt cancel", "cl"));
  expect(fuzzyScore("gt status", "stat")).toBeGreaterThan(fuzzyScore("gt seat thaw", "stat"));
  expect(fuzzyScore("gt status", "x")).toBe(0);
});
