import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TownAccess } from "../../../../src/agents/town-access.ts";
import { checkConvoys } from "../../../../src/core/convoys/landing.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { WorkTown } from "../../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;

beforeAll(async () => {
  town = await WorkTown.create();
  access = await town.access();
});
afterAll(() => town.dispose());

const gt = (...args: readonly string[]) => town.gt(args);
const close = (id: string) =>
  access.ledger.write("overseer", [{ op: "close", id, close: { reason: "done", force: true } }]);

/** An epic with a chain of two tasks and one beside it. */
async function epic(title: string): Promise<{ readonly id: string; readonly tasks: readonly string[] }> {
  const { id } = await town.bead(access, title, "true", { type: "epic" });
  const tasks: string[] = [];
  for (const name of ["First", "Second", "Beside"])
    tasks.push((await town.bead(access, `${name} of ${title}`, "sleep 1000", { parent: id })).id);
  const [first = "", second = ""] = tasks;
  await access.ledger.write("overseer", [
    { op: "addDependency", edge: { from: second, to: first, type: "blocks" } },
  ]);
  return { id, tasks };
}

test("an epic is staged in waves, and staging it again changes the same convoy", async () => {
  const { id, tasks } = await epic("Staged");
  const [first, second, beside] = tasks;
  const staged = await gt("convoy", "stage", id, "--json");
  expect(staged.code).toBe(0);
  const document = staged.json<{ convoy_id: string; status: string; waves: { tasks: { id: string }[] }[] }>();
  expect(document.status).toBe("staged_warnings"); // one task has no edges
  expect(document.waves.map((wave) => wave.tasks.map((task) => task.id).toSorted())).toEqual([
    [beside, first].toSorted(),
    [second],
  ]);
  expect((await access.ledger.get(first ?? ""))?.status).toBe("open");
  const again = (await gt("convoy", "stage", id, "--json")).json<{ convoy_id: string; restaged: boolean }>();
  expect(again).toMatchObject({ convoy_id: document.convoy_id, restaged: true });
  expect(await gt("convoy", "launch", document.convoy_id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--force"),
  });
  expect(await gt("convoy", "close", document.convoy_id)).toMatchObject({ code: 0 });
});

test("tasks of one wave that speak of the same file are pointed out, which hinders nothing", async () => {
  const one = await town.bead(access, "One", "echo 1 > src/shared.ts");
  const two = await town.bead(access, "Two", "echo 2 > src/shared.ts");
  const staged = await gt("convoy", "stage", one.id, two.id, "--json");
  expect(staged.json()).toMatchObject({
    status: "staged_ready",
    likely_conflicts: [{ bead_ids: [one.id, two.id].toSorted(), files: ["src/shared.ts"] }],
  });
  await access.ledger.write("overseer", [
    { op: "addDependency", edge: { from: two.id, to: one.id, type: "blocks" } },
  ]);
  expect((await gt("convoy", "stage", one.id, two.id, "--json")).json()).toMatchObject({
    restaged: true,
    likely_conflicts: [],
  });
  const { convoy_id: convoy } = staged.json<{ convoy_id: string }>();
  expect((await gt("convoy", "close", convoy)).code).toBe(0);
});

test("a cycle is an error, nothing is created", async () => {
  const { id, tasks } = await epic("Cyclic");
  const [first = "", second = ""] = tasks;
  await access.ledger.write("overseer", [
    { op: "addDependency", edge: { from: first, to: second, type: "blocks", skipCycleCheck: true } },
  ]);
  const before = (await access.ledger.find({ type: "convoy" })).length;
  const staged = await gt("convoy", "stage", id, "--json");
  expect(staged.code).toBe(1);
  expect(staged.json<{ errors: { category: string }[] }>().errors.map((error) => error.category)).toEqual([
    "cycle",
  ]);
  expect((await access.ledger.find({ type: "convoy" })).length).toBe(before);
});

test("launching starts the first wave; waiting ends when all of it has landed", async () => {
  const { id, tasks } = await epic("Launched");
  const [first = "", second = "", beside = ""] = tasks;
  const launched = await gt("convoy", "stage", id, "--launch", "--force", "--json");
  expect(launched).toMatchObject({ code: 0 });
  const { convoy_id: convoy, dispatched } = launched.json<{
    convoy_id: string;
    dispatched: { bead: string }[];
  }>();
  expect(dispatched.map((each) => each.bead).toSorted()).toEqual([beside, first].toSorted());
  expect((await access.ledger.get(second))?.status).toBe("open");

  expect(await gt("convoy", "wait", convoy, "--timeout", "1s")).toMatchObject({ code: 124 });
  const waiting = gt("convoy", "wait", convoy, "--json", "--timeout", "50s");
  for (const task of [first, second, beside]) await close(task);
  await checkConvoys(access.ledger, "overseer", Date.now());
  const waited = await waiting;
  expect(waited.code).toBe(0);
  expect(waited.json()).toMatchObject({
    result: "landed",
    convoys: [{ id: convoy, completed: 3, total: 3 }],
  });
});

test("a convoy that was closed without landing ends a wait with 3", async () => {
  const bead = await town.bead(access, "Open");
  const created = await gt("convoy", "create", "Abandoned", bead.id, "--json");
  const { id } = created.json<{ id: string }>();
  expect((await gt("convoy", "close", id)).code).toBe(1);
  expect((await gt("convoy", "close", id, "--force")).code).toBe(0);
  expect((await gt("convoy", "wait", id)).code).toBe(3);
});

test("a convoy that nothing can move any more ends a wait with 4 when that is asked for, an unknown one with 1", async () => {
  const first = await town.bead(access, "Skipped");
  const second = await town.bead(access, "Behind it");
  await access.ledger.write("overseer", [
    { op: "addDependency", edge: { from: second.id, to: first.id, type: "blocks" } },
    { op: "update", id: first.id, fields: { status: "blocked" } },
    { op: "addLabel", id: first.id, label: "mountain:skipped" },
  ]);
  const { id } = (await gt("convoy", "create", "Stuck", first.id, second.id, "--json")).json<{
    id: string;
  }>();
  const waited = await gt("convoy", "wait", id, "--fail-on-stuck=1s", "--timeout", "50s", "--json");
  expect(waited.code).toBe(4);
  expect(waited.json()).toMatchObject({
    result: "stuck",
    convoys: [
      {
        reasons: expect.arrayContaining([
          `${first.id}: skipped`,
          `${second.id}: blocked by skipped ${first.id}`,
        ]),
      },
    ],
  });
  expect((await gt("convoy", "wait", "hq-cv-nope1")).code).toBe(1);
});

test("what a convoy refuses creates and changes nothing", async () => {
  const before = (await access.ledger.find({ type: "convoy" })).length;
  expect(await gt("convoy", "create", "Nope", "web-nope")).toMatchObject({ code: 1 });
  expect((await access.ledger.find({ type: "convoy" })).length).toBe(before);
  const empty = (await gt("convoy", "create", "Bugs", "--human", "--json")).json<{ id: string }>();
  await checkConvoys(access.ledger, "daemon", Date.now());
  expect((await access.ledger.get(empty.id))?.status).toBe("open");
  expect((await gt("convoy", "land", empty.id)).stderr).toContain("lands by itself");
});

test("an owned convoy is landed by its owner, who gets rid of idle sandboxes with it", async () => {
  const bead = await town.bead(access, "Owned work", "echo owned > owned.txt");
  const created = await gt("convoy", "create", "Mine", bead.id, "--owned", "--json");
  const { id } = created.json<{ id: string }>();
  expect((await gt("sling", bead.id, "web")).code).toBe(0);
  const address = await waitFor(
    async () => {
      const [agent] = await access.ledger.agents({ role: "polecat", state: "idle" });
      return (await access.ledger.get(bead.id))?.metadata["awaiting_merge"] === undefined
        ? ""
        : agent?.address;
    },
    { timeoutMs: 60_000, what: "the polecat to be idle" },
  );
  expect((await gt("convoy", "land", id)).stderr).toContain("open issues");
  await close(bead.id);
  await checkConvoys(access.ledger, "daemon", Date.now());
  expect((await access.ledger.get(id))?.status).toBe("open");
  // A sandbox whose request still waits in the queue would be kept.
  for (const request of await access.ledger.find({ type: "merge-request", notStatus: "closed" }))
    await close(request.id);

  const dry = await gt("convoy", "land", id, "--dry-run", "--json");
  expect(dry.json()).toMatchObject({ dry_run: true, removed: [address] });
  expect((await access.ledger.get(id))?.status).toBe("open");
  expect((await gt("convoy", "land", id, "--json")).json()).toMatchObject({ removed: [address], kept: [] });
  expect(await access.ledger.get(id)).toMatchObject({ status: "closed", closeReason: "Landed by owner" });
  expect((await access.ledger.agent(address))?.state).toBe("nuked");
}, 120_000);

test("watching twice is no error", async () => {
  const { id } = (await gt("convoy", "create", "Watched", "--json")).json<{ id: string }>();
  expect((await gt("convoy", "watch", id, "--addr", "mayor/")).stdout).toContain("watches");
  expect(await gt("convoy", "watch", id, "--addr", "mayor/")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("already watching"),
  });
  expect((await gt("convoy", "unwatch", id, "--addr", "mayor/")).code).toBe(0);
});

describe("a mountain", () => {
  test("is launched once, can be paused, and lets a bead be skipped and tried again", async () => {
    const { id, tasks } = await epic("Everest");
    const [, second = ""] = tasks;
    expect((await gt("mountain", id, "--force")).code).toBe(0);
    const status = (await gt("mountain", "status", id, "--json")).json<{
      convoy_id: string;
      total: number;
      active: number;
    }>();
    expect(status).toMatchObject({ title: "Mountain: Everest", total: 3, active: 2 });
    expect((await gt("mountain", id)).stdout).toContain(status.convoy_id);

    expect((await gt("mountain", "pause", id)).code).toBe(0);
    expect((await access.ledger.get(status.convoy_id))?.labels).toContain("mountain:paused");
    expect((await gt("mountain", "skip", second, "-r", "later")).code).toBe(0);
    expect(await access.ledger.get(second)).toMatchObject({
      status: "blocked",
      labels: expect.arrayContaining(["mountain:skipped"]),
    });
    expect((await gt("mountain", "retry", second)).code).toBe(0);
    expect(await access.ledger.get(second)).toMatchObject({ status: "open", labels: [] });
    expect((await gt("convoy", "close", status.convoy_id, "--force")).code).toBe(0);
    expect((await gt("mountain", "status", id)).stdout).toContain(status.convoy_id);
    expect((await gt("convoy", "reopen", status.convoy_id)).code).toBe(0);
    expect((await gt("mountain", "cancel", id)).code).toBe(0);
    expect((await gt("mountain", "status", id)).stderr).toContain(`nobody has made a mountain of ${id}`);
    expect((await gt("mountain", "retry", second)).stderr).toContain("belongs to no mountain");
  });
});
