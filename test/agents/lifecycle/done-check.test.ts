import { expect, test } from "vitest";
import { checkCompleted, type DoneFacts } from "../../../src/agents/lifecycle/done-check.ts";
import { beadOf } from "../../support/bead-of.ts";

const address = "web/polecats/nux";
const facts: DoneFacts = {
  address,
  bead: beadOf({ id: "web-a1", status: "in_progress", assignee: address }),
  hasWorktree: true,
  branch: "polecat/nux/web-a1@x",
  defaultBranch: "main",
  target: "main",
  operation: undefined,
  ahead: 1,
  behind: 0,
  hasChanges: false,
  unfinishedSteps: [],
  isReportOnly: false,
};

test("a branch far behind its target is handed in with a warning, and from 200 commits on refused", () => {
  expect(checkCompleted({ ...facts, behind: 49 })).toEqual({ verdict: "submit", warnings: [] });
  expect(checkCompleted({ ...facts, behind: 199 })).toEqual({
    verdict: "submit",
    warnings: ["polecat/nux/web-a1@x is 199 commits behind main"],
  });
  expect(() => checkCompleted({ ...facts, behind: 200 })).toThrow(
    expect.objectContaining({ code: "E_STALE_BRANCH", hint: "git fetch origin && git rebase origin/main" }),
  );
});

test("without commits nothing is handed in, and the refusal does not give away the way round it", () => {
  const empty = { ...facts, ahead: 0 };
  let refusal: unknown;
  try {
    checkCompleted(empty);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ code: "E_NO_COMMITS" });
  expect(JSON.stringify(refusal)).not.toContain("cleanup-status");
  expect(checkCompleted({ ...empty, isReportOnly: true })).toMatchObject({ verdict: "nothing" });
  expect(checkCompleted({ ...empty, hasChanges: true })).toMatchObject({ verdict: "submit" });
  expect(checkCompleted({ ...empty, submitted: "open" })).toMatchObject({ verdict: "submit" });
  expect(checkCompleted({ ...empty, submitted: "closed" })).toMatchObject({ verdict: "nothing" });
});

test("a bead that is somebody else's by now is lost, not handed in", () => {
  const bead = beadOf({ id: "web-a1", status: "in_progress", assignee: "web/polecats/slit" });
  expect(checkCompleted({ ...facts, bead })).toMatchObject({ verdict: "lost" });
});

test("who owes findings in a file hands nothing in before it is there", () => {
  expect(() => checkCompleted({ ...facts, ahead: 0, missingOutput: "/out/api.md" })).toThrow(
    expect.objectContaining({ code: "E_NO_OUTPUT", message: "expected findings at /out/api.md" }),
  );
});

test("what is handed in with something left to do says what that is", () => {
  const acceptanceCriteria = "- [x] a\n- [ ] b";
  const bead = beadOf({ id: "web-a1", status: "in_progress", assignee: address, acceptanceCriteria });
  expect(checkCompleted({ ...facts, bead, unfinishedSteps: ["mend", "check"] }).warnings).toEqual([
    "steps of the workflow are not done: mend, check",
    "1 acceptance criteria of web-a1 are not ticked",
  ]);
});

test("a bead whose criteria are not ticked stays open although nothing had to be changed, and that is said", () => {
  const acceptanceCriteria = "- [ ] a";
  const bead = beadOf({ id: "web-a1", status: "in_progress", assignee: address, acceptanceCriteria });
  expect(checkCompleted({ ...facts, bead, ahead: 0, isReportOnly: true })).toEqual({
    verdict: "nothing",
    warnings: ["web-a1 stays open for a look: 1 of its acceptance criteria are not ticked"],
  });
});

test("a branch whose name is an option or means something else is not handed in", () => {
  for (const branch of ["-x", "HEAD"])
    expect(() => checkCompleted({ ...facts, branch })).toThrow(
      expect.objectContaining({ code: "E_BRANCH_NAME", hint: "git branch -m <branch>" }),
    );
});

test("whose bead is not known is told to name it, on a branch or not", () => {
  for (const branch of [facts.branch, undefined])
    expect(() => checkCompleted({ ...facts, bead: undefined, branch })).toThrow(
      expect.objectContaining({ code: "E_NO_ISSUE", hint: "gt done --issue <bead>" }),
    );
});
