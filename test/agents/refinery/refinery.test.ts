import { describe, expect, test } from "vitest";
import { git } from "../../support/scratch-repository.ts";
import { QueueTown } from "./queue-town.ts";

describe("a batch of good branches", () => {
  test("lands with one gate run and one push, in score order, and ends its beads", async () => {
    const town = await QueueTown.make();
    const low = await town.submit({ "c.txt": "c\n" }, { priority: 3, title: "Add c" });
    const high = await town.submit({ "a.txt": "a\n" }, { priority: 1, title: "Add a" });
    const middle = await town.submit({ "b.txt": "b\n" }, { priority: 2, title: "Add b" });

    const report = await town.run();

    expect(report).toMatchObject({ merged: [high.mr, middle.mr, low.mr], runs: 1, gateRuns: 1 });
    expect(town.landed()).toEqual(["Add a", "Add b", "Add c"]);
    for (const { mr, bead, branch } of [low, high, middle]) {
      expect(await town.mr(mr)).toMatchObject({ phase: "closed", closeReason: "merged", landedBy: "queue" });
      expect(await town.bead(bead)).toMatchObject({ status: "closed", closeReason: `Merged in ${mr}` });
      expect(git(town.rig.repository, "branch", "--list", "--all", `*${branch}`)).toBe("");
      expect(git(town.origin, "branch", "--list", branch)).toBe("");
    }
    expect(
      git(town.origin, "log", "-1", "--format=%(trailers:key=Gastown-MR,valueonly)", "main").trim(),
    ).toBe(low.mr);
    expect(town.events("merged")).toHaveLength(3);
    expect(git(town.rig.repository, "for-each-ref", "refs/gt/mq")).toBe("");
    town.expectAlwaysGreen();
    expect(await town.run()).toMatchObject({ runs: 0 });
  }, 60_000);
});
