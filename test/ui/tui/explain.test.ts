import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bdTree } from "../../../src/ui/cli/bd-tree.ts";
import type { CommandSpec } from "../../../src/ui/cli/command.ts";
import { gtTree } from "../../../src/ui/cli/tree.ts";
import { explainAgent } from "../../../src/ui/tui/views/explain.ts";
import { agentOf, townOf } from "./support/town-of.ts";

function isCommand(words: readonly string[], tree: readonly CommandSpec[]): boolean {
  const spec = tree.find(({ name, aliases }) => name === words[0] || aliases?.includes(words[0] ?? ""));
  if (spec === undefined) return false;
  return spec.load !== undefined || isCommand(words.slice(1), spec.subcommands ?? []);
}

test.each(["views/explain.ts", "views/explain-work.ts", "undo.ts"])(
  "every command that %s names is one",
  (file) => {
    const source = readFileSync(new URL(`../../../src/ui/tui/${file}`, import.meta.url), "utf8");
    const named = [...source.matchAll(/\b(gt|bd) ([a-z-]+(?: [a-z-]+)?)/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [line, program, words = ""] of named)
      expect(isCommand(words.split(" "), program === "gt" ? gtTree : bdTree), line).toBe(true);
  },
);

test("the explanation of an agent shows how far its assignment is, and nothing of the kind before the first one", () => {
  const resting = agentOf({ address: "acme/polecats/nux", state: "paused", hook: "suspended" });
  const { lines } = explainAgent(resting, townOf());
  expect(lines).toContain("Hook     Created › Active › [Suspended] › Completed › Archived");
  expect(lines).toContain("         work rests on the hook until somebody resumes it");
  const fresh = explainAgent(agentOf({ address: "acme/polecats/nux" }), townOf()).lines;
  expect(fresh.some((line) => line.startsWith("Hook"))).toBe(false);
});
