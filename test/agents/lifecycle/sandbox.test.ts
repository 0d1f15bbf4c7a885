import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lastCheckpoint } from "../../../src/agents/lifecycle/checkpoint.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { pruneAllSnapshots } from "../../../src/agents/lifecycle/prune-snapshots.ts";
import { nukePolecats } from "../../../src/agents/lifecycle/nuke-polecat.ts";
import { addCrew, startCrew } from "../../../src/agents/lifecycle/crew.ts";
import { rollbackByForce } from "../../../src/agents/lifecycle/rollback-by-force.ts";
import { rollbackHook, snapshotHook } from "../../../src/agents/lifecycle/rollback-hook.ts";
import { branchFates, polecatBranches } from "../../../src/agents/lifecycle/polecat-branches.ts";
import { snapshotHooks } from "../../../src/agents/lifecycle/snapshot-hooks.ts";
import { sandboxRisk } from "../../../src/agents/lifecycle/sandbox-risk.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import { startHookSession } from "../../../src/agents/lifecycle/start-hook-session.ts";
import { reportStuck } from "../../../src/agents/mail/report-stuck.ts";
import { resumeHook, suspendHook } from "../../../src/agents/lifecycle/suspend-hook.ts";
import { unsling } from "../../../src/agents/lifecycle/unsling.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { openTown } from "../../../src/core/town/open-town.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { type HookSnapshot, listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;
let address: string;
let bead: string;
let worktree: string;
let place: string;

beforeEach(async () => {
  town = await WorkTown.create();
  access = await town.access();
  ({ id: bead } = await town.bead(access, "Long work", "sleep 1000"));
  const { dispatched } = await sling(access, { words: [bead, "web"], options: {} });
  address = dispatched[0]?.agent ?? "";
  worktree = join(town.root, address, "web");
  place = address.slice("web/".length);
});
afterEach(() => town.dispose());

const write = (path: string, text: string): void => writeFileSync(join(worktree, path), text);
const read = (path: string): string => readFileSync(join(worktree, path), "utf8");

test("suspended work keeps bead, worktree and files, and goes on in a fresh session", async () => {
  write("half.txt", "half");
  await suspendHook(access, address, "lunch");
  expect(await access.ledger.agent(address)).toMatchObject({
    state: "paused",
    hookState: "suspended",
    hookBead: bead,
  });
  expect(await liveSession(access, address)).toBeUndefined();
  expect(await lastCheckpoint(access.ledger, address)).toMatchObject({ bead, modified: ["half.txt"] });
  const shown = (await town.gt(["hook", address])).stdout;
  expect(shown).toContain("Created › Active › [Suspended] › Completed › Archived");
  expect(shown).toContain("health    idle (paused): lunch");
  const [taken] = await listSnapshots(worktree, place);
  expect(taken).toMatchObject({ reason: "pre-suspend", bead });
  const told = (await readEvents(town.town.paths.events, {})).filter(({ type }) => type === "hook_snapshot");
  expect(told).toMatchObject([
    {
      ...{ visibility: "audit", actor: "overseer" },
      payload: { agent: address, ref: taken?.ref, seq: 1, reason: "pre-suspend", files: 1, rig: "web" },
    },
  ]);
  expect(told[0]?.payload["bytes"]).toBeGreaterThan(50);
  await expect(suspendHook(access, address, "again")).rejects.toMatchObject({
    ...{ code: "E_STATE", hint: `gt hook resume ${address}` },
    message: `the work of ${address} rests already: it is paused`,
  });

  const record = await resumeHook(access, address);
  expect(record).toMatchObject({ bead });
  expect(await access.ledger.agent(address)).toMatchObject({ state: "working", hookState: "active" });
  expect(read("half.txt")).toBe("half");
});

test("a stuck agent whose session is still there goes on in it; a sling by force gives it a fresh one", async () => {
  const first = await liveSession(access, address);
  const reports = async () =>
    reportStuck({ ...access, actor: address }, await access.ledger.agent(address), "no key\u001b[2J");
  await reports();
  expect((await town.gt(["hook", address])).stdout).toContain("health    idle (stuck): no key\n");
  expect((await resumeHook(access, address))?.runId).toBe(first?.runId);
  expect(await access.ledger.agent(address)).toMatchObject({ state: "working", hookState: "active" });

  await reports();
  await sling(access, { words: [bead, address], options: { force: true } });
  expect(await access.ledger.agent(address)).toMatchObject({ state: "working", hookState: "active" });
  const fresh = await liveSession(access, address);
  expect(fresh?.runId).toEqual(expect.any(String));
  expect(fresh?.runId).not.toBe(first?.runId);
});

test("docking a rig suspends its polecats, and taking it back makes their hooks active for the Witness", async () => {
  write("half.txt", "half");
  expect((await town.gt(["rig", "dock", "web"])).stdout).toContain(
    `${address} is suspended; its work is kept`,
  );
  expect(await access.ledger.agent(address)).toMatchObject({ state: "paused", hookState: "suspended" });
  expect(await liveSession(access, address)).toBeUndefined();
  const { id: other } = await town.bead(access, "Other", "true");
  expect(await town.gt(["sling", other, "web"])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/rig web is docked[\s\S]*gt rig undock web/),
  });

  expect((await town.gt(["rig", "undock", "web"])).stdout).toContain(`${address} goes on`);
  expect(await access.ledger.agent(address)).toMatchObject({
    state: "spawning",
    hookState: "active",
    hookBead: bead,
  });
  expect(read("half.txt")).toBe("half");

  await resumeFromSpawning();
  expect((await town.gt(["rig", "park", "web"])).stdout).not.toContain("suspended");
  expect(await liveSession(access, address)).toBeDefined();
  expect((await town.gt(["rig", "park", "web", "--polecats"])).stdout).toContain("is suspended");
  expect(await liveSession(access, address)).toBeUndefined();
});

/** Takes one that is new. */
async function snapshot(by: TownAccess, of = address): Promise<HookSnapshot> {
  const taken = await snapshotHook(by, of);
  return taken.state === "taken" ? taken.snapshot : expect.unreachable("nothing new");
}

/** What the Witness does for a hook that is active without a session. */
async function resumeFromSpawning(): Promise<void> {
  await startHookSession(access, address, "recovery");
  await access.ledger.write("daemon", [{ op: "setAgent", address, fields: { state: "working" } }]);
}

test("unfinished work is taken off a hook only by force; files, branch and way back remain", async () => {
  commit(worktree, "half", { "half.txt": "half" });
  await expect(unsling(access, { bead, force: false })).rejects.toMatchObject({ code: "E_INCOMPLETE" });
  const branch = git(worktree, "branch", "--show-current");
  expect(await unsling(access, { bead, force: true })).toMatchObject({ bead, agent: address });
  expect(await access.ledger.get(bead)).toMatchObject({
    status: "open",
    assignee: "",
    metadata: { prior_branch: branch },
  });
  expect(await access.ledger.agent(address)).toMatchObject({ state: "idle", hookBead: "" });
  expect(await liveSession(access, address)).toBeUndefined();
  expect(git(town.origin("web"), "show", `${branch}:half.txt`)).toBe("half");
  expect(await unsling(access, { agent: address, force: false })).toBeUndefined();
});

describe("snapshots", () => {
  test("files, index, head and branch come back exactly, and a rollback can be undone", async () => {
    await suspendHook(access, address, "test");
    commit(worktree, "first", { "a.txt": "1", "b.txt": "1" });
    write("a.txt", "staged");
    git(worktree, "add", "a.txt");
    write("a.txt", "unstaged");
    write("new.txt", "untracked");
    const head = git(worktree, "rev-parse", "HEAD");
    const status = git(worktree, "status", "--porcelain");
    const taken = await snapshotHook(access, address);
    const seq = taken.state === "taken" ? taken.snapshot.seq : -1;
    expect(await snapshotHook(access, address)).toEqual({ state: "unchanged", seq });
    expect(git(worktree, "status", "--porcelain")).toBe(status);

    git(worktree, "reset", "--quiet", "--hard", "HEAD~1");
    rmSync(join(worktree, "new.txt"));
    write("later.txt", "later");
    const diff = await town.gt(["hook", "diff", address, String(seq), "--stat"]);
    expect(diff.stdout).toMatch(/later\.txt[\s\S]*new\.txt/);
    mkdirSync(join(worktree, "node_modules"));
    write("node_modules/cache", "ignored");

    const { undo } = await rollbackHook(access, { address, seq });
    expect(git(worktree, "rev-parse", "HEAD")).toBe(head);
    expect(git(worktree, "status", "--porcelain")).toBe(status);
    expect(read("a.txt")).toBe("unstaged");
    expect(git(worktree, "show", ":a.txt")).toBe("staged");
    expect(read("new.txt")).toBe("untracked");
    expect(existsSync(join(worktree, "later.txt"))).toBe(false);
    expect(read("node_modules/cache")).toBe("ignored");

    const branch = git(worktree, "branch", "--show-current");
    git(worktree, "push", "--quiet", "origin", `${branch}:${branch}`);
    const back = ["hook", "rollback", address, String(undo)];
    const foretold = await town.gt([...back, "--dry-run", "--json"]);
    expect(foretold.json()).toMatchObject({ dry_run: true });
    expect(foretold.json<{ files: string[] }>().files).toEqual(
      expect.arrayContaining(["later.txt", "new.txt"]),
    );
    expect((await town.gt(["hook", "rollback", address, "999", "--dry-run"])).stderr).toContain(
      "no snapshot #999",
    );
    expect(read("new.txt")).toBe("untracked");
    const undone = await town.gt(back);
    expect(undone, undone.stderr).toMatchObject({ code: 0 });
    expect(read("later.txt")).toBe("later");
    expect(existsSync(join(worktree, "new.txt"))).toBe(false);
    const now = git(worktree, "rev-parse", "HEAD");
    expect(now).not.toBe(head);
    // What others may have is never pushed over; how to is said.
    expect(git(town.origin("web"), "rev-parse", branch)).toBe(head);
    expect(undone.stdout).toContain(
      `--force-with-lease=${branch}:${head} origin ${now}:refs/heads/${branch}`,
    );
    const told = (await readEvents(town.town.paths.events, {})).filter(
      ({ type }) => type === "hook_rollback",
    );
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { agent: address, from: undo, to: seq },
      { agent: address, to: undo },
    ]);
  });

  /** Our own access to the town, whose snapshots take no files above 1 MB. */
  const withSmallSnapshots = (): TownAccess => {
    town.write("settings/config.json", {
      default_agent: "shell",
      operational: { snapshot: { max_file_mb: 1 } },
    });
    return { ...access, town: openTown(town.root, { env: {} }) };
  };
  const large = "x".repeat(1024 * 1024 + 1);

  test("what is larger than the town wants kept is named, survives a rollback, and is put aside at removal and reuse", async () => {
    const small = withSmallSnapshots();
    await suspendHook(small, address, "test");
    write("large.bin", "small");
    const { seq } = await snapshot(small);
    write("small.txt", "small");
    write("large.bin", large);
    write("other.bin", large);
    const { commit } = await snapshot(small);
    expect(git(worktree, "ls-tree", "--name-only", commit).split("\n")).toEqual(
      expect.arrayContaining(["small.txt"]),
    );
    expect(git(worktree, "ls-tree", "--name-only", commit)).not.toContain("large.bin");
    expect(git(worktree, "show", "-s", "--format=%B", commit)).toContain("Gt-Skipped: large.bin");

    const back = await town.gt(["hook", "rollback", address, String(seq)]);
    expect(back).toMatchObject({ code: 0 });
    expect([read("large.bin"), read("other.bin")]).toEqual(["small", large]);
    expect(back.stderr).toContain("no snapshot holds other.bin; it stays as it is");
    const place = /no snapshot holds are in (\S+)/.exec(back.stderr)?.[1] ?? "";
    expect(readFileSync(join(place, "large.bin"), "utf8")).toBe(large);

    // Reused, with what an earlier assignment has left.
    await unsling(small, { bead, force: true });
    await small.ledger.write("overseer", [{ op: "setAgent", address, fields: { state: "idle" } }]);
    const { id: next } = await town.bead(small, "Next", "sleep 1000");
    const again = await sling(small, { words: [next, address], options: {} });
    expect(again.dispatched[0]).toMatchObject({ reused: true });
    expect(existsSync(join(worktree, "other.bin"))).toBe(false);
    const aside =
      /snapshot does not take are in (\S+)/.exec(again.dispatched[0]?.warnings.join("\n") ?? "")?.[1] ?? "";
    expect(readFileSync(join(aside, "other.bin"), "utf8")).toBe(large);

    // Removed.
    write("last.bin", large);
    const nuke = (force: boolean) => nukePolecats(small, { addresses: [address], cwd: town.root, force });
    await expect(nuke(false)).rejects.toMatchObject({ why: [expect.stringContaining("last.bin")] });
    const { warnings } = await nuke(true);
    const kept = /no snapshot has are in (\S+)/.exec(warnings.join("\n"))?.[1] ?? "";
    expect(readFileSync(join(kept, "last.bin"), "utf8")).toBe(large);
  });

  test("before something happens to all agents they are taken within a time, and whoever was missed is named", async () => {
    git(worktree, "config", "filter.slow.clean", "sleep 3; cat");
    write(".gitattributes", "*.slow filter=slow\n");
    write("a.slow", "1");
    const begun = Date.now();
    expect(await snapshotHooks(access, [address], "estop", 300)).toEqual([address]);
    expect(Date.now() - begun).toBeLessThan(2500);
    git(worktree, "config", "--unset", "filter.slow.clean");
    expect(await snapshotHooks(access, [address], "shutdown")).toEqual([]);
    expect(await listSnapshots(worktree, place)).toContainEqual(
      expect.objectContaining({ reason: "shutdown" }),
    );
  });

  test("single files and a branch can be taken out of one without moving anything", async () => {
    await suspendHook(access, address, "test");
    commit(worktree, "first", { "a.txt": "1" });
    write("a.txt", "2");
    const taken = await snapshotHook(access, address);
    const seq = taken.state === "taken" ? taken.snapshot.seq : -1;
    write("a.txt", "3");
    write("b.txt", "b");
    await rollbackHook(access, { address, seq, files: ["a.txt"] });
    expect([read("a.txt"), read("b.txt")]).toEqual(["2", "b"]);
    await expect(rollbackHook(access, { address, seq, files: ["a.txt", "b.txt"] })).rejects.toMatchObject({
      ...{ code: "E_NOT_FOUND", message: `snapshot #${seq} has no b.txt` },
    });
    await rollbackHook(access, { address, seq, toBranch: "rescued" });
    expect(git(worktree, "show", "rescued:a.txt")).toBe("2");
    expect(read("b.txt")).toBe("b");
  });

  test("a running session is not pulled the files from under; by force it goes on afterwards and is told", async () => {
    // An agent that can be talked to, unlike a script.
    const fake = join(import.meta.dirname, "../../support/fake-agent.mjs");
    const runtime = { provider: "generic", command: process.execPath, args: [fake] };
    town.write("settings/config.json", {
      default_agent: "fake",
      agents: { fake: { ...runtime, ready_prompt: "❯", prompt_mode: "arg" } },
    });
    await suspendHook(access, address, "test");
    access = { ...access, town: openTown(town.root, { env: {} }) };
    await access.ledger.write("overseer", [{ op: "setAgent", address, fields: { runtime: "fake" } }]);
    await resumeHook(access, address);
    write("a.txt", "1");
    const { seq } = await snapshot(access);
    await expect(rollbackHook(access, { address, seq })).rejects.toMatchObject({ code: "E_SESSION_LIVE" });
    await expect(rollbackHook(access, { address, seq: 999 })).rejects.toMatchObject({
      code: "E_NO_SNAPSHOT",
    });
    write("a.txt", "2");
    const before = (await liveSession(access, address))?.runId;
    const forced = await town.gt(["hook", "rollback", address, String(seq), "--force"]);
    expect(forced, forced.stderr).toMatchObject({ code: 0 });
    expect(read("a.txt")).toBe("1");
    expect((await liveSession(access, address))?.runId).not.toBe(before);
    expect(await access.ledger.agent(address)).toMatchObject({ hookBead: bead, state: "working" });
    const [before1, pre] = (await listSnapshots(worktree, place)).map(({ reason }) => reason);
    expect([before1, pre]).toEqual(["pre-suspend", "manual"]);
    const { session = "" } = (await liveSession(access, address)) ?? {};
    const told = `rolled back to snapshot #${seq} (manual)`;
    await waitFor(async () => (await (await access.host()).screen(session)).lines.join("").includes(told), {
      ...{ timeoutMs: 60_000, what: "the agent being told of the rollback" },
    });

    // Without work on its hook an agent is not suspended: its session ends, and a crew member's starts again.
    await addCrew(access, town.rig(), "sam", { ownBranch: false });
    const sam = "web/crew/sam";
    const first = await startCrew(access, sam);
    const draft = join(town.root, sam, "draft.txt");
    writeFileSync(draft, "1");
    const { seq: of } = await snapshot(access, sam);
    writeFileSync(draft, "2");
    expect(await rollbackByForce(access, { address: sam, seq: of })).toMatchObject({ warnings: [] });
    expect(readFileSync(draft, "utf8")).toBe("1");
    const second = await liveSession(access, sam);
    expect(second?.runId).toBeDefined();
    expect(second?.runId).not.toBe(first.runId);
  });
});

describe("removing a polecat", () => {
  const nuke = (options: { force?: boolean; cwd?: string } = {}) =>
    nukePolecats(access, { addresses: [address], cwd: town.root, ...options });

  test("with unpushed or uncommitted work is refused and says all reasons", async () => {
    commit(worktree, "unpushed", { "a.txt": "1" });
    write("dirty.txt", "dirty");
    await expect(nuke()).rejects.toMatchObject({
      code: "E_UNSAFE",
      why: [expect.stringMatching(/dirty\.txt.*1 unpushed commit.*on its hook/)],
    });
    expect(read("dirty.txt")).toBe("dirty");
    expect(await liveSession(access, address)).toBeDefined();
    const agent = await access.ledger.agent(address);
    if (agent === undefined) throw new Error("no agent");
    expect(await sandboxRisk(access, town.rig(), agent)).toMatchObject({ verdict: "NEEDS_RECOVERY" });
  });

  test("by force keeps everything: snapshot, pushed branch, open bead", async () => {
    const head = commit(worktree, "unpushed", { "a.txt": "1" });
    write("dirty.txt", "dirty");
    const branch = git(worktree, "branch", "--show-current");
    const { warnings } = await nuke({ force: true });
    expect(existsSync(worktree)).toBe(false);
    expect(await access.ledger.agent(address)).toMatchObject({ state: "nuked", hookBead: "" });
    expect(await access.ledger.get(bead)).toMatchObject({
      status: "open",
      assignee: "",
      metadata: { prior_branch: branch },
    });
    expect(git(town.origin("web"), "rev-parse", branch)).toBe(head);
    const [snapshot] = await listSnapshots(town.rig().repository, place);
    expect(snapshot).toMatchObject({ reason: "pre-nuke" });
    expect(town.git("web", "show", `${snapshot?.ref}:dirty.txt`)).toBe("dirty");
    const short = address.replace("/polecats/", "/");
    expect((await town.gt(["hook", "snapshots", short, "--all"])).stdout).toMatch(/pre-nuke .*1 +\+1 -0/);
    const { seq = 0 } = snapshot ?? {};
    const back = ["hook", "rollback", short, String(seq), "--to-branch", "rescued"];
    expect(warnings).toEqual([expect.stringContaining(`gt ${back.slice(0, -1).join(" ")} <name>`)]);
    expect((await town.gt(["hook", "rollback", short, String(seq)])).stderr).toContain("--to-branch");
    expect((await town.gt([...back, "-n"])).stdout).toContain("would make branch rescued");
    expect(await town.gt(back)).toMatchObject({ code: 0 });
    expect(town.git("web", "show", "rescued:dirty.txt")).toBe("dirty");
    expect((await town.gt(back)).stderr).toContain("there is a branch rescued already");
    expect((await town.gt([...back.slice(0, -1), "-x"])).code).toBe(2);
    expect(await town.gt(["hook", "diff", short, String(seq), String(seq)])).toMatchObject({ code: 0 });
    expect(await town.gt(["hook", "diff", short, "1", "1", "1"])).toMatchObject({ code: 2 });
    expect(await liveSession(access, address)).toBeUndefined();
    // The name is free again, and the work goes on where it was.
    const again = await sling(access, { words: [bead, "web"], options: {} });
    expect(again.dispatched[0]).toMatchObject({ agent: address, reused: false });
    expect(read("a.txt")).toBe("1");
  });

  test("with an origin that is away keeps the commits as an archive ref", async () => {
    const head = commit(worktree, "unpushed", { "a.txt": "1" });
    rmSync(town.origin("web"), { recursive: true });
    const { warnings } = await nuke({ force: true });
    expect(warnings).toEqual([expect.stringContaining("archive")]);
    const archives = () => town.git("web", "for-each-ref", "--format=%(objectname)", "refs/gt/archive/");
    expect(archives()).toBe(head);
    // Retention never drops them before they have landed, nor the last snapshot of work that is still to be done.
    const inAYear = { ...access, clock: { ...access.clock, now: () => Date.now() + 365 * 86_400_000 } };
    expect(await pruneAllSnapshots(inAYear)).toEqual({ snapshots: 0, archives: 0, problems: [] });
    expect(archives()).toBe(head);
    town.git("web", "update-ref", "refs/remotes/origin/main", head);
    await access.ledger.write("overseer", [
      { op: "close", id: bead, close: { reason: "done", force: true } },
    ]);
    expect(await pruneAllSnapshots(inAYear)).toMatchObject({ archives: 1, problems: [] });
    expect(archives()).toBe("");
    expect(await listSnapshots(town.rig().repository, place)).toHaveLength(1);
  });

  test("does not believe that origin still has what it once had", async () => {
    const head = commit(worktree, "pushed", { "a.txt": "1" });
    const branch = git(worktree, "branch", "--show-current");
    git(worktree, "push", "--quiet", "origin", branch);
    const anHourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(join(town.rig().repository, "FETCH_HEAD"), anHourAgo, anHourAgo);
    await unsling(access, { bead, force: true });
    git(town.origin("web"), "update-ref", "-d", `refs/heads/${branch}`);
    git(worktree, "update-ref", `refs/remotes/origin/${branch}`, head);
    await nuke();
    expect(git(town.origin("web"), "rev-parse", branch)).toBe(head);
  });

  test("when nothing of it can be kept is refused even by force, and only a spelt-out discard goes on", async () => {
    commit(worktree, "unpushed", { "a.txt": "1" });
    write("dirty.txt", "dirty");
    rmSync(town.origin("web"), { recursive: true });
    // Neither snapshots nor archives can be written.
    writeFileSync(join(town.rig().repository, "refs/gt"), "");
    await expect(nuke({ force: true })).rejects.toMatchObject({
      code: "E_SNAPSHOT",
      hint: expect.stringContaining("--force --discard"),
    });
    expect(read("dirty.txt")).toBe("dirty");
    expect(await access.ledger.agent(address)).toMatchObject({
      ...{ hookBead: bead, hookState: "suspended", state: "paused" },
    });
    expect(await access.ledger.rows("operations")).toEqual([]);

    const name = address.split("/").at(-1) ?? "";
    const asked = await town.gt(["polecat", "nuke", address, "--force", "--discard"]);
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining("needs an answer") });
    expect(read("dirty.txt")).toBe("dirty");
    const { warnings } = await nukePolecats(access, {
      ...{ addresses: [address], cwd: town.root, force: true, discard: true },
    });
    expect(warnings).toEqual([`not everything of ${address} could be kept`]);
    expect(existsSync(join(town.rig().polecats, name))).toBe(false);
    expect(await access.ledger.get(bead)).toMatchObject({ status: "open", assignee: "" });
  });

  test("from inside its sandbox is refused, by whatever way one got there", async () => {
    await expect(nuke({ force: true, cwd: worktree })).rejects.toMatchObject({ code: "E_CWD_INSIDE" });
    const link = join(town.root, ".link");
    symlinkSync(worktree, link);
    await expect(nuke({ force: true, cwd: link })).rejects.toMatchObject({ code: "E_CWD_INSIDE" });
  });

  test("never lands what it has committed to the default branch", async () => {
    const main = git(town.origin("web"), "rev-parse", "main");
    git(worktree, "checkout", "--quiet", "-B", "main");
    const head = commit(worktree, "unreviewed", { "a.txt": "1" });
    const { warnings } = await nuke({ force: true });
    expect(git(town.origin("web"), "rev-parse", "main")).toBe(main);
    expect(warnings).toEqual([expect.stringContaining(`refs/gt/archive/${place}/main`)]);
    expect(town.git("web", "rev-parse", `refs/gt/archive/${place}/main`)).toBe(head);
  });

  test("in the middle of a rebase keeps both the branch and the commits that no branch has", async () => {
    const branch = git(worktree, "branch", "--show-current");
    commit(worktree, "one", { "a.txt": "1" });
    const head = commit(worktree, "two", { "a.txt": "2" });
    expect(() =>
      git(worktree, "-c", "core.editor=true", "rebase", "--quiet", "-x", "false", "--force-rebase", "HEAD~2"),
    ).toThrow();
    const detached = commit(worktree, "amended", { "b.txt": "b" });
    const agent = await access.ledger.agent(address);
    if (agent === undefined) throw new Error("no agent");
    expect((await sandboxRisk(access, town.rig(), agent)).reasons).toContain("a rebase is in progress");
    const fates = await branchFates(await polecatBranches(town.rig()));
    expect(fates).toMatchObject([{ branch, fate: "in use" }]);

    await nuke({ force: true });
    expect(git(town.origin("web"), "rev-parse", branch)).toBe(head);
    expect(town.git("web", "for-each-ref", "--format=%(objectname)", "refs/gt/archive/")).toBe(detached);
  });

  test("whose worktree git cannot read counts as at risk, and its files are put aside", async () => {
    write("draft.txt", "draft");
    rmSync(readFileSync(join(worktree, ".git"), "utf8").replace("gitdir: ", "").trim(), { recursive: true });
    await expect(nuke()).rejects.toMatchObject({
      why: [expect.stringContaining(`git cannot read ${worktree}`)],
    });
    const { warnings } = await nuke({ force: true });
    const place = /files that no snapshot has are in (.+)/.exec(warnings[0] ?? "")?.[1] ?? "";
    expect(readFileSync(join(place, "draft.txt"), "utf8")).toBe("draft");
    expect(existsSync(worktree)).toBe(false);
  });

  test("puts aside what git takes only the name of, and what lies beside the worktree", async () => {
    git(worktree, "clone", "--quiet", town.origin("web"), "tools/inner");
    const inner = commit(join(worktree, "tools/inner"), "inner", { "i.txt": "i" });
    writeFileSync(join(worktree, "../notes.md"), "beside");
    await expect(nuke()).rejects.toMatchObject({ why: [expect.stringContaining("tools/inner/")] });
    const { warnings } = await nuke({ force: true });
    const places = warnings.map((warning) => warning.replace(/^.* are in /, ""));
    expect(git(join(places[0] ?? "", "tools/inner"), "rev-parse", "HEAD")).toBe(inner);
    expect(readFileSync(join(places[1] ?? "", "notes.md"), "utf8")).toBe("beside");
  });
});
