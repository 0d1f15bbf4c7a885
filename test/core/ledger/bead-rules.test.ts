import { expect, it } from "vitest";
import { outcomeOfReason } from "../../../src/core/ledger/outcome.ts";
import { hashLength, idHash, isBeadId } from "../../../src/core/ledger/new-id.ts";
import { scratchLedger } from "./scratch-ledger.ts";

it("hashes ids as every other program does", () => {
  const source = {
    title: "Fix login",
    description: "Details",
    creator: "jira-import",
    createdAt: Date.parse("2024-01-02T03:04:05.006Z"),
    nonce: 0,
  };
  const hashes = [3, 4, 5, 6, 7, 8].map((length) => idHash(source, length));
  expect(hashes).toEqual(["vju", "8d8e", "bi3tk", "8bi3tk", "r5sr6bm", "8r5sr6bm"]);
  expect([5_898, 5_899, 35_389, 35_390, 212_339, 212_340].map((count) => hashLength(count))).toEqual([
    5, 6, 6, 7, 7, 8,
  ]);
  for (const id of ["gt-abc12", "gt-abc12.1.2", "gt-mol-p3k9d.arm-ace", "hq-dog-Rex", "me-py-k3x9a"])
    expect(isBeadId(id)).toBe(true);
  for (const id of ["gt", "-x", "Gt-a", "gt--a", "gt-a..b", "gt-a/b", "gt-"])
    expect(isBeadId(id)).toBe(false);
});

it("reads how a bead ended from the beginning of the reason", () => {
  expect(outcomeOfReason("  FAILED: tests red")).toBe("failure");
  expect(outcomeOfReason("won't fix")).toBe("failure");
  expect(outcomeOfReason("fixed error handling")).toBe("success");
});

it("refuses bad values with the words of the chapter and writes nothing", async () => {
  const { ledger, create } = await scratchLedger();
  const bad: readonly (readonly [object, string])[] = [
    [{ title: "  " }, "title is required"],
    [{ title: "x".repeat(501) }, "title too long: 501 characters (maximum 500)"],
    [{ priority: 5 }, 'invalid priority "5" (use 0-4 or P0-P4)'],
    [{ type: "nope" }, 'invalid issue type "nope" (valid: task, bug'],
    [{ status: "nope" }, 'invalid status "nope" (valid: open, in_progress'],
    [{ estimatedMinutes: -1 }, "estimate must be a non-negative number of minutes"],
    [{ metadata: { "a b": 1 } }, 'invalid metadata key "a b"'],
    [{ metadata: [] }, "metadata is not a valid JSON object"],
    [{ ephemeral: true, noHistory: true }, "--ephemeral and --no-history are mutually exclusive"],
    [{ labels: ["a,b"] }, "contains a comma"],
    [{ labels: ["x".repeat(256)] }, "label too long (maximum 255)"],
    [
      { description: "x".repeat(4 * 1024 * 1024 + 1) },
      "description too large: 4194305 bytes (maximum 4194304)",
    ],
    [
      { id: "zz-1" },
      'prefix mismatch: "zz-1" does not start with a known prefix (gt, hq); use --force to override',
    ],
    [{ scope: "web" }, 'unknown rig "web"'],
  ];
  for (const [fields, message] of bad) {
    const attempt = create(fields);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ exitCode: 2 });
  }
  expect(await ledger.head()).toBe(0);
  const bead = await create({ title: "x", id: "gt-aaaaa" });
  await expect(create({ id: bead.id })).rejects.toMatchObject({
    exitCode: 4,
    message: "issue gt-aaaaa already exists",
  });
});

it("stores texts of any kind unchanged: 4 MiB, NUL bytes, escapes, bidi overrides", async () => {
  const { ledger, create } = await scratchLedger();
  const texts = [
    "y".repeat(4 * 1024 * 1024),
    "a\u0000b",
    "\u001b]0;owned\u0007",
    "\u202eevil\u202c",
    "🐺 ÅÄÖ",
  ];
  for (const text of texts) {
    const bead = await create({ description: text });
    expect((await ledger.get(bead.id))?.description === text).toBe(true);
  }
});

it("applies the side effects of every change of status", async () => {
  const { ledger, create, clock } = await scratchLedger();
  const bead = await create({});
  const set = async (fields: object) => {
    clock.advance(1000);
    await ledger.write("x", [{ op: "update", id: bead.id, fields }]);
    return ledger.get(bead.id);
  };
  const begun = await set({ status: "in_progress" });
  expect(begun).toMatchObject({ startedAt: clock.now(), updatedAt: clock.now(), rev: 2 });
  expect(await set({ status: "pinned" })).toMatchObject({ pinned: true });
  expect(await set({ status: "open" })).toMatchObject({ pinned: false });
  expect(await set({ deferUntil: clock.now() + 60_000 })).toMatchObject({ status: "deferred" });
  expect((await set({ status: "open" }))?.deferUntil).toBeUndefined();
  expect(await set({ status: "closed", closeReason: "rejected" })).toMatchObject({
    outcome: "failure",
    closedAt: clock.now(),
  });
  const reopened = await set({ status: "open" });
  expect(reopened).toMatchObject({ closeReason: "", outcome: "" });
  expect(reopened?.closedAt).toBeUndefined();
  expect(reopened?.startedAt).toBe(begun?.startedAt);
  const types = (await ledger.changes(0)).changes.map(({ type }) => type);
  expect(types).toEqual([
    "created",
    "status_changed",
    "status_changed",
    "status_changed",
    "deferred",
    "undeferred",
    "closed",
    "reopened",
  ]);
  const head = await ledger.head();
  expect(
    (await ledger.write("x", [{ op: "update", id: bead.id, fields: { status: "open", title: "Work" } }]))
      .changed,
  ).toBe(false);
  expect(await ledger.head()).toBe(head);
});

it("refuses to close what is pinned, blocked, a template or an epic with open children", async () => {
  const { ledger, create, depend, close } = await scratchLedger();
  const epic = await create({ type: "epic" });
  const child = await create({ parent: epic.id });
  await expect(close(epic.id)).rejects.toThrow(`cannot close epic ${epic.id}: 1 open child issue(s)`);
  const pinned = await create({ status: "pinned" });
  await expect(close(pinned.id)).rejects.toThrow(`cannot modify pinned issue ${pinned.id}`);
  const blocker = await create({});
  await depend(child.id, blocker.id);
  await expect(close(child.id)).rejects.toThrow(
    `cannot close ${child.id}: blocked by open issues [${blocker.id}]`,
  );
  const template = await create({ isTemplate: true });
  expect(template.labels).toEqual(["template"]);
  for (const operation of [
    { op: "close", id: template.id, close: { reason: "x", force: true } },
    { op: "update", id: template.id, fields: { title: "y" } },
    { op: "delete", id: template.id, reason: "x" },
    { op: "addDependency", edge: { from: template.id, to: blocker.id } },
  ] as const)
    await expect(ledger.write("x", [operation])).rejects.toThrow(
      `cannot modify template ${template.id}: pour it instead`,
    );
  await ledger.write("x", [{ op: "close", id: epic.id, close: { reason: "enough", force: true } }]);
  expect(await ledger.get(epic.id)).toMatchObject({ status: "closed" });
});

it("lets custom statuses be ready, hidden or settled, as their category says", async () => {
  const { ledger, create, depend, readyIds } = await scratchLedger();
  await ledger.write("x", [
    { op: "setConfig", key: "status.custom", value: "triage:active,review,shipped:done,parked:frozen" },
    { op: "setConfig", key: "types.custom", value: "incident" },
  ]);
  const [a, b] = [await create({ status: "triage", type: "incident" }), await create({ title: "B" })];
  await depend(b.id, a.id);
  expect(await readyIds()).toEqual([a.id]);
  await ledger.write("x", [{ op: "update", id: a.id, fields: { status: "shipped" } }]);
  expect(await readyIds()).toEqual([b.id]);
  await expect(ledger.write("x", [{ op: "setConfig", key: "status.custom", value: "open" }])).rejects.toThrow(
    "built-in",
  );
  await expect(
    ledger.write("x", [{ op: "setConfig", key: "status.custom", value: "review" }]),
  ).rejects.toThrow("in use");
  await ledger.write("x", [{ op: "setConfig", key: "status.custom", value: "shipped:wip" }]);
  expect(await readyIds()).toEqual([]);
});

it("lets children inherit labels on request, without those that say what the parent is", async () => {
  const { create } = await scratchLedger();
  const parent = await create({ labels: ["ui", "gt:convoy", "from:mayor", "thread:t1", "area:web"] });
  const child = await create({ parent: parent.id, inheritLabels: true });
  expect(child.labels).toEqual(["area:web", "ui"]);
  expect((await create({ parent: parent.id })).labels).toEqual([]);
});

it("gives a bead and its children another id and follows every mention", async () => {
  const { ledger, create, depend } = await scratchLedger();
  const old = await create({ title: "old", labels: ["l"] });
  const child = await create({ parent: old.id });
  const other = await create({ description: `see ${old.id}, not ${old.id}x`, metadata: { ref: child.id } });
  await depend(other.id, old.id);
  await ledger.write("x", [{ op: "rename", id: old.id, to: "gt-newid" }]);
  expect(await ledger.get("gt-newid")).toMatchObject({ title: "old", labels: ["l"] });
  expect(await ledger.get(old.id)).toBeUndefined();
  expect((await ledger.dependencies("gt-newid.1")).map(({ to }) => to)).toEqual(["gt-newid"]);
  expect((await ledger.dependencies(other.id)).map(({ to }) => to)).toEqual(["gt-newid"]);
  expect(await ledger.get(other.id)).toMatchObject({
    description: `see gt-newid, not ${old.id}x`,
    metadata: { ref: "gt-newid.1" },
    isBlocked: true,
  });
  await ledger.write("x", [{ op: "renamePrefix", from: "gt", to: "web" }]);
  expect((await ledger.find({ scope: "gastown" })).every(({ id }) => id.startsWith("web-"))).toBe(true);
  expect((await ledger.prefixes()).map(({ prefix }) => prefix)).toEqual(["hq", "web"]);
});

it("says what a filter asks for and nothing else", async () => {
  const { ledger, create, clock } = await scratchLedger();
  const epic = await create({ title: "Epic", type: "epic" });
  const child = await create({
    title: "100% done_it",
    parent: epic.id,
    assignee: "gastown/polecats/nux",
    labels: ["ui"],
  });
  const grandchild = await create({
    title: "deep",
    parent: child.id,
    description: "why",
    externalRef: "gh-9",
  });
  clock.advance(1000);
  const late = await create({
    title: "late",
    priority: 0,
    labels: ["db", "ui"],
    metadata: { mr: { ok: true } },
  });
  const ids = async (filter: object) =>
    (await ledger.find({ sort: "id", ...filter })).map(({ id }) => id).sort();
  const sorted = (...beads: readonly { readonly id: string }[]) => beads.map(({ id }) => id).sort();
  expect(await ids({ under: epic.id })).toEqual(sorted(child, grandchild));
  expect(await ids({ parent: epic.id })).toEqual(sorted(child));
  expect(await ids({ topLevel: true })).toEqual(sorted(epic, late));
  expect(await ids({ titleContains: "0% DONE_" })).toEqual(sorted(child));
  expect(await ids({ titleContains: "_" })).toEqual(sorted(child));
  expect(await ids({ labels: ["ui", "db"] })).toEqual(sorted(late));
  expect(await ids({ notLabel: ["db"], labelGlob: "u*" })).toEqual(sorted(child));
  expect(await ids({ unlabelled: true })).toEqual(sorted(epic, grandchild));
  expect(await ids({ assigneeGlob: "gastown/*" })).toEqual(sorted(child));
  expect(await ids({ undescribed: true, priorityMin: 1 })).toEqual(sorted(epic, child));
  expect(await ids({ externalRef: "gh-9" })).toEqual(sorted(grandchild));
  expect(await ids({ createdAfter: clock.now() - 500 })).toEqual(sorted(late));
  expect(await ids({ metadata: { "mr.ok": true } })).toEqual(sorted(late));
  expect(await ids({ hasMetadata: "mr" })).toEqual(sorted(late));
  expect(await ids({ notStatus: ["open"] })).toEqual([]);
  const many = await Promise.all(Array.from({ length: 11 }, () => create({ parent: late.id })));
  const byNumber = await ledger.find({ parent: late.id, sort: "id", limit: 3, reverse: true });
  expect(byNumber.map(({ id }) => id)).toEqual([11, 10, 9].map((n) => `${late.id}.${n}`));
  expect(many).toHaveLength(11);
});
