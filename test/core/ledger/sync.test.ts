import { execFile } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { exportLines } from "../../../src/core/ledger/jsonl/export-lines.ts";
import type { NewBead, Operation } from "../../../src/core/ledger/operation.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";
import type { SqliteLedger } from "../../../src/core/ledger/store/sqlite-ledger.ts";
import { Settings } from "../../../src/core/ledger/settings.ts";
import { SyncKeeper } from "../../../src/core/ledger/sync/keep-synced.ts";
import { type SyncOptions, syncScope, syncStatus } from "../../../src/core/ledger/sync/sync-scope.ts";
import { scratchDirectory, TestClock } from "./scratch-ledger.ts";

const run = promisify(execFile);

async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run("git", ["-C", directory, ...args]);
  return stdout.trim();
}

interface Clone {
  readonly ledger: SqliteLedger;
  readonly clock: TestClock;
  readonly repository: string;
  readonly path: string;
  sync(more?: Partial<SyncOptions>): ReturnType<typeof syncScope>;
  write(...operations: readonly Operation[]): Promise<void>;
  create(fields: Partial<NewBead>): Promise<Bead>;
  file(): Promise<string>;
}

async function bareRemote(root: string): Promise<string> {
  const remote = join(root, "remote.git");
  await run("git", ["init", "-q", "--bare", "-b", "main", remote]);
  return remote;
}

async function cloneOf(root: string, name: string, clock: TestClock): Promise<Clone> {
  const repository = join(root, name);
  await run("git", ["clone", "-q", join(root, "remote.git"), repository]);
  await writeFile(join(repository, "work.txt"), "somebody is editing this\n");
  const path = join(repository, ".beads/issues.jsonl");
  const ledger = await openLedger({
    path: join(repository, ".beads/beads.db"),
    create: true,
    clock,
    scope: "local",
  });
  onTestFinished(() => ledger.close());
  await ledger.write(name, [{ op: "registerPrefix", prefix: "demo", scope: "local", path: "." }]);
  return {
    ledger,
    clock,
    repository,
    path,
    sync: (more = {}) => syncScope(ledger, { scope: "local", path, repository, actor: name, ...more }),
    async write(...operations) {
      clock.advance(1000);
      await ledger.write(name, operations);
    },
    async create(fields) {
      clock.advance(1000);
      const { created } = await ledger.write(name, [{ op: "create", bead: { title: "Work", ...fields } }]);
      const bead = await ledger.get(created[0] ?? "");
      if (bead === undefined) throw new Error("not created");
      return bead;
    },
    file: () => readFile(path, "utf8"),
  };
}

async function twoClones(): Promise<readonly [Clone, Clone, string]> {
  const root = await scratchDirectory();
  const remote = await bareRemote(root);
  const clock = new TestClock();
  return [await cloneOf(root, "one", clock), await cloneOf(root, "two", clock), remote];
}

it("scenario 15: merges what two clones did to one bead, field by field, and touches no working tree", async () => {
  const [one, two, remote] = await twoClones();
  const x = await one.create({ title: "X", labels: ["b"], description: "old" });
  expect(await one.sync()).toMatchObject({ exported: 1, committed: true, pushed: true });
  expect(await two.sync()).toMatchObject({ merged: 1, committed: false });
  expect(await two.ledger.get(x.id)).toMatchObject({ title: "X", description: "old" });

  await one.write(
    { op: "close", id: x.id, close: { reason: "done" } },
    { op: "addLabel", id: x.id, label: "a" },
  );
  await two.write(
    { op: "update", id: x.id, fields: { description: "new" } },
    { op: "removeLabel", id: x.id, label: "b" },
    { op: "comment", id: x.id, text: "look" },
  );
  await one.sync();
  await two.sync();
  await one.sync();
  for (const clone of [one, two]) {
    expect(await clone.ledger.get(x.id)).toMatchObject({
      status: "closed",
      labels: ["a"],
      description: "new",
    });
    expect(await clone.ledger.comments(x.id)).toMatchObject([{ text: "look" }]);
    const status = await git(clone.repository, "status", "--porcelain");
    expect(status.split("\n").sort()).toEqual(["?? .beads/", "?? work.txt"]);
    expect((await clone.file()).trimEnd().split("\n")).toEqual(
      [...exportLines(clone.ledger)].map((line) => line.trimEnd()),
    );
  }
  expect(await one.file()).toBe(await two.file());
  expect(await git(remote, "rev-list", "--merges", "--count", "beads-sync")).toBe("1");
  expect(await git(remote, "show", "beads-sync:.beads/issues.jsonl")).toBe((await one.file()).trimEnd());
  expect(await git(remote, "log", "-1", "--format=%an|%cn", "beads-sync")).toBe("two|gastown-ledger");
  expect(await one.sync()).toMatchObject({ committed: false, pushed: false, merged: 0 });
  expect(await syncStatus(one.ledger, { scope: "local", repository: one.repository })).toMatchObject({
    dirty: 0,
    ahead: 0,
    behind: 0,
  });
});

it("scenario 16: keeps the newer of two texts and the other one in a comment", async () => {
  const [one, two] = await twoClones();
  const x = await one.create({ title: "X", description: "line" });
  await one.sync();
  await two.sync();
  await one.write({ op: "update", id: x.id, fields: { description: "by one" } });
  await two.write({ op: "update", id: x.id, fields: { description: "by two" } });
  await one.sync();
  const report = await two.sync();
  await one.sync();
  expect(report.conflicts).toBe(1);
  for (const clone of [one, two]) {
    expect((await clone.ledger.get(x.id))?.description).toBe("by two");
    expect(await clone.ledger.comments(x.id)).toMatchObject([
      { author: "bd-merge", text: "merge: losing description\nby one" },
    ]);
  }
  expect(await one.file()).toBe(await two.file());
  const merged = (await two.ledger.changes(0, { types: ["merged"] })).changes.at(-1);
  expect(merged?.newValue).toMatchObject({ conflicts: [{ field: "description", chosen: "by two" }] });
});

it("scenario 17: lets work done after a deletion win, and the deletion otherwise", async () => {
  const [one, two] = await twoClones();
  const [x, y] = [await one.create({ title: "X" }), await one.create({ title: "Y" })];
  await one.sync();
  await two.sync();
  await two.write({ op: "update", id: y.id, fields: { priority: 0 } });
  await one.write({ op: "delete", id: x.id, reason: "no" }, { op: "delete", id: y.id, reason: "no" });
  await two.write({ op: "update", id: x.id, fields: { priority: 0 } });
  await one.sync();
  await two.sync();
  await one.sync();
  for (const clone of [one, two]) {
    expect(await clone.ledger.get(x.id)).toMatchObject({ priority: 0 });
    expect(await clone.ledger.get(y.id)).toBeUndefined();
    expect(await clone.file()).toContain(`"id":"${y.id}","status":"tombstone"`);
  }
  expect(await one.file()).toBe(await two.file());
});

it("gives one of two beads with the same id another one, the same in both clones", async () => {
  const [one, two] = await twoClones();
  await one.create({ title: "first", id: "demo-aaaaa" });
  await two.create({ title: "second", id: "demo-aaaaa" });
  await two.create({ title: "child", parent: "demo-aaaaa" });
  await one.sync();
  await two.sync();
  await one.sync();
  expect(await one.file()).toBe(await two.file());
  expect((await two.ledger.get("demo-aaaaa"))?.title).toBe("first");
  const [second] = await two.ledger.find({ titleContains: "second" });
  const [child] = await one.ledger.find({ titleContains: "child" });
  expect(child?.id).toBe(`${second?.id}.1`);
  expect((await two.ledger.dependencies(child?.id ?? "")).map(({ to }) => to)).toEqual([second?.id]);
});

it("brings three clones that push at once together", { timeout: 60_000 }, async () => {
  const root = await scratchDirectory();
  const remote = await bareRemote(root);
  const clock = new TestClock();
  const clones = await Promise.all(["one", "two", "three"].map((name) => cloneOf(root, name, clock)));
  for (const clone of clones) await clone.create({ title: clone.repository });
  await Promise.all(clones.map((clone) => clone.sync()));
  const text = await git(remote, "show", "beads-sync:.beads/issues.jsonl");
  expect(text.split("\n")).toHaveLength(3);
});

it("scenario 18: tries a push that others are faster with five times, and then says so", async () => {
  const root = await scratchDirectory();
  const remote = await bareRemote(root);
  const one = await cloneOf(root, "one", new TestClock());
  const losesUntil = (round: number) =>
    writeFile(
      join(remote, "hooks/update"),
      `#!/bin/sh\nprintf x >> pushes\n[ $(wc -c < pushes) -ge ${round} ] && exit 0\necho "cannot lock ref" >&2\nexit 1\n`,
      { mode: 0o755 },
    );
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  await losesUntil(6);
  await one.create({ title: "slow" });
  await expect(one.sync({ pause })).rejects.toThrow("sync: push rejected 5 times; try later");
  expect(await readFile(join(remote, "pushes"), "utf8")).toBe("xxxxx");
  expect(pauses).toHaveLength(4);
  expect(pauses.every((ms) => ms >= 500 && ms <= 4000)).toBe(true);
  expect(await one.sync({ pause })).toMatchObject({ pushed: true });
  expect((await git(remote, "show", "beads-sync:.beads/issues.jsonl")).split("\n")).toHaveLength(1);
});

it("loses nothing when somebody rebases the branch, forces it back, or deletes it here", {
  timeout: 120_000,
}, async () => {
  const [one, two, remote] = await twoClones();
  const titles = new Set<string>();
  const create = async (clone: Clone, title: string) => {
    titles.add(title);
    return clone.create({ title });
  };
  const first = await create(one, "first");
  await one.sync();
  await two.sync();
  const before = await git(remote, "rev-parse", "beads-sync");
  await create(one, "second");
  await one.sync();
  await create(two, "third");
  await two.sync();

  // A rebase: the same beads as one commit on another root, while both clones have something new.
  await create(one, "fourth");
  await two.write({ op: "update", id: first.id, fields: { priority: 0 } });
  const tree = await git(remote, "rev-parse", "beads-sync^{tree}");
  const who = ["-c", "user.name=x", "-c", "user.email=x@y"];
  const squashed = await git(remote, ...who, "commit-tree", tree, "-m", "squashed");
  await git(remote, "update-ref", "refs/heads/beads-sync", squashed);
  for (const clone of [one, two, one]) await clone.sync();
  expect(await one.file()).toBe(await two.file());
  expect(await one.ledger.get(first.id)).toMatchObject({ priority: 0 });

  // A force push to an old commit, which knew the first bead alone.
  await create(two, "fifth");
  await git(remote, "update-ref", "refs/heads/beads-sync", before);
  for (const clone of [one, two, one]) await clone.sync();

  // The local branch is gone, and the ledger has something that no commit has.
  await create(one, "sixth");
  await git(one.repository, "update-ref", "-d", "refs/heads/beads-sync");
  for (const clone of [one, two, one]) await clone.sync();

  for (const clone of [one, two]) {
    expect(new Set((await clone.ledger.find({})).map(({ title }) => title))).toEqual(titles);
    expect(await clone.file()).toBe(await one.file());
  }
  expect(await git(remote, "show", "beads-sync:.beads/issues.jsonl")).toBe((await one.file()).trimEnd());
});

it("loses nothing when the remote branch is deleted, rewritten or cannot be reached", {
  timeout: 120_000,
}, async () => {
  const [one, two, remote] = await twoClones();
  const a = await one.create({ title: "A" });
  await one.sync();
  await two.sync();
  const b = await two.create({ title: "B" });
  await two.sync();

  await git(remote, "update-ref", "-d", "refs/heads/beads-sync");
  await one.sync();
  await two.sync();
  await one.sync();
  expect((await one.ledger.find({})).map(({ id }) => id).sort()).toEqual([a.id, b.id].sort());

  // Somebody rewrites the branch to a history of its own that knows neither bead.
  const empty = await git(remote, "hash-object", "-t", "tree", "-w", "/dev/null");
  const orphan = await git(
    remote,
    "-c",
    "user.name=x",
    "-c",
    "user.email=x@y",
    "commit-tree",
    empty,
    "-m",
    "oops",
  );
  await git(remote, "update-ref", "refs/heads/beads-sync", orphan);
  await one.sync();
  await two.sync();
  for (const clone of [one, two]) expect(await clone.ledger.count({})).toBe(2);
  expect((await git(remote, "show", "beads-sync:.beads/issues.jsonl")).split("\n")).toHaveLength(2);

  await git(one.repository, "remote", "set-url", "origin", join(remote, "not-there"));
  await one.create({ title: "C" });
  const report = await one.sync();
  expect(report).toMatchObject({ committed: true, pushed: false });
  expect(report.warning).toContain("cannot reach origin");
});

it("refuses to move a branch that somebody has checked out", async () => {
  const [one] = await twoClones();
  await one.create({});
  await one.sync();
  await git(one.repository, "worktree", "add", "-q", "../elsewhere", "beads-sync");
  await one.create({});
  await expect(one.sync()).rejects.toThrow(
    /branch beads-sync is checked out at .*elsewhere; switch it or set/,
  );
});

it("can live on a hidden ref, in the working tree only, or without git", async () => {
  const [one, two] = await twoClones();
  await one.create({ title: "hidden" });
  await one.sync({ mode: "ref" });
  await two.sync({ mode: "ref" });
  expect(await two.ledger.count({})).toBe(1);
  expect(await git(one.repository, "branch", "--list", "--all")).toBe("");
  await one.create({ title: "file" });
  expect(await one.sync({ mode: "worktree" })).toMatchObject({ exported: 2, committed: false });
  expect(await one.sync({ mode: "off" })).toMatchObject({ committed: false });
});

it("syncs by itself what changed, once an interval, as the settings say, and counts its failures", async () => {
  const [one, , remote] = await twoClones();
  const minutes = 60_000;
  const beadsDir = join(one.repository, ".beads");
  const config = join(beadsDir, "config.yaml");
  const places = [{ scope: "local", path: one.path, repository: one.repository }];
  const keeper = new SyncKeeper(one.ledger, "daemon");
  const later = async (ms: number) => {
    one.clock.advance(ms);
    return keeper.run(places, await Settings.read({ beadsDir, ledger: one.ledger }, { HOME: beadsDir }));
  };
  const tips = async (directory: string) =>
    git(directory, "for-each-ref", "--format=%(refname)", "refs/heads");

  await one.create({ title: "first" });
  expect(await later(0.9 * minutes)).toEqual([]);
  expect(await tips(remote)).toBe("");
  await writeFile(config, "no-push: true\nsync.branch: beads\n");
  // Once a minute after the start, then once an interval.
  expect(await later(0.1 * minutes)).toEqual([]);
  expect(await tips(remote)).toBe("");
  expect(await tips(one.repository)).toContain("refs/heads/beads");
  await writeFile(config, "sync.interval: 10m\n");
  await one.create({ title: "second" });
  expect(await later(6 * minutes)).toEqual([]);
  expect(await tips(remote)).toBe("");
  expect(await later(5 * minutes)).toEqual([]);
  expect(await tips(remote)).toBe("refs/heads/beads-sync");

  // Nothing changed: git is not even asked, so a remote that is away is no failure.
  await rename(remote, `${remote}.away`);
  expect(await later(60 * minutes)).toEqual([]);
  await one.create({ title: "third" });
  expect(await later(11 * minutes)).toEqual([expect.objectContaining({ scope: "local", failures: 1 })]);
  expect(await later(11 * minutes)).toEqual([expect.objectContaining({ failures: 2 })]);
  await rename(`${remote}.away`, remote);
  expect(await later(11 * minutes)).toEqual([]);
  expect(await git(remote, "show", "beads-sync:.beads/issues.jsonl")).toContain("third");
});

it("two rigs of one repository do not take each other's beads for deleted: the second is refused and loses nothing", async () => {
  const [one, two] = await twoClones();
  await one.write({ op: "registerPrefix", prefix: "other", scope: "other", path: "other" });
  for (const [id, scope] of [
    ["demo-rig-web", "local"],
    ["other-rig-api", "other"],
  ] as const)
    await one.write({ op: "create", bead: { id, title: id, type: "rig", scope } });
  await one.sync();
  const other = { scope: "other", path: two.path, repository: two.repository, actor: "one" };
  for (let time = 0; time < 2; time++)
    await expect(syncScope(one.ledger, other)).rejects.toMatchObject({
      code: "E_SYNC",
      message: "the repository of other carries the beads of local already",
    });
  await one.sync();
  for (const id of ["demo-rig-web", "other-rig-api"]) expect(await one.ledger.get(id)).toBeDefined();
});
