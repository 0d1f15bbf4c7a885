import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { beadFailure } from "../../../src/agents/lifecycle/count-bead-failure.ts";
import { auditMountains } from "../../../src/agents/patrols/audit-mountains.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { readinessContext } from "../../../src/core/convoys/convoy-view.ts";
import { retrySkipped } from "../../../src/core/convoys/mountain.ts";
import { newConvoy } from "../../../src/core/convoys/new-convoy.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { GtError } from "../../../src/core/gt-error.ts";
import { pauseScheduler, resumeScheduler } from "../../../src/core/scheduler/pause.ts";
import { git } from "../../support/scratch-repository.ts";
import { QueueTown } from "../refinery/queue-town.ts";

const minute = 60_000;
let town: QueueTown;
let access: TownAccess;
let convoy: string;
let beads: readonly string[];

/** Everest: six beads, the second waits for the first, the third for the second. */
beforeEach(async () => {
  town = await QueueTown.make();
  access = town.access;
  const { ledger } = access;
  const { created } = await ledger.write(
    "overseer",
    [1, 2, 3, 4, 5, 6].map((number) => ({
      op: "create",
      bead: { title: `Bead ${number}`, scope: "web" },
    })),
  );
  beads = created;
  const { named } = await ledger.write("overseer", [
    { op: "addDependency", edge: { from: at(1), to: at(0), type: "blocks" } },
    { op: "addDependency", edge: { from: at(2), to: at(1), type: "blocks" } },
    ...newConvoy({ title: "Mountain: Everest", owner: "overseer", issues: beads, labels: ["mountain"] }),
  ]);
  convoy = named["convoy"] ?? "";
}, 60_000);

const at = (index: number): string => beads[index] ?? "";
const failed = async (bead: string) =>
  access.ledger.write(access.actor, await beadFailure(access, bead, "exit 1"));
const close = (...ids: string[]) =>
  access.ledger.write(
    "overseer",
    ids.map((id) => ({ op: "close", id, close: { reason: "Merged in web-mr-1" } })),
  );
const audit = async (): Promise<void> => {
  await auditMountains(access, await readinessContext(access.ledger, { now: access.clock.now() }));
};
const labels = async (): Promise<readonly string[]> => (await access.ledger.get(convoy))?.labels ?? [];
const mail = (): Promise<readonly Bead[]> => access.ledger.find({ type: "message", sort: "oldest" });

test("the third failure skips a bead; when only it and what hangs on it are left, that is reported once, and undone", async () => {
  for (let failure = 0; failure < 3; failure++) await failed(at(0));
  expect(await access.ledger.get(at(0))).toMatchObject({
    status: "blocked",
    labels: expect.arrayContaining(["mountain:skipped", "mountain:failures:3"]),
  });
  await close(at(3), at(4));
  await audit();
  expect(await labels()).not.toContain("mountain:finished");
  await close(at(5));
  for (let look = 0; look < 3; look++) await audit();
  expect(await labels()).toContain("mountain:finished");
  const sent = await mail();
  expect(sent.map((message) => message.assignee).toSorted()).toEqual(["mayor/", "overseer"]);
  expect(sent[0]?.title).toBe("Mountain complete: Everest");
  for (const part of ["Result: 3/6 closed, 1 skipped", "after 3 failures", `gt mountain retry ${at(0)}`])
    expect(sent[0]?.description).toContain(part);
  expect(town.events("mountain_finished")).toHaveLength(1);

  const skipped = await access.ledger.get(at(0));
  await access.ledger.write("overseer", skipped === undefined ? [] : retrySkipped(skipped));
  await audit();
  expect(await labels()).not.toContain("mountain:finished");
}, 60_000);

test("one that stands still is reported after ten minutes, again after an hour, and never while dispatch is paused", async () => {
  await audit();
  const before = await access.ledger.row("mountains", convoy);
  await audit();
  expect(await access.ledger.row("mountains", convoy)).toEqual(before);

  await access.ledger.write("overseer", pauseScheduler({ by: "overseer", at: 0, reason: "" }));
  town.later(11 * minute);
  await audit();
  expect(await mail()).toEqual([]);
  await access.ledger.write("overseer", resumeScheduler());
  await audit();
  await audit();
  expect((await mail()).map((message) => message.title)).toEqual([
    "Mountain stalled: Everest",
    "Mountain stalled: Everest",
  ]);
  town.later(61 * minute);
  await audit();
  expect(town.events("mountain_stalled")).toHaveLength(2);

  await close(at(0));
  town.later(minute);
  await audit();
  expect(town.events("mountain_stalled")).toHaveLength(2);
}, 60_000);

test("a quarantined request sets its bead aside, a parked rig and an open decision are told, and nothing of it twice", async () => {
  town.settings = { max_fix_attempts: 1, retry_flaky_tests: 0 };
  const issue = at(0);
  const { mr } = await town.submit({ "a.txt": "bad\n" }, { issue });
  await town.run();
  expect(await town.mr(mr)).toMatchObject({ phase: "quarantined" });
  const decision =
    (
      await access.ledger.write("overseer", [
        { op: "create", bead: { title: "Which way?", type: "decision", scope: "web" } },
      ])
    ).created[0] ?? "";
  await access.ledger.write("overseer", [
    { op: "addDependency", edge: { from: at(3), to: decision, type: "blocks" } },
  ]);
  const looks = async () => {
    const parked = await readinessContext(access.ledger, {
      now: access.clock.now(),
      parkedRigs: new Set(["web"]),
    });
    await auditMountains(access, parked);
    return access.ledger.head();
  };
  const first = await looks();
  expect(await looks()).toBe(first);
  expect(await looks()).toBe(first);

  expect(await access.ledger.get(issue)).toMatchObject({
    status: "blocked",
    labels: expect.arrayContaining(["mountain:skipped"]),
    notes: `${mr} was quarantined`,
  });
  const told = (await mail()).filter((message) => message.assignee === "overseer");
  const titles = told.map((message) => message.title);
  expect(titles).toHaveLength(2);
  expect(titles).toContain(`${at(3)} waits: needs decision ${decision}`);
  expect(titles.join("\n")).toContain("waits: rig web takes no work now");
  const asked = await access.ledger.find({ type: "escalation" });
  expect(asked.map((each) => each.labels.find((label) => label.startsWith("severity:"))).toSorted()).toEqual([
    "severity:high",
    "severity:medium",
  ]);
}, 60_000);

test("a branch that fails the gates three times is a skipped bead, and the rest of its mountain goes on", async () => {
  town.settings = { max_fix_attempts: 0, retry_flaky_tests: 0 };
  const issue = at(0);
  for (let attempt = 0; attempt < 3; attempt++) {
    await town.submit({ "a.txt": `bad ${attempt}\n` }, { issue });
    expect(await town.run()).toMatchObject({ merged: [] });
  }
  expect(await access.ledger.get(issue)).toMatchObject({
    status: "blocked",
    labels: expect.arrayContaining(["mountain:skipped"]),
    notes: expect.stringContaining("Skipped after 3 failures: test"),
  });
  expect((await access.ledger.get(at(3)))?.status).toBe("open");

  const second = at(5);
  await failed(second);
  await town.submit({ "b.txt": "good\n" }, { issue: second });
  await town.run();
  const landed = await access.ledger.get(second);
  expect(landed?.status).toBe("closed");
  expect(landed?.labels, "success resets the counter").toEqual([]);
}, 60_000);

test("a worker in the same trouble for half an hour loses the bead, with its work kept, and that counts (B2)", async () => {
  const nux = "web/polecats/nux";
  const worktree = join(town.rig.polecats, "nux", "web");
  const branch = "polecat/nux/draft";
  git(town.rig.repository, "worktree", "add", "--quiet", "-b", branch, worktree, "origin/main");
  writeFileSync(join(worktree, "draft.txt"), "half\n");
  const agent = { id: "web-polecat-nux", address: nux, role: "polecat", rig: "web", name: "nux" } as const;
  await access.ledger.write("overseer", [
    { op: "ensureAgent", agent },
    { op: "hook", address: nux, bead: at(3) },
    {
      op: "setAgent",
      address: nux,
      fields: { state: "working", branch, baseBranch: "main", lastProgressAt: Date.now() },
    },
  ]);
  const held = async () => (await access.ledger.get(at(3)))?.assignee;
  for (const minutes of [1, 15, 20, 9]) {
    town.later(minutes * minute);
    await audit();
    expect(await held()).toBe(nux);
  }
  town.later(2 * minute);
  await audit();
  expect(await access.ledger.get(at(3))).toMatchObject({
    ...{ status: "open", assignee: "", labels: ["mountain:failures:1"] },
    metadata: { prior_branch: branch },
  });
  expect(await access.ledger.agent(nux)).toMatchObject({ hookBead: "" });
  const snapshots = git(town.rig.repository, "for-each-ref", "--format=%(refname)", "refs/gt/hooks").split(
    "\n",
  );
  expect(git(town.rig.repository, "show", `${snapshots[0]}:draft.txt`)).toBe("half");
}, 60_000);

test("with mountain.judge=agent a stall sends one dog with the question, and the report goes out all the same", async () => {
  mkdirSync(join(town.root, "settings"), { recursive: true });
  const judge = {
    ...{ default_agent: "ghost", agents: { ghost: { command: "no-such-program" } } },
    mountain: { judge: "agent" },
  };
  writeFileSync(join(town.root, "settings/config.json"), JSON.stringify(judge));
  access = { ...access, host: () => Promise.reject(new GtError("E_HOST_DOWN", "no host")) };
  await audit();
  for (const minutes of [11, 5, 20]) {
    town.later(minutes * minute);
    await audit();
  }
  const errands = () => access.ledger.find({ labels: ["gt:mountain-judge"], ephemeral: true });
  const [errand, ...more] = await errands();
  expect(more).toEqual([]);
  for (const part of [`gt mountain status ${convoy}`, "gt mail send mayor/", "gt dog done"])
    expect(errand?.description).toContain(part);
  // Its program is not installed: the dog is free again, and there is none for the rest of the hour.
  expect(await access.ledger.agents({ role: "dog" })).toMatchObject([{ state: "idle", hookBead: "" }]);
  expect((await mail()).map((message) => message.title)).toContain("Mountain stalled: Everest");
  town.later(40 * minute);
  await audit();
  expect((await errands()).map((bead) => bead.status).toSorted()).toEqual(["closed", "open"]);
}, 60_000);
