import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testDefaultBranch } from "../../../src/agents/patrols/test-default-branch.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { WorkTown } from "../../support/work-town.ts";

let work: WorkTown;
let access: TownAccess;
beforeEach(async () => {
  work = await WorkTown.create();
  access = await work.access("daemon");
});
afterEach(() => work.dispose());

const gate = (command: string) =>
  work.write("web/settings/config.json", { merge_queue: { test_command: command } });
const look = (lastCommit?: string) =>
  testDefaultBranch(access, work.rig(), {
    ...(lastCommit === undefined ? {} : { lastCommit }),
    mustFetch: false,
    signal: new AbortController().signal,
  });

test("a red default branch is a bead and a question, once for each commit, and leaves no worktree behind", async () => {
  gate("echo broken; exit 1");
  const first = await look();
  expect(first).toMatchObject({ verdict: "red", why: expect.stringContaining("test") });
  expect(await look(), "looked at again without memory").toMatchObject({ verdict: "red" });
  expect((await look(first.commit)).verdict, "judged before").toBe("known");
  const beads = await access.ledger.find({ scope: "web", type: "bug" });
  expect(beads).toMatchObject([{ priority: 1, labels: expect.arrayContaining(["gt:default-branch-red"]) }]);
  expect(await access.ledger.find({ type: "escalation" })).toHaveLength(1);
  expect(existsSync(join(work.rig().runtime, "default-branch"))).toBe(false);
  expect(work.git("web", "worktree", "list")).not.toContain("default-branch");
});

test("a green one is remembered, so that the queue need not test it; without gates nothing is run", async () => {
  gate("test -s README.md");
  expect(await look()).toMatchObject({ verdict: "green" });
  expect(await look()).toMatchObject({ verdict: "known" });
  work.write("web/settings/config.json", {});
  expect(await look()).toMatchObject({ verdict: "known" });
});

test("what was ended before it had an answer is neither", async () => {
  gate("sleep 60; exit 1");
  const signal = AbortSignal.timeout(300);
  expect((await testDefaultBranch(access, work.rig(), { mustFetch: false, signal })).verdict).toBe("error");
  expect(await access.ledger.find({ scope: "web", type: "bug" })).toEqual([]);
  expect(await access.ledger.find({ type: "escalation" })).toEqual([]);
});
