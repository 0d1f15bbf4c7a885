import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { SlingOptions } from "../../../src/agents/lifecycle/sling-request.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import { git } from "../../support/scratch-repository.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  town = await WorkTown.create([
    { name: "web", prefix: "web" },
    { name: "api", prefix: "api" },
  ]);
  access = await town.access();
});
afterEach(() => town.dispose());

/** On a hook; the script claims it as soon as it runs. */
const held = expect.stringMatching(/^(hooked|in_progress)$/);

const run = (words: readonly string[], options: SlingOptions = {}) => sling(access, { words, options });
const eventTypes = async () => (await readEvents(town.town.paths.events, {})).map((event) => event.type);

/** The life of the assignments so far, which is history and no news. */
const hookEvents = async () =>
  (await readEvents(town.town.paths.events, {}))
    .filter(({ type, visibility }) => /^hook_(?!snapshot)/.test(type) && visibility === "audit")
    .map(({ type, payload }) => [type, payload]);

test("the first sling makes a polecat, its worktree and branch, hooks the bead, tracks it and starts a session", async () => {
  const bead = await town.bead(access, "Fix login");
  const { dispatched } = await run([bead.id, "web"]);
  const [dispatch] = dispatched;
  expect(dispatch).toMatchObject({
    bead: bead.id,
    reused: false,
    noop: false,
    runtime: "shell",
    base: "origin/main",
  });
  const { agent: address = "", branch = "" } = dispatch ?? {};
  expect(branch).toMatch(new RegExp(`^polecat/[a-z-]+/${bead.id}@[0-9a-z]+$`));

  const agent = await access.ledger.agent(address);
  expect(agent).toMatchObject({
    state: "working",
    hookBead: bead.id,
    hookState: "active",
    hookSeq: 1,
    branch,
  });
  const worktree = join(town.root, address, "web");
  expect(git(worktree, "symbolic-ref", "--short", "HEAD")).toBe(branch);
  expect(git(worktree, "status", "--porcelain")).toBe("");
  expect(await access.ledger.get(bead.id)).toMatchObject({
    status: held,
    assignee: address,
    metadata: {
      attachment: { dispatched_by: "overseer", convoy_id: dispatch?.convoy?.id },
      recovery: { attempts: 1 },
    },
  });
  const convoy = await access.ledger.get(dispatch?.convoy?.id ?? "");
  expect(convoy).toMatchObject({ title: "Work: Fix login", status: "open", type: "convoy" });
  const host = await access.host({ start: false });
  expect(await host.get(dispatch?.session ?? "")).toMatchObject({ actor: address, bead: bead.id });
  const types = (await eventTypes()).filter((type) =>
    ["spawn", "sling", "hook", "convoy_created", "session_start"].includes(type),
  );
  expect(types).toEqual(["spawn", "convoy_created", "sling", "hook", "session_start"]);
  expect(await hookEvents()).toEqual([
    ["hook_created", { agent: address, bead: bead.id, seq: 1, rig: "web" }],
    ["hook_active", { agent: address, bead: bead.id, seq: 1, rig: "web" }],
  ]);
  expect(await access.ledger.rows("operations")).toEqual([]);
});

test("the same sling again is a no-op while the agent lives", async () => {
  const bead = await town.bead(access, "Fix login");
  const first = await run([bead.id, "web"]);
  const events = (await eventTypes()).length;
  const second = await run([bead.id, "web"]);
  expect(second.dispatched).toEqual([
    expect.objectContaining({ noop: true, agent: first.dispatched[0]?.agent }),
  ]);
  expect(await eventTypes()).toHaveLength(events);
  expect(readdirSync(town.rig().polecats)).toHaveLength(1);
});

test("a session that does not start undoes everything, and the next sling succeeds", async () => {
  town.write("settings/config.json", {
    default_agent: "broken",
    agents: { broken: { provider: "generic", command: "sh", args: ["-c", "exit 7"], prompt_mode: "none" } },
  });
  const bead = await town.bead(access, "Fix login");
  await expect(run([bead.id, "web"])).rejects.toMatchObject({ code: "E_SESSION_START" });
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: "open", assignee: "", metadata: {} });
  expect(await access.ledger.find({ type: "convoy", status: "open" })).toEqual([]);
  expect(readdirSync(town.rig().polecats)).toEqual([]);
  expect(town.git("web", "branch", "--list", "polecat/*")).toBe("");
  const { dispatched } = await run([bead.id, "web"], { agent: "shell" });
  expect(dispatched[0]?.noop).toBe(false);
});

test("an idle polecat is reused with its ignored files, on a fresh branch", async () => {
  const first = await town.bead(access, "First");
  const { dispatched } = await run([first.id, "web"]);
  const address = dispatched[0]?.agent ?? "";
  const worktree = join(town.root, address, "web");
  git(worktree, "commit", "--quiet", "--allow-empty", "-m", "work");
  git(worktree, "push", "--quiet", "origin", "HEAD");
  git(worktree, "checkout", "--quiet", "--detach", "origin/main");
  writeFileSync(join(worktree, "scratch.txt"), "left behind");
  mkdirSync(join(worktree, "node_modules"));
  writeFileSync(join(worktree, "node_modules", "x"), "cache");
  await access.ledger.write("overseer", [
    { op: "close", id: first.id, close: { reason: "done", force: true } },
    { op: "setAgent", address, fields: { state: "idle", hookBead: "", hookState: "completed" } },
  ]);
  const host = await access.host({ start: false });
  await host.stop(dispatched[0]?.session ?? "", { reason: "done" });

  const second = await town.bead(access, "Second");
  const again = await run([second.id, "web"]);
  expect(again.dispatched[0]).toMatchObject({ agent: address, reused: true });
  expect((await access.ledger.agent(address))?.hookSeq).toBe(2);
  expect((await hookEvents()).slice(2)).toMatchObject([
    ["hook_archived", { agent: address, seq: 1, reason: "next assignment started" }],
    ["hook_created", { bead: second.id, seq: 2 }],
    ["hook_active", { bead: second.id, seq: 2 }],
  ]);
  expect(existsSync(join(worktree, "node_modules", "x"))).toBe(true);
  expect(existsSync(join(worktree, "scratch.txt"))).toBe(false);
  // The file that the reset removed is in a snapshot.
  const snapshot =
    town.git("web", "for-each-ref", "--format=%(refname)", "refs/gt/hooks/").split("\n")[0] ?? "";
  expect(town.git("web", "show", `${snapshot}:scratch.txt`)).toBe("left behind");
});

test("a batch dispatches what it can, reports the rest and tracks all in one convoy", async () => {
  const [one, two, three] = [
    await town.bead(access, "One"),
    await town.bead(access, "Two"),
    await town.bead(access, "Three"),
  ];
  const blocker = await town.bead(access, "Blocker");
  await access.ledger.write("overseer", [
    { op: "addDependency", edge: { from: two.id, to: blocker.id, type: "blocks" } },
  ]);
  const report = await run([one.id, two.id, three.id]);
  expect(report.dispatched.map((each) => each.bead)).toEqual([one.id, three.id]);
  expect(report.failed).toEqual([{ bead: two.id, error: expect.objectContaining({ code: "E_BLOCKED" }) }]);
  expect(report.convoy?.title).toBe("Batch: 3 beads to web");
  const tracks = (await access.ledger.edges([report.convoy?.id ?? ""])).map((edge) => edge.to);
  expect(tracks.toSorted()).toEqual([one.id, two.id, three.id].toSorted());
  const told = readEvents(town.town.paths.events, { filter: { types: ["protocol"] } });
  expect(
    told.map(({ payload }) => payload),
    "06 §5.2",
  ).toContainEqual({
    ...{ from: "overseer", to: "web/witness", rig: "web", subject: "SWARM_START" },
    fields: { SwarmID: report.convoy?.id, Beads: `${one.id}, ${two.id}, ${three.id}`, Total: 3 },
  });
  expect(new Set(report.dispatched.map((each) => each.agent)).size).toBe(2);
});

test("slinging an epic dispatches its open, unassigned children only", async () => {
  const epic = await town.bead(access, "Epic", "true", { type: "epic" });
  const open = await town.bead(access, "Open", "true", { parent: epic.id });
  const closed = await town.bead(access, "Closed", "true", { parent: epic.id });
  const taken = await town.bead(access, "Taken", "true", { parent: epic.id, assignee: "web/crew/sam" });
  const blocked = await town.bead(access, "Blocked", "true", { parent: epic.id });
  const foreign = await town.bead(access, "Of no rig", "true", { scope: "town" });
  await access.ledger.write("overseer", [
    { op: "close", id: closed.id, close: { reason: "done" } },
    { op: "addDependency", edge: { from: blocked.id, to: taken.id, type: "blocks" } },
    { op: "addDependency", edge: { from: foreign.id, to: epic.id, type: "parent-child" } },
  ]);
  const report = await run([epic.id]);
  expect(report.dispatched.map((each) => each.bead)).toEqual([open.id]);
  expect(report.skipped).toEqual(
    expect.arrayContaining([
      { bead: closed.id, reason: "closed" },
      { bead: taken.id, reason: "assigned" },
      { bead: blocked.id, reason: "blocked" },
      { bead: foreign.id, reason: "no rig" },
    ]),
  );
  expect(report.again, "nothing is left").toBeUndefined();
  const more = await town.bead(access, "More", "true", { parent: epic.id });
  const part = await run([epic.id], { dryRun: true, force: true, maxConcurrent: 1 });
  expect(part).toMatchObject({ again: epic.id, dispatched: [{}] });
  expect(part.skipped.map(({ reason }) => reason)).toContain("later");
  expect(await access.ledger.get(more.id)).toMatchObject({ status: "open" });
  await expect(run([epic.id], { agent: "codex" })).rejects.toMatchObject({ code: "E_FLAG_CONTAINER" });
  await expect(run([epic.id, "web"])).rejects.toMatchObject({ code: "E_CONTAINER_TARGET" });
});

test("--force takes a bead from a living agent after its files were kept", async () => {
  const bead = await town.bead(access, "Fix login");
  const first = await run([bead.id, "web"]);
  const holder = first.dispatched[0]?.agent ?? "";
  const worktree = join(town.root, holder, "web");
  writeFileSync(join(worktree, "half.txt"), "half done");
  await expect(run([bead.id, "web/polecats/valkyrie"], { create: true })).rejects.toMatchObject({
    code: "E_ALREADY_HOOKED",
  });

  const second = await run([bead.id, "web"], { force: true });
  const taker = second.dispatched[0]?.agent ?? "";
  expect(taker).not.toBe(holder);
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: held, assignee: taker });
  expect(await access.ledger.agent(holder)).toMatchObject({
    hookBead: "",
    hookState: "archived",
    state: "stuck",
  });
  const host = await access.host({ start: false });
  expect((await host.get(first.dispatched[0]?.session ?? ""))?.phase ?? "exited").toBe("exited");
  const told = readEvents(town.town.paths.events, { filter: { types: ["protocol"] } });
  expect(
    told.map(({ payload }) => payload),
    "04 §9.4",
  ).toContainEqual({
    ...{ from: "overseer", to: "web/witness", rig: "web" },
    subject: `LIFECYCLE:Shutdown ${holder.split("/").at(-1)}`,
    fields: { Reason: "its bead was taken over", Bead: bead.id, NewAssignee: taker },
  });
  const refs = town.git("web", "for-each-ref", "--format=%(refname) %(subject)", "refs/gt/hooks/");
  expect(refs).toContain("pre-steal");
  const ref = refs.split(" ")[0] ?? "";
  expect(town.git("web", "show", `${ref}:half.txt`)).toBe("half done");
});

test("--force on a busy polecat keeps and releases its work first, and on its own bead starts it afresh", async () => {
  const one = await town.bead(access, "One");
  const two = await town.bead(access, "Two");
  const [first] = (await sling(access, { words: [one.id, "web"], options: {} })).dispatched;
  const address = first?.agent ?? "";
  const worktree = join(town.root, address, "web");
  writeFileSync(join(worktree, "draft.txt"), "draft");
  await expect(sling(access, { words: [two.id, address], options: {} })).rejects.toMatchObject({
    ...{
      code: "E_HOOK_OCCUPIED",
      hint: expect.stringMatching(/^gt unsling web-\w+ web\/polecats\/\w+ --force$/),
    },
  });

  const before = await liveSession(access, address);
  const [again] = (await sling(access, { words: [one.id, address], options: { force: true } })).dispatched;
  expect(again).toMatchObject({ agent: address, noop: false, branch: first?.branch });
  const restarted = await liveSession(access, address);
  expect(restarted?.runId).not.toBe(before?.runId);
  expect(readFileSync(join(worktree, "draft.txt"), "utf8")).toBe("draft");

  await (await access.host()).stop(restarted?.session ?? "", { reason: "killed", force: true });
  const [revived] = (await sling(access, { words: [one.id, address], options: {} })).dispatched;
  expect(revived).toMatchObject({ noop: false, warnings: [expect.stringContaining("its session is dead")] });
  expect((await liveSession(access, address))?.runId).toBeDefined();
  expect(readFileSync(join(worktree, "draft.txt"), "utf8")).toBe("draft");

  const [second] = (await sling(access, { words: [two.id, address], options: { force: true } })).dispatched;
  expect(second).toMatchObject({
    agent: address,
    reused: true,
    warnings: expect.arrayContaining([`${one.id} was taken off the hook of ${address} and is open again`]),
  });
  expect(await access.ledger.get(one.id)).toMatchObject({
    status: "open",
    assignee: "",
    metadata: { prior_branch: first?.branch },
  });
  expect(await access.ledger.agent(address)).toMatchObject({ state: "working", hookBead: two.id });
  expect((await liveSession(access, address))?.bead).toBe(two.id);
  const snapshots = await listSnapshots(town.rig().repository, address.slice("web/".length));
  const kept = snapshots.filter((snapshot) => snapshot.bead === one.id);
  expect(town.git("web", "show", `${kept[0]?.ref}:draft.txt`)).toBe("draft");
});

test("with a limit set, slings to a rig are queued once and left to the scheduler", async () => {
  town.write("settings/config.json", { default_agent: "shell", scheduler: { max_polecats: 2 } });
  const bead = await town.bead(access, "Later");
  const first = await run([bead.id], { message: "mind the tests", account: "work" });
  expect(await access.ledger.find({ labels: ["gt:sling-context"] })).toMatchObject([
    { metadata: { sling: { bead: bead.id, message: "mind the tests", account: "work" } } },
  ]);
  expect(first.dispatched[0]).toMatchObject({
    agent: "web",
    noop: false,
    scheduled: expect.stringMatching(/^web-/),
  });
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: "open", assignee: "" });
  expect(await access.ledger.find({ type: "convoy", status: "open" })).toHaveLength(1);
  expect((await run([bead.id])).dispatched[0]).toMatchObject({ noop: true });
  expect(readdirSync(town.rig().polecats)).toEqual([]);
  await expect(run([bead.id, "web/polecats/nux"])).rejects.toMatchObject({ code: "E_NEEDS_RIG" });
  const direct = await run([bead.id], { isDirect: true, convoy: "none", account: "work" });
  // A restart uses the same login.
  expect(await access.ledger.get(bead.id)).toMatchObject({ metadata: { attachment: { account: "work" } } });
  expect(direct.dispatched[0]).toMatchObject({ noop: false, session: expect.stringMatching(/^web-/) });
});

test("a dry run tells who would take the bead and changes nothing", async () => {
  const bead = await town.bead(access, "Fix login");
  const { dispatched } = await run([bead.id], { dryRun: true });
  expect(dispatched[0]).toMatchObject({ reused: false, noop: false, runtime: "shell" });
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: "open", rev: bead.rev });
  expect(await eventTypes()).toEqual([]);
});

test("parallel slings of different beads get different polecats, and of one bead exactly one wins", async () => {
  const beads = await Promise.all(
    Array.from({ length: 6 }, (_, index) => town.bead(access, `Work ${index}`)),
  );
  const each = await Promise.all(
    beads.map(async (bead) => sling(await town.access(), { words: [bead.id, "web"], options: {} })),
  );
  const agents = each.flatMap((report) => report.dispatched.map((dispatch) => dispatch.agent));
  expect(new Set(agents).size).toBe(6);

  const wanted = await town.bead(access, "Wanted");
  const results = await Promise.allSettled(
    Array.from({ length: 5 }, async () =>
      sling(await town.access(), { words: [wanted.id, "web"], options: {} }),
    ),
  );
  const winners = results.filter(
    (result) => result.status === "fulfilled" && !result.value.dispatched[0]?.noop,
  );
  expect(winners).toHaveLength(1);
  for (const result of results) if (result.status === "rejected") expect(result.reason.code).toBe("E_BUSY");
  expect((await access.ledger.agents({ hookBead: wanted.id })).length).toBe(1);
});
