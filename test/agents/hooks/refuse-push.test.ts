import { expect, test } from "vitest";
import { parsePushedRefs, type PushFacts, refusedPush } from "../../../src/agents/hooks/refuse-push.ts";

const polecat: PushFacts = {
  role: "polecat",
  defaultBranch: "main",
  targets: new Map([
    ["main", 2],
    ["integration/big", 1],
  ]),
  isDirect: false,
  needsReview: false,
  carried: [],
  mayPushTargets: false,
};
const sha = "1".repeat(40);
const line = (branch: string, commit = sha) => `HEAD ${commit} refs/heads/${branch} ${"0".repeat(40)}`;

test.each([
  ["its own branch", "polecat/nux/web-1", {}, ""],
  ["the default branch", "main", {}, "only the merge queue pushes main"],
  ["a target of an open request", "integration/big", {}, "only the merge queue pushes integration/big"],
  ["a branch that nobody wants to merge into", "release", {}, ""],
  ["the default branch for a bead that lands directly", "main", { isDirect: true }, ""],
  ["the default branch where the guard is switched off", "main", { mayPushTargets: true }, ""],
  ["the default branch as a crew member", "main", { role: "crew" }, ""],
  [
    "the default branch as a crew member where work is reviewed",
    "main",
    { role: "crew", needsReview: true },
    "only",
  ],
  [
    "an epic's branch inside main",
    "main",
    { role: "crew", carried: ["integration/big"] },
    "gt mq integration land",
  ],
  ["the default branch as the refinery's agent", "main", { role: "refinery" }, "only the merge queue"],
] as const)("pushing %s: %s %o", (_, branch, change, reason) => {
  const refused = refusedPush(parsePushedRefs(line(branch)), { ...polecat, ...change }) ?? "";
  expect(refused).toContain(reason);
  expect(refused === "").toBe(reason === "");
});

test("a branch is not deleted while requests are for it, by nobody; one of several refs is enough to refuse", () => {
  const deletion = line("integration/big", "0".repeat(40));
  expect(refusedPush(parsePushedRefs(deletion), { ...polecat, role: "crew" })).toContain("1 merge requests");
  expect(refusedPush(parsePushedRefs(`${line("x")}\n${line("main")}\n`), polecat)).toContain("pushes main");
  expect(refusedPush(parsePushedRefs("\n"), polecat)).toBeUndefined();
});
