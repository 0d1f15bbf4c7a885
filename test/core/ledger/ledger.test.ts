import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { namedBead } from "../../../src/core/ledger/named-bead.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";
import { watchLedger } from "../../../src/core/ledger/watch-ledger.ts";
import { waitFor } from "../../support/wait-for.ts";
import { scratchDirectory, scratchLedger } from "./scratch-ledger.ts";

it("gives a new bead an id of its scope and shows it as ready", async () => {
  const { ledger, create, readyIds } = await scratchLedger();
  const bead = await create({ title: "  Fix login ", type: "bug", priority: 1, labels: ["ui", "auth"] });
  expect(bead.id).toMatch(/^gt-[0-9a-z]{5}$/);
  expect(bead).toMatchObject({
    title: "Fix login",
    status: "open",
    scope: "gastown",
    rev: 1,
    labels: ["auth", "ui"],
    createdBy: "overseer",
  });
  expect(await readyIds()).toEqual([bead.id]);
  expect(await ledger.get("gt-none1")).toBeUndefined();
});

it("keeps a chain of blockers exact as its links are closed", async () => {
  const { create, depend, close, readyIds, ledger } = await scratchLedger();
  const [a, b, c] = [
    await create({ title: "A" }),
    await create({ title: "B" }),
    await create({ title: "C" }),
  ];
  await depend(b.id, a.id);
  await depend(c.id, b.id);
  expect(await readyIds()).toEqual([a.id]);
  const blocked = await ledger.blocked();
  expect(new Map(blocked.map((bead) => [bead.id, bead.blockedBy]))).toEqual(
    new Map([
      [b.id, [a.id]],
      [c.id, [b.id]],
    ]),
  );
  await close(a.id);
  expect(await readyIds()).toEqual([b.id]);
});

it("lets children inherit the blocked state of their parents at any depth", async () => {
  const { ledger, create, depend, close, readyIds } = await scratchLedger();
  const x = await create({ title: "X" });
  const epic = await create({ title: "E", type: "epic" });
  const child = await create({ title: "child", parent: epic.id });
  const grandchild = await create({ title: "grandchild", parent: child.id });
  await depend(epic.id, x.id);
  expect(child.id).toBe(`${epic.id}.1`);
  expect(grandchild.id).toBe(`${epic.id}.1.1`);
  expect(await readyIds()).toEqual([x.id]);
  const by = new Map((await ledger.blocked()).map((bead) => [bead.id, bead.blockedBy]));
  expect(by).toEqual(
    new Map([
      [epic.id, [x.id]],
      [child.id, [epic.id]],
      [grandchild.id, [child.id]],
    ]),
  );
  await close(x.id);
  expect(new Set(await readyIds())).toEqual(new Set([epic.id, child.id, grandchild.id]));
  await ledger.write("overseer", [{ op: "update", id: epic.id, fields: { status: "in_progress" } }]);
  expect(new Set(await readyIds())).toEqual(new Set([child.id, grandchild.id]));
});

it("scenario 4: wakes a deferred epic when its time has come and hides what is below it until then", async () => {
  const { ledger, clock, create, readyIds } = await scratchLedger();
  const epic = await create({ title: "E", type: "epic" });
  const child = await create({ title: "child", parent: epic.id });
  await ledger.write("overseer", [
    { op: "update", id: epic.id, fields: { deferUntil: clock.now() + 2_000 } },
  ]);
  expect(await readyIds()).toEqual([]);
  expect((await ledger.ready({ includeDeferred: true })).map(({ id }) => id)).toContain(child.id);
  clock.advance(3_000);
  expect(new Set(await readyIds())).toEqual(new Set([epic.id, child.id]));
  expect((await ledger.get(epic.id))?.status).toBe("open");
  expect((await ledger.changes(0)).changes.map(({ type }) => type)).toContain("undeferred");
});

it("refuses what would deadlock and stores nothing of it", async () => {
  const { ledger, create, depend } = await scratchLedger();
  const [a, b] = [await create({ title: "A" }), await create({ title: "B" })];
  await depend(a.id, b.id);
  await expect(depend(b.id, a.id)).rejects.toThrow(
    `adding dependency would create a cycle: ${b.id} -> ${a.id} -> ${b.id}`,
  );
  await expect(depend(a.id, a.id)).rejects.toThrow(`cannot add self-dependency: ${a.id}`);
  const epic = await create({ title: "E", type: "epic" });
  const child = await create({ title: "child", parent: epic.id });
  await expect(depend(child.id, epic.id)).rejects.toThrow("this would deadlock");
  await expect(depend(epic.id, child.id)).rejects.toThrow("this would deadlock");
  await expect(depend(child.id, a.id, "parent-child")).rejects.toThrow(`already has parent ${epic.id}`);
  expect(await ledger.dependencies(b.id)).toEqual([]);
});

it("finds two epics whose order contradicts the order of their children", async () => {
  const { create, depend } = await scratchLedger();
  const first = await create({ title: "first", type: "epic" });
  const second = await create({ title: "second", type: "epic" });
  const early = await create({ title: "early", parent: first.id });
  const late = await create({ title: "late", parent: second.id });
  await depend(second.id, first.id);
  await expect(depend(early.id, late.id)).rejects.toThrow("would create a cycle");
});

it("refuses to reopen a bead into a cycle that its close had hidden", async () => {
  const { ledger, create, depend, close } = await scratchLedger();
  const [a, b] = [await create({ title: "A" }), await create({ title: "B" })];
  await depend(b.id, a.id);
  await close(a.id);
  await depend(a.id, b.id);
  await expect(ledger.write("overseer", [{ op: "reopen", id: a.id, reason: "again" }])).rejects.toThrow(
    "cycle",
  );
  expect((await ledger.get(a.id))?.status).toBe("closed");
});

it("scenario 6: waits for all or any of the children of a spawner", async () => {
  const { create, depend, close, readyIds } = await scratchLedger();
  const spawner = await create({ title: "S", type: "molecule" });
  const c1 = await create({ title: "c1", parent: spawner.id });
  const c2 = await create({ title: "c2", parent: spawner.id });
  const all = await create({ title: "all" });
  const any = await create({ title: "any" });
  await depend(all.id, spawner.id, "waits-for");
  await depend(any.id, spawner.id, "waits-for", '{"gate":"any-children"}');
  expect(await readyIds()).not.toContain(any.id);
  await close(c1.id);
  expect(await readyIds()).toContain(any.id);
  expect(await readyIds()).not.toContain(all.id);
  await close(c2.id);
  expect(await readyIds()).toContain(all.id);
});

it("runs a conditional bead only after a failure and skips it otherwise", async () => {
  const { ledger, create, depend, close, readyIds } = await scratchLedger();
  const [a, fix] = [await create({ title: "A" }), await create({ title: "fix A" })];
  await depend(fix.id, a.id, "conditional-blocks");
  expect(await readyIds()).toEqual([a.id]);
  await close(a.id, "failed: tests red");
  expect(await readyIds()).toEqual([fix.id]);

  const [b, fixB] = [await create({ title: "B" }), await create({ title: "fix B" })];
  await depend(fixB.id, b.id, "conditional-blocks");
  await close(b.id, "fixed error handling");
  expect(await ledger.get(fixB.id)).toMatchObject({
    status: "closed",
    outcome: "skipped",
    closeReason: `skipped: ${b.id} did not fail`,
  });
});

it("closes a molecule with its last step and leaves plain epics open", async () => {
  const { ledger, create, close } = await scratchLedger();
  const molecule = await create({ title: "M", type: "molecule" });
  const step = await create({ title: "step", parent: molecule.id });
  const epic = await create({ title: "E", type: "epic" });
  const child = await create({ title: "child", parent: epic.id });
  await close(step.id);
  await close(child.id);
  expect(await ledger.get(molecule.id)).toMatchObject({
    status: "closed",
    closeReason: "all steps complete",
  });
  expect((await ledger.get(epic.id))?.status).toBe("open");
});

it("gives a bead to exactly one of many claimers", async () => {
  const { ledger, create } = await scratchLedger();
  const bead = await create({});
  const actors = Array.from({ length: 50 }, (_, n) => `gastown/polecats/p${n}`);
  const results = await Promise.allSettled(
    actors.map((actor) => ledger.write(actor, [{ op: "claim", id: bead.id }])),
  );
  const losers = results.filter((result) => result.status === "rejected");
  expect(losers).toHaveLength(49);
  const holder = (await ledger.get(bead.id))?.assignee;
  for (const { reason } of losers)
    expect(reason).toMatchObject({ exitCode: 4, message: `already claimed by ${holder}` });
  const again = await ledger.write(holder ?? "", [{ op: "claim", id: bead.id }]);
  expect(again.changed).toBe(false);
  const claims = (await ledger.changes(0)).changes.filter(({ type }) => type === "claimed");
  expect(claims).toHaveLength(1);
});

it("applies a batch whole or not at all and names what was found instead", async () => {
  const { ledger, create } = await scratchLedger();
  const bead = await create({});
  const head = await ledger.head();
  const attempt = ledger.write("overseer", [
    { op: "update", id: bead.id, fields: { title: "changed" } },
    { op: "create", bead: { title: "another" } },
    { op: "expect", id: bead.id, expected: { status: "hooked" } },
  ]);
  await expect(attempt).rejects.toMatchObject({
    code: "E_CONFLICT",
    exitCode: 4,
    message: `conflict: ${bead.id} is at rev 2, status open, assignee (none)`,
  });
  expect(await ledger.get(bead.id)).toEqual(bead);
  expect(await ledger.head()).toBe(head);
});

it("lets later operations name the beads of earlier ones", async () => {
  const { ledger } = await scratchLedger();
  const attachment = { convoy_id: namedBead("convoy"), args: "$convoy" };
  const result = await ledger.write("mayor/", [
    { op: "create", as: "convoy", bead: { title: "Convoy", type: "convoy", infix: "cv" } },
    { op: "create", as: "work", bead: { title: "$work", metadata: { attachment } } },
    { op: "addDependency", edge: { from: "$convoy", to: "$work", type: "tracks" } },
    { op: "putRow", table: "operations", key: "op-1", value: { bead: namedBead("work"), note: "$work" } },
  ]);
  const { convoy, work } = result.named;
  expect(convoy).toMatch(/^hq-cv-[0-9a-z]{5}$/);
  const written = { convoy_id: convoy, args: "$convoy" };
  expect(await ledger.get(work ?? ""), "text stays text").toMatchObject({
    title: "$work",
    metadata: { attachment: written },
  });
  expect(await ledger.get(convoy ?? "")).toMatchObject({ scope: "town", labels: ["gt:convoy"] });
  expect((await ledger.dependencies(convoy ?? "")).map(({ to }) => to)).toEqual([work]);
  expect((await ledger.row("operations", "op-1"))?.value).toEqual({ bead: work, note: "$work" });
});

it("hooks a bead for one agent at a time and lets it go again", async () => {
  const { ledger, create } = await scratchLedger();
  const [nux, ace] = ["gastown/polecats/nux", "gastown/polecats/ace"];
  await ledger.write("system", [
    {
      op: "ensureAgent",
      agent: { id: "gt-gastown-polecat-nux", address: nux, role: "polecat", rig: "gastown", name: "nux" },
    },
    {
      op: "ensureAgent",
      agent: { id: "gt-gastown-polecat-ace", address: ace, role: "polecat", rig: "gastown", name: "ace" },
    },
  ]);
  const [first, second] = [await create({}), await create({})];
  await ledger.write("mayor/", [{ op: "hook", address: nux, bead: first.id }]);
  expect(await ledger.get(first.id)).toMatchObject({ status: "hooked", assignee: nux });
  expect(await ledger.agent(nux)).toMatchObject({ hookBead: first.id, hookState: "active", hookSeq: 1 });
  expect((await ledger.write("mayor/", [{ op: "hook", address: nux, bead: first.id }])).changed).toBe(false);
  await expect(ledger.write("mayor/", [{ op: "hook", address: ace, bead: first.id }])).rejects.toThrow(nux);
  await expect(ledger.write("mayor/", [{ op: "hook", address: nux, bead: second.id }])).rejects.toThrow(
    first.id,
  );
  await ledger.write("mayor/", [{ op: "unhook", address: nux }]);
  expect(await ledger.get(first.id)).toMatchObject({ status: "open", assignee: "" });
  expect(await ledger.agents({ hookBead: first.id })).toEqual([]);
});

it("merges metadata, removes keys with null and finds beads by paths in it", async () => {
  const { ledger, create } = await scratchLedger();
  const mr = await create({
    type: "merge-request",
    infix: "mr",
    metadata: { mr: { branch: "a", target: "main" } },
  });
  await ledger.write("x", [
    { op: "update", id: mr.id, fields: { metadata: { mr: { target: null, phase: "queued" } } } },
  ]);
  expect((await ledger.get(mr.id))?.metadata).toEqual({ mr: { branch: "a", phase: "queued" } });
  const found = await ledger.find({ type: "merge-request", metadata: { "mr.branch": "a" } });
  expect(found.map(({ id }) => id)).toEqual([mr.id]);
});

it("keeps runtime rows with revisions that guard against lost updates", async () => {
  const { ledger } = await scratchLedger();
  await ledger.write("host", [
    { op: "expectRow", table: "nudges", key: "a/1", rev: null },
    { op: "putRow", table: "nudges", key: "a/1", value: { text: "hi" } },
    { op: "putRow", table: "nudges", key: "b/1", value: 2 },
  ]);
  expect((await ledger.rows("nudges", { prefix: "a/" })).map(({ key, value }) => [key, value])).toEqual([
    ["a/1", { text: "hi" }],
  ]);
  await expect(
    ledger.write("host", [{ op: "expectRow", table: "nudges", key: "a/1", rev: null }]),
  ).rejects.toThrow("conflict");
  await ledger.write("host", [{ op: "deleteRow", table: "nudges", key: "a/1" }]);
  expect(await ledger.row("nudges", "a/1")).toBeUndefined();
});

it("scenario 11: resolves fragments of ids and says which beads an ambiguous one means", async () => {
  const { ledger } = await scratchLedger();
  await ledger.write("system", [
    { op: "registerPrefix", prefix: "me", scope: "me", path: "me" },
    { op: "registerPrefix", prefix: "me-py", scope: "py", path: "py" },
  ]);
  for (const id of ["gt-abc12", "gt-abc19", "me-py-k3x9a"])
    await ledger.write("overseer", [{ op: "create", bead: { title: "t", id } }]);
  await expect(ledger.resolve("abc1")).rejects.toMatchObject({
    exitCode: 4,
    message: 'ambiguous ID "abc1" matches 2 issues: gt-abc12, gt-abc19; use more characters',
  });
  expect(await ledger.resolve("k3x9a")).toBe("me-py-k3x9a");
  expect(await ledger.resolve("gtabc12")).toBe("gt-abc12");
  expect(await ledger.resolve("abc12")).toBe("gt-abc12");
  await expect(ledger.resolve("zz")).rejects.toMatchObject({
    exitCode: 3,
    message: 'no issue found matching "zz"',
  });
});

it("never uses a child number again and limits the depth", async () => {
  const { ledger, create } = await scratchLedger();
  const parent = await create({});
  await create({ parent: parent.id });
  const second = await create({ parent: parent.id });
  await ledger.write("overseer", [{ op: "delete", id: second.id, reason: "wrong" }]);
  const third = await create({ parent: parent.id });
  expect(third.id).toBe(`${parent.id}.3`);
  const deep = await create({ parent: (await create({ parent: third.id })).id });
  await expect(create({ parent: deep.id })).rejects.toThrow("maximum hierarchy depth (3) exceeded");
});

it("appends the events of a batch to the log once, also when the writer died after its commit", async () => {
  const directory = await scratchDirectory();
  const eventLog = join(directory, "events.jsonl");
  const { ledger, create, clock } = await scratchLedger({ eventLog });
  const bead = await create({});
  await ledger.write("mayor/", [
    { op: "update", id: bead.id, fields: { priority: 0 } },
    { op: "event", event: { type: "update", payload: { bead: bead.id } } },
  ]);
  const lines = (await readFile(eventLog, "utf8")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { type: "update", actor: "mayor", id: `L${await ledger.head()}.0`, payload: { bead: bead.id } },
  ]);

  ledger.database.run("INSERT INTO outbox VALUES (99, 0, ?)", lines[0] ?? "");
  clock.advance(5_000);
  const next = await openLedger({ path: ledger.path, clock, eventLog });
  await next.close();
  expect((await readFile(eventLog, "utf8")).trim().split("\n")).toHaveLength(2);
  expect(ledger.database.value("SELECT count(*) FROM outbox")).toBe(0);
});

it("tells a watcher about writes of others and lets it catch up by number", async () => {
  const { ledger, create } = await scratchLedger();
  let calls = 0;
  const watching = watchLedger(ledger, () => calls++);
  const other = await openLedger({ path: ledger.path });
  const since = await ledger.head();
  await waitFor(async () => {
    await other.write("ace", [{ op: "create", bead: { title: "news" } }]);
    return calls > 0;
  });
  expect((await ledger.changes(since)).changes[0]).toMatchObject({ type: "created", actor: "ace" });
  await other.close();
  await watching.close();
  await create({});
});

it("says what is wrong with a file that is no database and leaves it alone", async () => {
  const directory = await scratchDirectory();
  const path = join(directory, "beads.db");
  await appendFile(path, "this is not a database, but it is long enough to look at\n".repeat(100));
  await expect(openLedger({ path })).rejects.toMatchObject({ code: "E_CORRUPT", exitCode: 6 });
  await expect(openLedger({ path: join(directory, "none.db") })).rejects.toMatchObject({
    code: "E_NO_DATABASE",
  });
});

it("scenario 25: gives up on a writer that never ends, with its own exit code, while reading goes on", async () => {
  const { ledger, create } = await scratchLedger();
  const bead = await create({});
  const impatient = await openLedger({ path: ledger.path, patienceMs: 200 });
  ledger.database.execute("BEGIN IMMEDIATE");
  await expect(impatient.write("x", [{ op: "claim", id: bead.id }])).rejects.toMatchObject({
    code: "E_BUSY",
    exitCode: 5,
    message: expect.stringMatching(/^database is busy \(held for \d+s by another process\)$/),
  });
  expect((await impatient.get(bead.id))?.status).toBe("open");
  ledger.database.execute("ROLLBACK");
  await impatient.write("x", [{ op: "claim", id: bead.id }]);
  expect((await ledger.get(bead.id))?.status).toBe("in_progress");
  await impatient.close();
});

it("puts beads into the scope that type, parent, prefix or caller ask for", async () => {
  const { ledger, create } = await scratchLedger();
  await ledger.write("x", [{ op: "registerPrefix", prefix: "bd", scope: "beads", path: "beads" }]);
  expect(await create({})).toMatchObject({ scope: "gastown", id: expect.stringMatching(/^gt-/) });
  const other = await create({ scope: "beads" });
  expect(other.id).toMatch(/^bd-/);
  expect(await create({ prefix: "bd" })).toMatchObject({ scope: "beads" });
  expect(await create({ parent: other.id })).toMatchObject({ scope: "beads" });
  expect(await create({ type: "escalation" })).toMatchObject({
    scope: "town",
    id: expect.stringMatching(/^hq-/),
  });
  expect(await create({ type: "convoy", id: "hq-cv-00001" })).toMatchObject({ scope: "town" });
  expect(await create({ id: "zz-1", allowForeignPrefix: true })).toMatchObject({ scope: "gastown" });
  await expect(
    ledger.write("x", [{ op: "registerPrefix", prefix: "gt", scope: "beads", path: "beads" }]),
  ).rejects.toThrow('prefix "gt" is already used by gastown');
});

it("claims the best ready bead for one caller after the other", async () => {
  const { ledger, create, depend } = await scratchLedger();
  const low = await create({ title: "low", priority: 3 });
  const high = await create({ title: "high", priority: 0 });
  const held = await create({ title: "held", priority: 0 });
  await depend(held.id, low.id);
  expect((await ledger.claimReady("a"))?.id).toBe(high.id);
  expect((await ledger.claimReady("b"))?.id).toBe(low.id);
  expect(await ledger.claimReady("c")).toBeUndefined();
  expect(await ledger.get(high.id)).toMatchObject({ status: "in_progress", assignee: "a" });
});

it("says so when the ledger may not be written, or its place is no directory", async () => {
  const directory = await scratchDirectory();
  await appendFile(join(directory, "file"), "x");
  await expect(openLedger({ path: join(directory, "file", "beads.db"), create: true })).rejects.toThrow();
  await mkdir(join(directory, "beads.db"));
  await expect(openLedger({ path: join(directory, "beads.db") })).rejects.toMatchObject({
    code: "E_NO_ACCESS",
  });
});

it("notes that an agent is alive without a trace in history, at most every five seconds, losing no time", async () => {
  const { ledger, clock } = await scratchLedger();
  const address = "gastown/polecats/nux";
  await ledger.write("system", [
    { op: "ensureAgent", agent: { id: "gt-gastown-polecat-nux", address, role: "polecat" } },
  ]);
  const [head, bead] = [await ledger.head(), await ledger.get("gt-gastown-polecat-nux")];
  const began = clock.now();
  await ledger.touchAgent(address, { lastActivity: began });
  expect(await ledger.agent(address)).toMatchObject({ lastActivity: began });
  clock.advance(1000);
  await ledger.touchAgent(address, { lastProgressAt: clock.now() });
  expect((await ledger.agent(address))?.lastProgressAt).toBeUndefined();
  clock.advance(6000);
  await ledger.touchAgent(address, { lastSessionAt: clock.now() });
  expect(await ledger.agent(address)).toMatchObject({
    lastActivity: began,
    lastProgressAt: began + 1000,
    lastSessionAt: began + 7000,
  });
  clock.advance(1000);
  await ledger.touchAgent(address, { lastActivity: clock.now() });
  expect(await ledger.head()).toBe(head);
  expect(await ledger.get("gt-gastown-polecat-nux")).toEqual(bead);
  await ledger.close();
  const reopened = await openLedger({ path: ledger.path });
  expect((await reopened.agent(address))?.lastActivity).toBe(began + 8000);
  await reopened.close();
});

it("stands by a committed batch when the event log cannot be written, and appends the line later", async () => {
  const directory = await scratchDirectory();
  const eventLog = join(directory, "log", "events.jsonl");
  await appendFile(join(directory, "log"), "a file where a directory should be");
  const { ledger, clock } = await scratchLedger({ eventLog });
  const result = await ledger.write("mayor/", [
    { op: "create", bead: { title: "A" } },
    { op: "event", event: { type: "create", payload: { bead: "x" } } },
  ]);
  expect(result.created).toHaveLength(1);
  expect(ledger.database.value("SELECT count(*) FROM outbox")).toBe(1);
  await rm(join(directory, "log"));
  await mkdir(join(directory, "log"));
  clock.advance(5_000);
  await ledger.flushOutbox();
  expect((await readFile(eventLog, "utf8")).split("\n")[0]).toContain('"type":"create"');
  expect(ledger.database.value("SELECT count(*) FROM outbox")).toBe(0);
});
