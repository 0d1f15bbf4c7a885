import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  addIssues,
  closeConvoy,
  createConvoy,
  removeIssues,
} from "../../../src/core/convoys/change-convoy.ts";
import { convoyViews } from "../../../src/core/convoys/convoy-view.ts";
import { findConvoy } from "../../../src/core/convoys/find-convoy.ts";
import { checkConvoys } from "../../../src/core/convoys/landing.ts";
import type { Ledger } from "../../../src/core/ledger/ledger.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function scratch(): Promise<{
  ledger: Ledger;
  events: string;
  bead: (title: string) => Promise<string>;
}> {
  const directory = temporaryDirectory();
  const events = join(directory, "events.jsonl");
  const ledger = await openLedger({ path: join(directory, "beads.db"), create: true, eventLog: events });
  onTestFinished(() => ledger.close());
  await ledger.write("system", [
    { op: "registerPrefix", prefix: "hq", scope: "town", path: "." },
    { op: "registerPrefix", prefix: "web", scope: "web", path: "web" },
  ]);
  return {
    ledger,
    events,
    bead: async (title) =>
      (await ledger.write("overseer", [{ op: "create", bead: { title, scope: "web" } }])).created[0] ?? "",
  };
}

const close = (ledger: Ledger, id: string) =>
  ledger.write("overseer", [{ op: "close", id, close: { reason: "done" } }]);

test("a convoy lands with its last bead, once, however often it is checked and by whom", async () => {
  const { ledger, events, bead } = await scratch();
  const [one, two] = [await bead("One"), await bead("Two")];
  const convoy = await createConvoy(ledger, "overseer", {
    name: "Deploy",
    issues: [one, two],
    owner: "mayor/",
  });
  expect(convoy.id).toMatch(/^hq-cv-/);
  await close(ledger, one);
  expect(await checkConvoys(ledger, "daemon", 0, { bead: one })).toEqual([]);
  await close(ledger, two);
  const landed = await Promise.all([
    checkConvoys(ledger, "daemon", 0, { bead: two }),
    checkConvoys(ledger, "overseer", 0),
  ]);
  expect(landed.flat()).toEqual([{ id: convoy.id, title: "Deploy", total: 2, audience: ["mayor/"] }]);
  expect(await ledger.get(convoy.id)).toMatchObject({
    status: "closed",
    metadata: { convoy: { outcome: "landed" } },
  });
  const types = (await readEvents(events, {})).map((event) => event.type);
  expect(types.filter((type) => type === "convoy_landed")).toHaveLength(1);
});

test("owner, notified and watchers are mailed once, with the landing and never before it", async () => {
  const { ledger, bead } = await scratch();
  const [one, two] = [await bead("One"), await bead("Two")];
  const convoy = await createConvoy(ledger, "overseer", {
    name: "Deploy",
    issues: [one, two],
    owner: "mayor/",
    fields: { notify: ["overseer"], watchers: ["web/crew/max", "overseer"] },
  });
  const mail = () => ledger.find({ type: "message", notStatus: "closed", sort: "oldest" });
  await close(ledger, one);
  await checkConvoys(ledger, "daemon", 0);
  expect(await mail()).toEqual([]);
  await close(ledger, two);
  const hours = convoy.createdAt + 135 * 60_000;
  for (let check = 0; check < 3; check++) await checkConvoys(ledger, "daemon", hours);
  const sent = await mail();
  expect(sent.map((message) => message.assignee).toSorted()).toEqual(["mayor/", "overseer", "web/crew/max"]);
  expect(sent[0]?.title).toBe("🚚 Convoy landed: Deploy");
  for (const part of [`✓ ${one}: One`, `✓ ${two}: Two`, "Duration: 2h15m", "Closed by: daemon"])
    expect(sent[0]?.description).toContain(part);
});

test("a convoy waits for an open merge request", async () => {
  const { ledger, bead } = await scratch();
  const one = await bead("One");
  await createConvoy(ledger, "overseer", { issues: [one], owner: "overseer" });
  const { created } = await ledger.write("overseer", [
    {
      op: "create",
      bead: {
        title: "Merge",
        type: "merge-request",
        scope: "web",
        metadata: { mr: { source_issue: one, phase: "ready" } },
      },
    },
  ]);
  await close(ledger, one);
  expect(await checkConvoys(ledger, "daemon", 0)).toEqual([]);
  await close(ledger, created[0] ?? "");
  expect(await checkConvoys(ledger, "daemon", 0)).toHaveLength(1);
});

test("nothing is created when one of the issues does not exist", async () => {
  const { ledger, bead } = await scratch();
  const issues = [await bead("One"), "web-nope"];
  await expect(
    createConvoy(ledger, "overseer", { name: "X", issues, owner: "overseer" }),
  ).rejects.toMatchObject({
    code: "E_BEAD_NOT_FOUND",
  });
  expect(await ledger.find({ type: "convoy" })).toEqual([]);
});

test("adding to a landed convoy opens it again; removing its last open bead lands it", async () => {
  const { ledger, bead } = await scratch();
  const [one, two] = [await bead("One"), await bead("Two")];
  const { id } = await createConvoy(ledger, "overseer", { issues: [one], owner: "overseer" });
  await close(ledger, one);
  await checkConvoys(ledger, "daemon", 0);
  expect(await addIssues(ledger, "overseer", await findConvoy(ledger, id), [one, two])).toEqual({
    added: [two],
    already: [one],
    reopened: true,
  });
  expect(await ledger.get(id)).toMatchObject({ status: "open", metadata: { convoy: { owner: "overseer" } } });
  await removeIssues(ledger, "overseer", await findConvoy(ledger, id), [two]);
  expect(await checkConvoys(ledger, "daemon", 0, { convoy: id })).toHaveLength(1);
});

test("closing by hand lists what is open, and with force the convoy is abandoned", async () => {
  const { ledger, bead } = await scratch();
  const one = await bead("One");
  const convoy = await createConvoy(ledger, "overseer", { issues: [one], owner: "overseer" });
  await expect(closeConvoy(ledger, "overseer", convoy, { now: 0 })).rejects.toMatchObject({
    code: "E_CONVOY_OPEN_ISSUES",
    details: { open: [one] },
  });
  expect(await closeConvoy(ledger, "overseer", convoy, { force: true, now: 0 })).toBe(true);
  const [notice] = await ledger.find({ type: "message" });
  expect(notice).toMatchObject({
    assignee: "overseer",
    title: expect.stringContaining("Convoy closed"),
    description: expect.stringContaining(`○ ${one}`),
  });
  expect(await ledger.get(convoy.id)).toMatchObject({ metadata: { convoy: { outcome: "abandoned" } } });
  expect(await ledger.get(one)).toMatchObject({ status: "open" });
});

test("a convoy is found by id, by the beginning of it, and by its number in the list", async () => {
  const { ledger, bead } = await scratch();
  const first = await createConvoy(ledger, "overseer", { name: "First", issues: [], owner: "overseer" });
  const second = await createConvoy(ledger, "overseer", {
    name: "Second",
    issues: [await bead("One")],
    owner: "overseer",
  });
  const numbered = (await convoyViews(ledger)).map((view) => view.id);
  expect(numbered.toSorted()).toEqual([first.id, second.id].toSorted());
  expect((await findConvoy(ledger, "2")).id).toBe(numbered[1]);
  expect((await findConvoy(ledger, first.id.slice(0, -1))).id).toBe(first.id);
  await expect(findConvoy(ledger, "hq-cv-none")).rejects.toMatchObject({ code: "E_CONVOY_NOT_FOUND" });
});
