import { describe, expect, test } from "vitest";
import { pretendGitHub } from "../../support/pretended-github.ts";
import { git } from "../../support/scratch-repository.ts";
import { QueueTown } from "./queue-town.ts";

/** A town whose queue merges through pull requests on a pretended server. */
async function pullRequestTown(
  settings: Readonly<Record<string, unknown>> = {},
  env: Record<string, string> = {},
) {
  const town = await QueueTown.make({ settings: { merge_strategy: "pr", ...settings } });
  return { town, ...pretendGitHub(town, env) };
}

const pr = { more: { strategy: "pr" as const } };

describe("a queue that merges through pull requests", () => {
  test("opens, merges and finalises them in order, and the target is what was gated", async () => {
    const { town, requests } = await pullRequestTown();
    const one = await town.submit({ "a.txt": "a\n" }, { title: "Add a", priority: 1, ...pr });
    const two = await town.submit({ "b.txt": "b\n" }, { title: "Add b", ...pr });
    const report = await town.run();
    expect(report).toMatchObject({ merged: [one.mr, two.mr], gateRuns: 1 });
    expect(town.landed()).toEqual(["Add a", "Add b"]);
    expect(requests().map((each) => each.state)).toEqual(["MERGED", "MERGED"]);
    expect(await town.mr(two.mr)).toMatchObject({
      closeReason: "merged",
      prUrl: "https://example.com/pull/2",
      mergeCommit: town.head(),
    });
    expect(await town.bead(one.bead)).toMatchObject({
      closeReason: `Merged in ${one.mr}`,
      metadata: { pr_url: "https://example.com/pull/1" },
    });
  }, 60_000);

  test("never opens one for what fails the gates", async () => {
    const { town, requests } = await pullRequestTown({ retry_flaky_tests: 0 });
    const { mr } = await town.submit({ "a.txt": "bad\n" }, pr);
    expect(await town.run()).toMatchObject({ ejected: [mr] });
    expect(requests()).toEqual([]);
  }, 60_000);

  test("waits for an approval and goes on with it", async () => {
    const { town, change } = await pullRequestTown(
      { require_review: true },
      { GH_REVIEW: "REVIEW_REQUIRED" },
    );
    const { mr } = await town.submit({ "a.txt": "a\n" }, { title: "Add a", ...pr });
    expect(await town.run()).toMatchObject({ merged: [], ejected: [] });
    expect(await town.mr(mr)).toMatchObject({
      phase: "held",
      phaseReason: "awaiting_approval",
      fixAttempts: 0,
    });
    expect(await town.run()).toMatchObject({ runs: 0 });
    change((request) => {
      request.reviewDecision = "APPROVED";
    });
    town.later(31_000);
    expect(await town.run()).toMatchObject({ merged: [mr], gateRuns: 0 });
  }, 60_000);

  test("asks once when checks do not end, and goes on waiting for them", async () => {
    const { town, change } = await pullRequestTown({}, { GH_CHECKS: "PENDING" });
    const { mr } = await town.submit({ "a.txt": "a\n" }, { title: "Add a", ...pr });
    await town.run();
    expect(await town.mr(mr)).toMatchObject({ phase: "held", phaseReason: "awaiting_checks" });
    for (let look = 0; look < 2; look++) {
      town.later(16 * 60_000);
      await town.run();
    }
    expect(await town.ledger.find({ type: "escalation" })).toMatchObject([
      { metadata: { escalation: { severity: "low", occurrences: 1 } } },
    ]);
    change((request) => {
      request.checks = [{ name: "ci", state: "SUCCESS" }];
    });
    town.later(60_000);
    expect(await town.run()).toMatchObject({ merged: [mr] });
  }, 60_000);

  test("gives back what a reviewer or a required check refuses", async () => {
    const { town, change } = await pullRequestTown({ require_review: true });
    const { mr, bead } = await town.submit({ "a.txt": "a\n" }, pr);
    await town.run();
    change((request) => {
      request.reviewDecision = "APPROVED";
      request.checks = [{ name: "license", state: "FAILURE" }];
    });
    town.later(31_000);
    expect(await town.run()).toMatchObject({ ejected: [mr] });
    expect(await town.mr(mr)).toMatchObject({ phase: "needs_fix", phaseReason: "checks failed: license" });
    expect((await town.bead(bead)).status).toBe("open");
  }, 60_000);

  test("finalises what a person merged, and quarantines what a person closed", async () => {
    const { town, change, requests } = await pullRequestTown({ pr_merge: "human" });
    const one = await town.submit({ "a.txt": "a\n" }, { title: "Add a", ...pr });
    await town.run();
    expect(requests()).toHaveLength(1);
    // By hand on the server: another commit with the same change.
    const main = git(town.origin, "rev-parse", "main");
    const tree = git(town.origin, "merge-tree", "--write-tree", main, one.branch);
    const commit = git(town.origin, "commit-tree", tree, "-p", main, "-m", "By hand");
    git(town.origin, "update-ref", "refs/heads/main", commit);
    change((request) => {
      Object.assign(request, { state: "MERGED", mergeCommit: { oid: commit } });
    });
    const two = await town.submit({ "b.txt": "b\n" }, pr);
    town.later(31_000);
    expect((await town.run()).merged).toEqual([one.mr]);
    expect(await town.mr(one.mr)).toMatchObject({ closeReason: "merged", mergeCommit: commit });
    change((request) => {
      if (request.branch === two.branch) request.state = "CLOSED";
    });
    town.later(31_000);
    expect(await town.run()).toMatchObject({ quarantined: [two.mr] });
  }, 60_000);

  test("says once that gh is missing and holds everything without blame", async () => {
    const { town } = await pullRequestTown();
    const path = process.env["PATH"];
    process.env["PATH"] = (path ?? "").split(":").slice(1).join(":");
    const { mr } = await town.submit({ "a.txt": "a\n" }, pr);
    expect(await town.run()).toMatchObject({ merged: [], ejected: [] });
    expect(await town.mr(mr)).toMatchObject({ phase: "held", fixAttempts: 0 });
    const [asked] = await town.ledger.find({ type: "escalation" });
    expect(asked?.title).toContain("gh cannot be run");
    process.env["PATH"] = path;
    town.later(5 * 60_000 + 1000);
    await town.run();
    expect((await town.ledger.get(asked?.id ?? ""))?.closeReason, "06 §8.2").toBe("condition cleared");
  }, 60_000);
});
