import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { git } from "../../support/scratch-repository.ts";
import { QueueTown } from "./queue-town.ts";

describe("several slots", () => {
  test("find a culprit in fewer rounds, in worktrees of their own", async () => {
    const town = await QueueTown.make({ settings: { max_concurrent: 3, retry_flaky_tests: 0 } });
    const requests = [];
    for (let index = 1; index <= 8; index++)
      requests.push(
        await town.submit({ [`f${index}.txt`]: index === 5 ? "bad\n" : "good\n" }, { title: `Add ${index}` }),
      );
    const report = await town.run();
    expect(report.ejected).toEqual([requests[4]?.mr]);
    expect(town.landed()).toEqual([1, 2, 3, 4, 6, 7, 8].map((index) => `Add ${index}`));
    expect(git(town.rig.repository, "worktree", "list")).toContain("/refinery/slots/1");
  }, 120_000);

  test("work on two targets at the same time", async () => {
    const meet =
      'touch "../../$GT_TARGET.here"; for i in $(seq 100); do [ -e ../../main.here ] && [ -e ../../next.here ] && exit 0; sleep 0.1; done; exit 1';
    const town = await QueueTown.make({
      settings: { max_concurrent: 2, gates: { meet: { cmd: meet.replaceAll("../../", "$HERE/") } } },
    });
    process.env["HERE"] = town.root;
    git(town.origin, "branch", "next", "main");
    const one = await town.submit({ "a.txt": "a\n" }, { title: "Add a" });
    const other = await town.submit({ "b.txt": "b\n" }, { title: "Add b", target: "next" });
    const report = await town.run();
    expect([...report.merged].toSorted()).toEqual([one.mr, other.mr].toSorted());
    expect(town.landed("main")).toEqual(["Add a"]);
    expect(town.landed("next")).toEqual(["Add b"]);
  }, 120_000);
});

describe("two culprits of eight", () => {
  test("are found one after the other, and the target was green at every moment", async () => {
    const town = await QueueTown.make();
    const requests = [];
    for (let index = 1; index <= 8; index++)
      requests.push(
        await town.submit(
          { [`f${index}.txt`]: [2, 5].includes(index) ? "bad\n" : "good\n" },
          { title: `Add ${index}` },
        ),
      );
    const report = await town.run();
    expect(report.ejected).toEqual([requests[1]?.mr, requests[4]?.mr]);
    expect(report.gateRuns).toBeLessThanOrEqual(9);
    expect(town.landed()).toEqual([1, 3, 4, 6, 7, 8].map((index) => `Add ${index}`));
  }, 120_000);
});

describe("a pair of which the second repairs the first", () => {
  test("lands together with one push", async () => {
    const town = await QueueTown.make();
    await town.submit({ "x.txt": "bad\n" }, { title: "Break", priority: 1 });
    await town.submit({ "gate.sh": "exit 0\n" }, { title: "Repair" });
    const report = await town.run();
    expect(report).toMatchObject({ ejected: [], gateRuns: 1 });
    expect(town.landed()).toEqual(["Break", "Repair"]);
    expect(git(town.origin, "reflog", "show", "--format=%H", "refs/heads/main").split("\n").length).toBe(1);
  }, 60_000);
});

describe("a claim of being verified", () => {
  test("is not believed without a verdict of the gates themselves", async () => {
    const town = await QueueTown.make();
    const { mr } = await town.submit(
      { "a.txt": "bad\n" },
      { more: { preVerified: { at: Date.now(), base: town.head() } } },
    );
    expect(await town.mr(mr)).toMatchObject({ preVerified: true });
    expect(await town.run()).toMatchObject({ merged: [], ejected: [mr] });
  }, 60_000);
});

describe("requests for an integration branch that has landed", () => {
  test("go to where it landed", async () => {
    const town = await QueueTown.make();
    const { mr } = await town.submit({ "a.txt": "a\n" }, { title: "Add a", target: "integration/old" });
    await town.ledger.write("overseer", [
      {
        op: "create",
        as: "epic",
        bead: {
          title: "Old",
          type: "epic",
          scope: "web",
          metadata: { integration_branch: "integration/old", base_branch: "main" },
        },
      },
      { op: "close", id: "$epic", close: { reason: "Landed in 123" } },
    ]);
    expect(await town.run()).toMatchObject({ merged: [mr] });
    expect(town.landed()).toEqual(["Add a"]);
    expect(town.events("mr_retargeted")).toHaveLength(1);
  }, 60_000);

  test("wait and are reported when nobody knows the branch", async () => {
    const town = await QueueTown.make();
    const { mr } = await town.submit({ "a.txt": "a\n" }, { target: "nowhere" });
    expect(await town.run()).toMatchObject({ merged: [] });
    expect(await town.mr(mr)).toMatchObject({ phase: "ready" });
    const [asked] = await town.ledger.find({ type: "escalation" });
    expect(asked?.title).toContain("nowhere");
  }, 60_000);
});

describe("an epic that is complete", () => {
  test("lands by itself when the rig says so", async () => {
    const town = await QueueTown.make({ settings: { integration_branch_auto_land: true } });
    const [epic = ""] = (
      await town.ledger.write("overseer", [
        {
          op: "create",
          bead: {
            title: "Big",
            type: "epic",
            scope: "web",
            metadata: { integration_branch: "integration/big", base_branch: "main" },
          },
        },
      ])
    ).created;
    git(town.origin, "branch", "integration/big", "main");
    const [child = ""] = (
      await town.ledger.write("overseer", [
        { op: "create", bead: { title: "Part", scope: "web", parent: epic } },
      ])
    ).created;
    await town.submit({ "a.txt": "a\n" }, { title: "Part", issue: child, target: "integration/big" });
    await town.run();
    expect(await town.bead(epic)).toMatchObject({ status: "closed" });
    expect(town.landed()).toContain("Merge integration/big: Big");
    expect(git(town.origin, "branch", "--list", "integration/*")).toBe("");
  }, 60_000);
});

describe("what ended long ago", () => {
  test("is forgotten once a day", async () => {
    const town = await QueueTown.make();
    const first = await town.submit({ "a.txt": "a\n" });
    await town.run();
    town.later(15 * 24 * 3_600_000);
    await town.submit({ "b.txt": "b\n" });
    await town.run();
    expect(await town.ledger.get(first.mr)).toBeUndefined();
    expect(await town.ledger.rows("merge_runs")).toHaveLength(1);
  }, 60_000);
});

describe("a conflict that a rebase dissolves", () => {
  test("is rebased without anybody with on_conflict=auto_rebase", async () => {
    const town = await QueueTown.make({
      files: { "list.txt": "1\n2\n3\n" },
      settings: { on_conflict: "auto_rebase", batch: { max_batch_size: 1 } },
    });
    // The first commit of the branch is on the target already, in other words; only a rebase sees that.
    const start = town.commitBranch("lower", "Say two", { "list.txt": "1\ntwo\n3\n" });
    const upper = await town.submit({ "list.txt": "1\nTWO\n3\n" }, { title: "Say it loud", start });
    git(town.rig.reference, "checkout", "--quiet", "--detach", "origin/main");
    git(town.rig.reference, "cherry-pick", "--quiet", start);
    git(town.rig.reference, "commit", "--quiet", "--amend", "-m", "The same by hand");
    git(town.rig.reference, "push", "--quiet", "origin", "HEAD:main");
    const report = await town.run();
    expect(report.merged).toEqual([upper.mr]);
    expect(town.show("list.txt")).toBe("1\nTWO\n3");
    expect(await town.mr(upper.mr)).toMatchObject({ retryCount: 1, closeReason: "merged" });
  }, 60_000);
});

describe("an emergency stop", () => {
  test("ends the run before anything is pushed, and the queue goes on when it is over", async () => {
    const town = await QueueTown.make({ settings: { test_command: "sleep 2 && sh gate.sh" } });
    const { mr } = await town.submit({ "a.txt": "a\n" }, { title: "Add a" });
    const stop = join(town.root, "ESTOP");
    const report = await town.run({
      tell: (line) => {
        if (!line.startsWith("⚙")) return;
        writeFileSync(stop, "stop\n");
        // Any write makes the queue look.
        void town.ledger.write("overseer", [{ op: "comment", id: mr, text: "stop" }]);
      },
    });
    expect(report).toMatchObject({ merged: [] });
    expect(town.landed()).toEqual([]);
    expect(await town.mr(mr)).toMatchObject({ phase: "ready", fixAttempts: 0 });
    expect(await town.run()).toMatchObject({ runs: 0 });
    rmSync(stop);
    expect(await town.run()).toMatchObject({ merged: [mr] });
  }, 60_000);
});
