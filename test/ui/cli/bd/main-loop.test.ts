import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { type BeadJson, bdRepository } from "../../../support/bd-repository.ts";

// Scenarios of spec/01 §12, by their number.

it("scenario 1: a new repository gets a ledger, and its first bead is ready", async () => {
  const repository = await bdRepository();
  const created = await repository.json("create", "Fix login", "-p", "1", "-t", "bug");
  expect(created).toMatchObject({
    schema_version: 1,
    status: "open",
    issue_type: "bug",
    priority: 1,
    rev: 1,
  });
  expect(created.id).toMatch(/^demo-[0-9a-z]{5}$/);
  expect(await repository.ready()).toEqual([created.id]);
  const status = execFileSync("git", ["status", "--porcelain", "-uall"], {
    cwd: repository.path,
    encoding: "utf8",
  });
  expect(status).not.toContain("beads.db");
});

it("scenario 2: a chain becomes ready one by one", async () => {
  const repository = await bdRepository();
  const [a, b, c] = [
    await repository.create("A"),
    await repository.create("B"),
    await repository.create("C"),
  ];
  await repository.json("dep", "add", b, a);
  expect(await repository.json("dep", "add", c, b)).toMatchObject({
    status: "added",
    issue_id: c,
    depends_on_id: b,
    type: "blocks",
  });
  expect(await repository.ready()).toEqual([a]);
  const blocked = await repository.json<readonly BeadJson[]>("blocked");
  expect(Object.fromEntries(blocked.map((bead) => [bead.id, bead["blocked_by"]]))).toEqual({
    [b]: [a],
    [c]: [b],
  });
  const closed = await repository.json<{ unblocked: BeadJson[] }>("close", a, "--suggest-next");
  expect(closed.unblocked.map((bead) => bead.id)).toEqual([b]);
  expect(await repository.ready()).toEqual([b]);
});

it("scenario 3: children inherit that their parent is blocked, but not that it is in progress", async () => {
  const repository = await bdRepository();
  const x = await repository.create("X");
  const epic = await repository.create("E", "-t", "epic", "--deps", x);
  const child = await repository.create("E1", "--parent", epic);
  const grandchild = await repository.create("E11", "--parent", child);
  expect([child, grandchild]).toEqual([`${epic}.1`, `${epic}.1.1`]);
  expect(await repository.ready()).toEqual([x]);
  const blocked = await repository.json<readonly BeadJson[]>("blocked");
  expect(Object.fromEntries(blocked.map((bead) => [bead.id, bead["blocked_by"]]))).toEqual({
    [epic]: [x],
    [child]: [epic],
    [grandchild]: [child],
  });
  await repository.json("close", x);
  expect(await repository.ready()).toEqual([epic, child, grandchild].toSorted());
  await repository.json("update", epic, "-s", "in_progress");
  expect(await repository.ready()).toEqual([child, grandchild].toSorted());
});

it("scenario 5: cycles and deadlocks are refused and leave nothing behind", async () => {
  const repository = await bdRepository();
  const [a, b] = [await repository.create("A"), await repository.create("B")];
  await repository.json("dep", "add", a, b);
  const cycle = await repository.bd(["dep", "add", b, a]);
  expect(cycle.code).toBe(2);
  expect(cycle.stderr).toContain("would create a cycle");
  expect(await repository.json<unknown[]>("dep", "list", b)).toEqual([]);
  const epic = await repository.create("E", "-t", "epic");
  const child = await repository.create("C", "--parent", epic);
  expect((await repository.bd(["dep", "add", child, epic])).stderr).toContain("this would deadlock");
  expect((await repository.bd(["dep", "add", epic, child])).code).toBe(2);
});

it("scenario 6: alternatives run only after a failure", async () => {
  const repository = await bdRepository();
  const failing = await repository.create("tests");
  const repair = await repository.create("repair", "--deps", `conditional-blocks:${failing}`);
  await repository.json("close", failing, "-r", "failed: tests red");
  expect(await repository.ready()).toEqual([repair]);
  const fine = await repository.create("other tests");
  const skipped = await repository.create("other repair", "--deps", `conditional-blocks:${fine}`);
  await repository.json("close", fine, "-r", "fixed error handling");
  const [bead] = await repository.json<BeadJson[]>("show", skipped);
  expect(bead).toMatchObject({ status: "closed", outcome: "skipped" });
  expect(bead?.["close_reason"]).toMatch(/^skipped:/);
});

it("scenario 6: who waits for a fan-out is ready after the first or after all of its steps", async () => {
  const repository = await bdRepository();
  const spawner = await repository.create("S", "-t", "epic");
  const [first, second] = [
    await repository.create("c1", "--parent", spawner),
    await repository.create("c2", "--parent", spawner),
  ];
  const all = await repository.create("J", "--waits-for", spawner);
  const any = await repository.create("K", "--waits-for", spawner, "--waits-for-gate", "any-children");
  const joins = async () => (await repository.ready()).filter((id) => id === all || id === any);
  expect(await joins()).toEqual([]);
  await repository.json("close", first);
  expect(await joins()).toEqual([any]);
  await repository.json("close", second);
  expect(await joins()).toEqual([all, any].toSorted());
});

it("scenario 7: of many claims at once exactly one wins, and the winner may repeat it", {
  timeout: 60_000,
}, async () => {
  const repository = await bdRepository();
  const id = await repository.create("wanted");
  const actors = Array.from({ length: 50 }, (_, index) => `worker-${index}`);
  const results = await Promise.all(
    actors.map((actor) => repository.bd(["update", id, "--claim", "--actor", actor])),
  );
  const winners = actors.filter((_, index) => results[index]?.code === 0);
  expect(winners).toHaveLength(1);
  for (const result of results.filter((one) => one.code !== 0)) {
    expect(result.code).toBe(4);
    expect(result.stderr).toContain(`already claimed by ${winners[0]}`);
  }
  const before = await repository.json<BeadJson[]>("show", id);
  expect((await repository.bd(["update", id, "--claim", "--actor", winners[0] ?? ""])).code).toBe(0);
  expect((await repository.json<BeadJson[]>("show", id))[0]?.["rev"]).toBe(before[0]?.["rev"]);
  const { changes } = await repository.json<{ changes: readonly { event_type: string; actor: string }[] }>(
    "changes",
    "--since",
    "0",
  );
  expect(changes.filter(({ event_type }) => event_type === "claimed").map(({ actor }) => actor)).toEqual(
    winners,
  );
});

it("scenario 12: numbers of children are never used again, and depth is limited", async () => {
  const repository = await bdRepository();
  const parent = await repository.create("P");
  const ids = [];
  for (const title of ["one", "two"]) ids.push(await repository.create(title, "--parent", parent));
  expect(ids).toEqual([`${parent}.1`, `${parent}.2`]);
  await repository.json("delete", `${parent}.2`, "--force");
  expect(await repository.create("three", "--parent", parent)).toBe(`${parent}.3`);
  const deep = await repository.create(
    "deep",
    "--parent",
    await repository.create("mid", "--parent", `${parent}.1`),
  );
  const tooDeep = await repository.bd(["create", "deeper", "--parent", deep]);
  expect(tooDeep.code).toBe(2);
  expect(tooDeep.stderr).toContain(`maximum hierarchy depth (3) exceeded for parent ${deep}`);
});

it("keeps the unfinished work of an epic open, and closes beads several at a time", async () => {
  const repository = await bdRepository();
  const epic = await repository.create("E", "-t", "epic");
  const child = await repository.create("C", "--parent", epic);
  const refused = await repository.bd(["close", epic, child]);
  expect(refused.code).toBe(0);
  expect(refused.stderr).toContain(`cannot close epic ${epic}: 1 open child issue(s)`);
  expect(refused.stdout).toContain(`✓ Closed ${child} — C: Closed`);
  expect((await repository.json<BeadJson[]>("close", epic, "--reason", "all merged"))[0]).toMatchObject({
    status: "closed",
    close_reason: "all merged",
    outcome: "success",
  });
  expect((await repository.json<BeadJson[]>("reopen", epic, "-r", "not really"))[0]).toMatchObject({
    status: "open",
  });
});

it("works on the bead touched last when no id is given", async () => {
  const repository = await bdRepository();
  expect((await repository.bd(["close"])).stderr).toContain("no issue ID given and nothing touched yet");
  const id = await repository.create("only one");
  expect((await repository.json<BeadJson[]>("update", "--append-notes", "seen"))[0]).toMatchObject({
    id,
    notes: "seen",
  });
  // Another actor has touched nothing yet.
  expect((await repository.bd(["close", "--actor", "kim"])).code).toBe(2);
  expect((await repository.json<BeadJson[]>("close"))[0]).toMatchObject({ id, status: "closed" });
});

it("claims the best ready bead in one go, each caller another one", async () => {
  const repository = await bdRepository();
  const ids = new Set<string>();
  for (const title of ["one", "two", "three"]) ids.add(await repository.create(title));
  const claims = await Promise.all(
    ["ann", "bob", "cas", "dan"].map(async (actor) => {
      const result = await repository.bd(["ready", "--claim", "--json", "--actor", actor]);
      return result.json<BeadJson[]>().map((bead) => bead.id);
    }),
  );
  expect(claims.flat().toSorted()).toEqual([...ids].toSorted());
});

it("changes only what a condition allows", async () => {
  const repository = await bdRepository();
  const id = await repository.create("guarded");
  const late = await repository.bd(["update", id, "-p", "0", "--if-rev", "7", "--json"]);
  expect(late.code).toBe(4);
  expect(late.json()).toMatchObject({ code: "conflict" });
  expect((await repository.bd(["update", id, "-p", "0", "--if-status", "closed,hooked"])).code).toBe(4);
  expect((await repository.json<BeadJson[]>("update", id, "-p", "P0", "--if-rev", "1"))[0]).toMatchObject({
    priority: 0,
    rev: 2,
  });
});
