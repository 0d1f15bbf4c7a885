import { describe, expect, test } from "vitest";
import { git } from "../../support/scratch-repository.ts";
import { QueueTown } from "./queue-town.ts";

describe("the style of a merge", () => {
  async function land(merge_style: string) {
    const town = await QueueTown.make({ settings: { merge_style } });
    const start = town.commitBranch("lower", "First step", { "a.txt": "1\n" });
    await town.submit({ "a.txt": "2\n" }, { title: "Second step", start, branch: "feature", priority: 1 });
    await town.submit({ "b.txt": "b\n" }, { title: "Other" });
    const report = await town.run();
    return { town, report };
  }

  test("squash makes one commit of each branch and lists what it was made of", async () => {
    const { town } = await land("squash");
    expect(town.landed()).toEqual(["Second step", "Other"]);
    expect(git(town.origin, "log", "-1", "--format=%b", "main~1")).toContain(
      "Squashed:\n- First step\n- Second step",
    );
    expect(git(town.origin, "rev-list", "--merges", "--count", "main")).toBe("0");
  }, 60_000);

  test("rebase keeps the commits, the last one with our trailers", async () => {
    const { town } = await land("rebase");
    expect(town.landed()).toEqual(["First step", "Second step", "Other"]);
    const trailers = git(town.origin, "log", "--format=%(trailers:key=Gastown-MR,valueonly)", "main").split(
      "\n",
    );
    expect(trailers.filter((line) => line !== "")).toHaveLength(2);
  }, 60_000);

  test("merge makes a merge commit with the branch as second parent", async () => {
    const { town } = await land("merge");
    expect(git(town.origin, "rev-list", "--merges", "--count", "main")).toBe("2");
    expect(
      git(town.origin, "log", "--first-parent", "--reverse", "--format=%s", "main").split("\n").slice(1),
    ).toEqual(["Merge feature: Second step", expect.stringMatching(/^Merge polecat\/nux\/.*: Other$/)]);
  }, 60_000);

  test("ff-only lands the very commits, and gives back what does not start from the target", async () => {
    const { town, report } = await land("ff-only");
    expect(town.landed()).toEqual(["First step", "Second step"]);
    expect(report.conflicts).toHaveLength(1);
    expect(town.events("merge_conflict")).toHaveLength(1);
  }, 60_000);
});

test("the same base and order give the same commits again", async () => {
  const town = await QueueTown.make({ settings: { test_command: "exit 1", retry_flaky_tests: 0 } });
  await town.submit({ "a.txt": "a\n" });
  await town.run();
  town.settings = { test_command: "exit 1 # again", retry_flaky_tests: 0 };
  town.later(16 * 60_000);
  await town.run();
  const runs = await town.ledger.rows<{ readonly items: readonly { readonly landing: string }[] }>(
    "merge_runs",
  );
  const landings = runs.flatMap((row) => row.value.items.map((item) => item.landing));
  expect(landings.length).toBeGreaterThan(0);
  expect(new Set(landings).size).toBe(1);
}, 60_000);

test("text from outside reaches neither a shell nor git's options", async () => {
  const town = await QueueTown.make();
  const { mr } = await town.submit(
    { "a.txt": "a\n" },
    {
      title: "--exec=touch /tmp/owned $(touch owned) `touch owned`",
      branch: "polecat/nux/--upload-pack=x@1",
    },
  );
  await town.run();
  expect(await town.mr(mr)).toMatchObject({ closeReason: "merged" });
  expect(town.landed()[0]).toBe("--exec=touch /tmp/owned $(touch owned) `touch owned`");
}, 60_000);
