import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { QueueTown } from "../../../agents/refinery/queue-town.ts";
import { runGt } from "../../../support/run-cli.ts";
import { git } from "../../../support/scratch-repository.ts";

function gt(town: QueueTown, ...args: readonly string[]) {
  return runGt(args, { cwd: town.root, env: { GT_NO_DAEMON: "1" } });
}

describe("gt mq", () => {
  test("submits a branch, lists it, lands it and shows what became of it", async () => {
    const town = await QueueTown.make();
    const [bead = ""] = (
      await town.ledger.write("overseer", [
        { op: "create", bead: { title: "Add a", scope: "web", priority: 1 } },
      ])
    ).created;
    town.commitBranch(`feature/${bead}`, "Add a", { "a.txt": "a\n" });

    const submitted = await gt(town, "mq", "submit", "--branch", `feature/${bead}`, "--json");
    expect(submitted).toMatchObject({ code: 0, stderr: "" });
    const { mr } = submitted.json<{ mr: string }>();
    expect(submitted.json()).toMatchObject({ issue: bead, target: "main", outcome: "queued" });
    expect((await gt(town, "mr", "submit", "--branch", `feature/${bead}`)).stdout).toContain(
      "already queued",
    );
    expect((await gt(town, "mq", "list")).stdout).toContain(mr);
    expect((await gt(town, "mq", "next", "-q")).stdout.trim()).toBe(mr);
    expect((await gt(town, "mq", "process", "web", "--dry-run")).stdout).toContain(`1. ${mr}`);
    expect(town.landed()).toEqual([]);

    const processed = await gt(town, "mq", "process");
    expect(processed).toMatchObject({ code: 0, stderr: "" });
    expect(town.landed()).toEqual(["Add a"]);
    const status = await gt(town, "mq", "status", `feature/${bead}`, "--json");
    expect(status.json()).toMatchObject({
      id: mr,
      status: "closed",
      close_reason: "merged",
      landed_by: "queue",
    });
    expect((await gt(town, "mq", "list", "--json")).json()).toEqual([]);
    expect((await gt(town, "mq", "next", "--json")).json()).toBeNull();
    expect((await gt(town, "mq", "runs", "--json")).json()).toMatchObject([{ landed: [mr], gate_runs: 1 }]);
    expect((await gt(town, "refinery", "status", "--json")).json()).toMatchObject({
      running: true,
      queue_length: 0,
      merged_24h: 1,
      gates: ["test"],
    });
  }, 120_000);

  test("sets a culprit aside with exit code 3, shows its log, and tries its new head again", async () => {
    const town = await QueueTown.make({ settings: { retry_flaky_tests: 0 } });
    await town.submit({ "good.txt": "good\n" }, { priority: 1 });
    const { mr, bead, branch } = await town.submit({ "a.txt": "bad\n" }, { title: "Add a" });
    expect((await gt(town, "mq", "process", "web")).code).toBe(3);
    expect((await gt(town, "mq", "list")).stdout).toContain("needs-fix: test: exit 1");
    expect((await gt(town, "mq", "log", mr, "test")).stdout).toContain("found something bad");
    const explained = (await gt(town, "mq", "status", mr)).stdout;
    for (const part of ["found something bad", "own_or_interaction"]) expect(explained).toContain(part);

    const head = town.commitBranch(branch, "Add a", { "a.txt": "good\n" });
    const again = await gt(town, "mq", "retry", mr, "--now");
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(head.slice(0, 12));
    expect(town.show("a.txt")).toBe("good");
    expect(await town.bead(bead)).toMatchObject({ status: "closed", closeReason: `Merged in ${mr}` });
  }, 120_000);

  test("rejects a request with a reason and keeps its branch", async () => {
    const town = await QueueTown.make();
    const { mr, bead, branch } = await town.submit({ "a.txt": "a\n" });
    expect((await gt(town, "mq", "reject", mr)).code).toBe(2);
    const rejected = await gt(town, "mq", "reject", mr, "-r", "not wanted");
    expect(rejected).toMatchObject({ code: 0 });
    expect(await town.mr(mr)).toMatchObject({ phase: "closed", closeReason: "rejected" });
    const issue = await town.bead(bead);
    expect(issue).toMatchObject({ status: "open", assignee: "" });
    expect(issue.metadata).toMatchObject({ prior_branch: branch });
    expect(git(town.origin, "branch", "--list", branch)).toContain(branch);
    expect((await gt(town, "mq", "reject", mr, "-r", "again")).stderr).toContain("is closed");
  }, 60_000);

  test("refuses what cannot be done with one clear error", async () => {
    const town = await QueueTown.make();
    const { mr } = await town.submit({ "a.txt": "a\n" });
    const code = async (...args: readonly string[]) => {
      const result = await gt(town, "mq", ...args, "--json");
      return [result.code, result.json<{ code: string }>().code];
    };
    expect(await code("reject", "web-mr-xxxxx", "-r", "no")).toEqual([1, "E_MR_NOT_FOUND"]);
    expect(await code("post-merge", mr)).toEqual([1, "E_NOT_LANDED"]);
    expect(await code("retry", mr)).toEqual([1, "E_NOT_FAILED"]);
    expect(await code("submit", "--branch", "main", "--issue", "web-nope")).toEqual([1, "E_BEAD_NOT_FOUND"]);
    const { sourceIssue } = await town.mr(mr);
    expect(await code("submit", "--branch", "main", "--issue", sourceIssue)).toEqual([1, "E_DEFAULT_BRANCH"]);
    expect(await code("submit", "--branch", "nowhere", "--issue", sourceIssue)).toEqual([1, "E_NO_BRANCH"]);
    git(town.rig.repository, "branch", "empty", "main");
    expect(await code("submit", "--branch", "empty", "--issue", sourceIssue)).toEqual([1, "E_NO_COMMITS"]);
    expect(await code("list", "nope")).toEqual([1, "E_RIG_UNKNOWN"]);
  }, 60_000);

  test("pause and stop keep the queue from running by itself", async () => {
    const town = await QueueTown.make();
    const { mr } = await town.submit({ "a.txt": "a\n" });
    await gt(town, "mq", "pause", "--reason", "release week");
    expect(await town.run()).toMatchObject({ runs: 0 });
    expect((await gt(town, "mq", "list")).stdout).toContain("held: release week");
    await gt(town, "mq", "resume");
    await gt(town, "refinery", "stop");
    expect(await town.run()).toMatchObject({ runs: 0 });
    expect((await gt(town, "refinery", "start", "--json")).json()).toMatchObject({ changed: true });
    expect(await town.run()).toMatchObject({ merged: [mr] });
  }, 60_000);

  test("verify lets the queue land a tree without gating it again, and only that tree", async () => {
    const town = await QueueTown.make();
    const { mr, head } = await town.submit({ "a.txt": "a\n" }, { title: "Add a" });
    const worktree = join(town.root, "web", "polecats", "nux", "web");
    git(town.rig.repository, "worktree", "add", "--quiet", "--detach", worktree, head);
    const verified = await runGt(["mq", "verify", "--json"], { cwd: worktree });
    expect(verified.json()).toMatchObject({ ok: true, verdict: "green", head });
    expect(await town.run()).toMatchObject({ merged: [mr], gateRuns: 0 });

    git(worktree, "checkout", "--quiet", "--detach", head);
    expect((await runGt(["mq", "verify", "--json"], { cwd: worktree })).json()).toMatchObject({
      code: "E_BEHIND",
    });
  }, 60_000);
});

describe("gt mq integration", () => {
  test("collects an epic's merges and lands them as one merge commit", async () => {
    const town = await QueueTown.make();
    const epic =
      (
        await town.ledger.write("overseer", [
          { op: "create", bead: { title: "Big thing!", scope: "web", type: "epic" } },
        ])
      ).created[0] ?? "";
    const children = (
      await town.ledger.write("overseer", [
        { op: "create", bead: { title: "One", scope: "web", parent: epic } },
        { op: "create", bead: { title: "Two", scope: "web", parent: epic } },
      ])
    ).created;
    const created = await gt(town, "mq", "integration", "create", epic, "--json");
    expect(created.json()).toMatchObject({ branch: "integration/big-thing", base_branch: "main" });
    expect((await gt(town, "mq", "integration", "create", epic, "--json")).json()).toMatchObject({
      code: "E_INTEGRATION_EXISTS",
    });
    const before = town.head();
    for (const [index, child] of children.entries()) {
      town.commitBranch(`feature/${child}`, `Part ${index}`, { [`part${index}.txt`]: "x\n" });
      const submitted = await gt(town, "mq", "submit", "--branch", `feature/${child}`, "--json");
      expect(submitted.json()).toMatchObject({ target: "integration/big-thing" });
      if (index > 0) break;
      expect((await gt(town, "mq", "integration", "land", epic, "--json")).json()).toMatchObject({
        code: "E_INTEGRATION_OPEN_MRS",
      });
      await town.run();
      expect((await gt(town, "mq", "integration", "land", epic, "--json")).json()).toMatchObject({
        code: "E_INTEGRATION_OPEN_CHILDREN",
      });
    }
    await town.run();
    expect((await gt(town, "mq", "integration", "status", epic, "--json")).json()).toMatchObject({
      ahead_of_base: 2,
      ready_to_land: true,
      children_closed: 2,
    });
    expect((await gt(town, "mq", "integration", "land", epic, "--dry-run")).stdout).toContain("would land");
    expect(town.head()).toBe(before);

    const killed = await runGt(["mq", "integration", "land", epic], {
      cwd: town.root,
      env: { GT_TEST_CRASH: "integration.pushed" },
    });
    expect(killed.signal).toBe("SIGKILL");
    const again = await runGt(["mq", "integration", "land", epic], {
      cwd: town.root,
      env: { GT_TEST_CRASH: "integration.closed" },
    });
    expect(again.signal).toBe("SIGKILL");
    expect((await gt(town, "mq", "integration", "land", epic)).code).toBe(0);

    expect(git(town.origin, "rev-list", "--merges", "--count", `${before}..main`)).toBe("1");
    expect(
      git(town.origin, "log", "-1", "--format=%(trailers:key=Gastown-Epic,valueonly)", "main").trim(),
    ).toBe(epic);
    expect(await town.bead(epic)).toMatchObject({ status: "closed" });
    expect(git(town.origin, "branch", "--list", "integration/*")).toBe("");
    expect(git(town.rig.repository, "branch", "--list", "--all", "*integration/*")).toBe("");
  }, 120_000);
});
