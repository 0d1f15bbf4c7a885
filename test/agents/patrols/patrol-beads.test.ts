import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { namedBead } from "../../../src/core/ledger/named-bead.ts";
import { resetRespawns } from "../../../src/agents/lifecycle/respawn-reset.ts";
import { patrolBeads } from "../../../src/agents/patrols/patrol-beads.ts";
import { slingRequested } from "../../../src/agents/patrols/sling-requests.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
import { planRedispatch, redispatchLimits } from "../../../src/agents/patrols/redispatch.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { escalationOf } from "../../../src/core/escalation/escalation.ts";
import { openContexts } from "../../../src/core/scheduler/sling-context.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { parseProtocol } from "../../../src/core/mail/protocol.ts";
import { daemonFile } from "../../../src/core/town/paths.ts";
import { WorkTown } from "../../support/work-town.ts";

const nux = "web/polecats/nux";
let work: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  work = await WorkTown.create();
  work.wantUp();
  access = await work.access("daemon");
  await access.ledger.write("overseer", [
    {
      op: "ensureAgent",
      agent: { id: "web-polecat-nux", address: nux, role: "polecat", rig: "web", name: "nux" },
    },
  ]);
});
afterEach(() => work.dispose());

const patrol = () => patrolBeads(access, work.rig());
const bead = (id: string) => access.ledger.get(id);

async function taken(title: string, assignee: string): Promise<string> {
  const { id } = await work.bead(access, title);
  await access.ledger.write("overseer", [{ op: "update", id, fields: { status: "in_progress", assignee } }]);
  return id;
}

test("a bead that really is on its polecat's hook is left alone", async () => {
  const { id } = await work.bead(access, "Held");
  await access.ledger.write("overseer", [{ op: "hook", address: nux, bead: id }]);
  expect(await patrol()).toBe(0);
  expect(await bead(id)).toMatchObject({ status: "hooked", assignee: nux });
});

test("W12, W14: a bead whose polecat is gone or holds something else is open again and queued once", async () => {
  const gone = await taken("Gone", "web/polecats/slit");
  const dropped = await taken("Dropped", nux);
  const { named } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "steps", scope: "web", ephemeral: true }, as: "wisp" },
    { op: "update", id: gone, fields: { metadata: { attachment: { molecule: namedBead("wisp") } } } },
  ]);
  expect(await patrol()).toBe(2);
  // W13: whoever tries again begins its workflow anew.
  expect(await access.ledger.get(named["wisp"] ?? "")).toBeUndefined();
  expect((await bead(gone))?.metadata["attachment"] ?? {}).not.toHaveProperty("molecule");
  expect(await bead(gone)).toMatchObject({ status: "open", assignee: "" });
  expect(await bead(dropped)).toMatchObject({
    status: "open",
    metadata: { recovery: { respawns: 1, last_agent: nux } },
  });
  expect((await openContexts(access.ledger)).contexts.map((context) => context.bead).sort()).toEqual(
    [gone, dropped].sort(),
  );
  expect(await patrol()).toBe(0);
  const repaired = readEvents(work.town.paths.events, { filter: { types: ["hook_repaired"] } });
  expect(repaired.map(({ payload }) => payload["bead"])).toEqual([dropped]);
});

test("what comes back is queued at once the first time, then five minutes after the last, and three times in all", () => {
  const minute = 60_000;
  const limits = redispatchLimits({ default_agent: "claude" });
  expect(limits).toEqual({ max: 3, cooldownMs: 5 * minute });
  const now = 1_000_000_000_000;
  expect(planRedispatch({ count: 0 }, now, limits)).toEqual({ kind: "queue", from: now });
  const lately = { count: 2, lastAt: now - minute };
  expect(planRedispatch(lately, now, limits)).toEqual({ kind: "queue", from: now + 4 * minute });
  expect(planRedispatch({ count: 2, lastAt: now - 9 * minute }, now, limits)).toMatchObject({ from: now });
  expect(planRedispatch({ count: 3, lastAt: 0 }, now, limits)).toEqual({ kind: "spent" });
});

test("REDISPATCH_FAILED: the mayor is told once of what is not tried again by itself", async () => {
  work.write("settings/config.json", {
    ...{
      default_agent: "shell",
      operational: { deacon: { redispatch_max: 1 }, witness: { max_bead_respawns: 9 } },
    },
  });
  const id = await taken("Boomerang", "web/polecats/slit");
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(await patrol()).toBe(1);
    for (const { id: context } of (await openContexts(access.ledger)).contexts)
      await access.ledger.write("daemon", [
        { op: "close", id: context, close: { reason: "x", force: true } },
      ]);
    await access.ledger.write("overseer", [
      { op: "update", id, fields: { status: "in_progress", assignee: "web/polecats/slit" } },
    ]);
  }
  const told = await access.ledger.find({ type: "message", titleContains: "REDISPATCH_FAILED" });
  expect(told).toMatchObject([{ title: `REDISPATCH_FAILED: ${id} (1 attempts)`, assignee: "mayor/" }]);
  const recovery = { respawns: 3, redispatches: 1, escalated_at: expect.any(Number) };
  expect(await bead(id)).toMatchObject({ metadata: { recovery } });
  const [asked] = (await access.ledger.find({ type: "escalation" })).map(escalationOf);
  expect(asked).toMatchObject({ severity: "medium", tier: "mayor", relatedBead: id });
});

test("W19: the fourth recovery is not dispatched any more; a person has to look", async () => {
  const id = await taken("Poisoned", nux);
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(await patrol()).toBe(1);
    await access.ledger.write("overseer", [
      { op: "update", id, fields: { status: "in_progress", assignee: nux } },
    ]);
  }
  expect(await patrol()).toBe(1);
  expect(await bead(id)).toMatchObject({ status: "open", assignee: "", labels: ["gt:spawn-blocked"] });
  const told = await access.ledger.find({ type: "message", titleContains: "SPAWN_BLOCKED" });
  expect(told).toMatchObject([{ title: `SPAWN_BLOCKED ${id}`, assignee: "mayor/", priority: 0 }]);
  expect(parseProtocol(told[0]?.title ?? "", told[0]?.description ?? "")?.value("Previous Status")).toBe(
    "in_progress",
  );
  expect(told[0]?.description).toContain(`Bead: ${id}`);
  const spawnBlocked = readEvents(work.town.paths.events, { filter: { types: ["spawn_blocked"] } });
  expect(spawnBlocked).toMatchObject([{ source: "daemon", payload: { bead: id, respawns: 4, rig: "web" } }]);
  const subjects = readEvents(work.town.paths.events, { filter: { types: ["protocol"] } }).map(
    (event) => event.payload["subject"],
  );
  expect(subjects).toEqual([
    `RECOVERED_BEAD ${id}`,
    `RECOVERED_BEAD ${id}`,
    `SPAWN_STORM RECOVERED_BEAD ${id} (3x)`,
  ]);

  // Scenario 19: a person allows it again.
  for (const { id: context } of (await openContexts(access.ledger)).contexts)
    await access.ledger.write("daemon", [{ op: "close", id: context, close: { reason: "x", force: true } }]);
  await resetRespawns({ ...access, actor: "overseer" }, id);
  expect(await bead(id)).toMatchObject({ status: "open", labels: [] });
  await access.ledger.write("overseer", [
    { op: "update", id, fields: { status: "in_progress", assignee: nux } },
  ]);
  expect(await patrol()).toBe(1);
  expect(await bead(id)).toMatchObject({
    status: "open",
    metadata: { recovery: { respawns: 1, redispatches: 1 } },
  });
});

test("RECOVERED_BEAD: a Deacon that runs as an agent gets it as mail, urgent when the next attempt would be blocked (04 §9.3)", async () => {
  writeFileSync(daemonFile(work.root), JSON.stringify({ patrols: { deacon: { mode: "agent" } } }));
  const id = await taken("Poisoned", nux);
  for (let attempt = 0; attempt < 3; attempt++) {
    await patrol();
    await access.ledger.write("overseer", [
      { op: "update", id, fields: { status: "in_progress", assignee: nux } },
    ]);
  }
  const mails = await access.ledger.find({ type: "message", assignee: "deacon/", sort: "oldest" });
  expect(mails.map(({ title, priority }) => [title, priority])).toEqual([
    [`RECOVERED_BEAD ${id}`, 1],
    [`RECOVERED_BEAD ${id}`, 1],
    [`SPAWN_STORM RECOVERED_BEAD ${id} (3x)`, 0],
  ]);
  const [first] = mails.map((mail) => parseProtocol(mail.title, mail.description)?.fields);
  expect(first).toEqual({
    ...{ Bead: id, Polecat: nux },
    ...{ "Previous Status": "in_progress", "Respawn Count": "1" },
  });
});

test("SLING_REQUEST: what the mayor is asked to sling is dispatched once; what is refused stays with him, and is answered (06 §5.3)", async () => {
  work.write("settings/config.json", { default_agent: "shell", scheduler: { max_polecats: 2 } });
  const { id } = await work.bead(access, "Found on the way");
  const subjects = [`SLING_REQUEST: ${id}`, "SLING_REQUEST: web-nothing", "SLING_REQUEST: --force", "Lunch?"];
  for (const subject of subjects)
    await sendMail(access, { from: nux, to: ["mayor/"], subject, body: "It blocks me." }, "quietly");
  for (let round = 0; round < 2; round++) await slingRequested(access);
  expect((await openContexts(access.ledger)).contexts.map((context) => context.bead)).toEqual([id]);
  const inbox = await access.ledger.find({ type: "message", assignee: "mayor/", notStatus: "closed" });
  expect(inbox.map(({ title }) => title).toSorted()).toEqual(subjects.slice(1).toSorted());
  const answers = await access.ledger.find({ type: "message", assignee: nux });
  expect(answers.map(({ title, description }) => `${title}: ${description}`).toSorted()).toEqual(
    [
      `Re: SLING_REQUEST: ${id}: ${id} is in the queue of web`,
      "Re: SLING_REQUEST: web-nothing: web-nothing was not slung: no bead web-nothing of a rig",
    ].toSorted(),
  );
});

test("W21: a bead whose request was merged is closed; one whose request was rejected or vanished is open again", async () => {
  const requests: Record<string, { status: string; reason: string }> = {
    "web-mr-merged": { status: "closed", reason: "merged" },
    "web-mr-rejected": { status: "closed", reason: "rejected" },
    "web-mr-open": { status: "open", reason: "" },
  };
  const ids: Record<string, string> = {};
  for (const [mr, { status, reason }] of Object.entries(requests)) {
    ids[mr] = await taken(mr, nux);
    await access.ledger.write("overseer", [
      {
        op: "create",
        bead: {
          id: mr,
          title: mr,
          scope: "web",
          type: "merge-request",
          metadata: {
            mr: { branch: `polecat/nux/${mr}`, source_issue: ids[mr], close_reason: reason, phase: "ready" },
          },
        },
      },
      ...(status === "closed" ? [{ op: "close" as const, id: mr, close: { reason, force: true } }] : []),
      { op: "update", id: ids[mr], fields: { metadata: { awaiting_merge: mr } } },
    ]);
  }
  const lost = await taken("lost", nux);
  await access.ledger.write("overseer", [
    { op: "update", id: lost, fields: { metadata: { awaiting_merge: "web-mr-nowhere" } } },
  ]);

  expect(await patrol()).toBe(3);
  expect(await bead(ids["web-mr-merged"] ?? "")).toMatchObject({
    status: "closed",
    closeReason: "Merged in web-mr-merged",
  });
  expect(await bead(ids["web-mr-rejected"] ?? "")).toMatchObject({
    status: "open",
    assignee: "",
    metadata: { prior_branch: "polecat/nux/web-mr-rejected" },
  });
  expect(await bead(ids["web-mr-open"] ?? "")).toMatchObject({ status: "in_progress" });
  expect(await bead(lost)).toMatchObject({ status: "open" });
  const repaired = readEvents(work.town.paths.events, { filter: { types: ["awaiting_merge_repaired"] } });
  expect(repaired.map(({ payload }) => payload["what"]).toSorted()).toEqual([
    "web-mr-merged had been merged",
    "web-mr-nowhere is gone",
    "web-mr-rejected was closed (rejected)",
  ]);
});
