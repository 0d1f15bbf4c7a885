import { afterEach, beforeEach, expect, test } from "vitest";
import { daemonStatus, stopDaemon } from "../../../src/agents/daemon/daemon-control.ts";
import { writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import { townUp } from "../../../src/agents/daemon/town-up.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { newConvoy } from "../../../src/core/convoys/new-convoy.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let work: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  work = await WorkTown.create();
  work.write("settings/config.json", { default_agent: "shell", convoy: { feed_grace: "1s" } });
  work.write("web/settings/config.json", {
    merge_queue: { test_command: "test -s README.md", batch: { batch_wait_time: "0s" } },
  });
  access = await work.access();
});

afterEach(async () => {
  await writeDesired(work.town, "down", "overseer");
  await stopDaemon(work.town, { force: true });
  await work.dispose();
});

test("a convoy is fed by itself, a bead behind another only when that is merged; a parked rig is fed nothing and named (05 §12.20)", async () => {
  const { ledger } = access;
  const write = (name: string) => work.bead(access, name, `echo ${name} > ${name}.txt`);
  const [a, b, c] = [await write("a"), await write("b"), await write("c")];
  const { named } = await ledger.write("overseer", [
    { op: "addDependency", edge: { from: b.id, to: a.id, type: "blocks" } },
    ...newConvoy({ title: "Three", owner: "overseer", issues: [a.id, b.id, c.id] }),
  ]);
  await townUp(access);
  await waitFor(async () => (await ledger.get(a.id))?.status !== "open", {
    timeoutMs: 65_000,
    what: "the first bead to be given out",
  });
  // What has been decided is in the ledger: the next daemon goes on from there.
  const daemon = daemonStatus(work.town);
  if (daemon.pid !== undefined) process.kill(daemon.pid, "SIGKILL");
  await townUp(access);
  await waitFor(async () => (await ledger.get(named["convoy"] ?? ""))?.status === "closed", {
    timeoutMs: 150_000,
    what: "the convoy to land",
  });
  const story = readEvents(work.town.paths.events)
    .filter(({ type }) => type === "sling" || type === "merged")
    .map(({ type, payload }) => `${type} ${String(payload["bead"])}`);
  for (const bead of [a, b, c]) {
    expect(story.filter((line) => line === `sling ${bead.id}`)).toHaveLength(1);
    expect(story.filter((line) => line === `merged ${bead.id}`)).toHaveLength(1);
  }
  expect(story.indexOf(`sling ${b.id}`)).toBeGreaterThan(story.indexOf(`merged ${a.id}`));

  expect((await work.gt(["rig", "park", "web"])).code).toBe(0);
  const d = await write("d");
  const later = await ledger.write(
    "overseer",
    newConvoy({ title: "Later", owner: "overseer", issues: [d.id] }),
  );
  const stalled = await waitFor(
    () => readEvents(work.town.paths.events).find(({ type }) => type === "convoy_stalled"),
    { timeoutMs: 60_000, what: "the daemon to see that nothing moves" },
  );
  expect(stalled.payload).toMatchObject({
    convoy: later.named["convoy"],
    reason: `${d.id}: rig web parked`,
  });
  expect((await work.gt(["convoy", "stranded", "--json"])).json()).toMatchObject([
    { id: later.named["convoy"], state: "stuck", reasons: [`${d.id}: rig web parked`] },
  ]);
  expect((await ledger.get(d.id))?.status).toBe("open");
}, 300_000);
