import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stageConvoy } from "../../../src/agents/lifecycle/stage-convoy.ts";
import { WorkForecast } from "../../../src/agents/lifecycle/work-forecast.ts";
import { dispatchQueued } from "../../../src/agents/patrols/dispatch-queued.ts";
import { enqueueSling } from "../../../src/core/scheduler/sling-context.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { QueueTown } from "../refinery/queue-town.ts";

test("what similar work touched, what agents are changing and how attempts merge is told when staging, and orders what starts", async () => {
  const town = await QueueTown.make({ files: { "src/dates.ts": "1\n2\n3\n", "src/spinner.tsx": "x\n" } });
  const { ledger } = town;
  await town.submit({ "src/dates.ts": "1\n2\nthree\n" }, { title: "Parse dates in the importer" });
  await town.submit({ "src/spinner.tsx": "y\n" }, { title: "Show a spinner while loading" });
  await town.run();

  const { created } = await ledger.write(
    "overseer",
    [
      "Importer loses dates",
      "Accept short dates in the importer",
      "Quiet the spinner",
      "Write the manual",
      "Busy",
    ].map((title) => ({ op: "create", bead: { title, scope: "web", description: "As it says." } })),
  );
  const [loses = "", accept = "", spinner = "", manual = "", busy = ""] = created;
  // Somebody is at the spinner, without a commit yet.
  const worktree = join(town.rig.polecats, "nux", "web");
  git(town.rig.repository, "worktree", "add", "--quiet", "-b", "polecat/nux/busy", worktree, "origin/main");
  writeFileSync(join(worktree, "src/spinner.tsx"), "z\n");
  const agent = {
    id: "web-polecat-nux",
    address: "web/polecats/nux",
    role: "polecat",
    rig: "web",
    name: "nux",
  } as const;
  await ledger.write("overseer", [
    { op: "ensureAgent", agent },
    { op: "hook", address: agent.address, bead: busy },
    { op: "setAgent", address: agent.address, fields: { state: "working", branch: "polecat/nux/busy" } },
  ]);

  const beads = await ledger.getMany(created);
  const inputs = [loses, accept, spinner, manual].flatMap((id) => beads.get(id) ?? []);
  const { staging } = await stageConvoy(town.access, { inputs });
  expect(staging.overlaps).toEqual([{ beads: [loses, accept].toSorted(), files: ["src/dates.ts"] }]);
  expect(staging.meetings).toEqual([{ bead: spinner, with: busy, files: ["src/spinner.tsx"] }]);

  // Its earlier attempt does not merge with what is in the worktree by now: worse than touching the same file.
  commit(worktree, "Blink", { "src/spinner.tsx": "blink\n" });
  town.commitBranch("polecat/old/spinner", "Quiet", { "src/spinner.tsx": "quiet\n" });
  await ledger.write("overseer", [
    { op: "update", id: accept, fields: { metadata: { prior_branch: "polecat/old/spinner" } } },
    ...[accept, spinner, loses, manual].flatMap((bead, index) =>
      enqueueSling({ bead, rig: "web", reason: "sling", enqueued_at: 1000 + index }, bead),
    ),
  ]);
  mkdirSync(join(town.root, "settings"), { recursive: true });
  const scheduler = { max_polecats: 9, batch_size: 9 };
  writeFileSync(
    join(town.root, "settings/config.json"),
    JSON.stringify({ default_agent: "shell", scheduler }),
  );
  const forecast = new WorkForecast();
  const plan = await dispatchQueued(town.access, { dryRun: true, forecast });
  // Equals in all else: the manual and the dates first, then what touches a file at work, then what cannot be merged with it.
  expect(plan.dispatch.map(({ bead }) => bead)).toEqual([loses, manual, spinner, accept]);

  const asked = [...(await ledger.getMany([accept, spinner])).values()];
  const { conflicts } = await forecast.look(town.access, asked);
  expect(conflicts).toContainEqual({
    names: [busy, accept],
    files: ["src/spinner.tsx"],
    likelihood: "certain",
  });
}, 60_000);
