import { afterEach, beforeEach, expect, test } from "vitest";
import { stopDaemon } from "../../../src/agents/daemon/daemon-control.ts";
import { writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import { townUp } from "../../../src/agents/daemon/town-up.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { newConvoy } from "../../../src/core/convoys/new-convoy.ts";
import { pauseScheduler, resumeScheduler } from "../../../src/core/scheduler/pause.ts";
import { openContexts } from "../../../src/core/scheduler/sling-context.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let work: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  work = await WorkTown.create();
  work.write("settings/config.json", {
    default_agent: "shell",
    convoy: { feed_grace: "1s" },
    scheduler: { max_polecats: 1 },
  });
  work.write("web/settings/config.json", {
    merge_queue: { run_tests: false, batch: { batch_wait_time: "0s" } },
  });
  access = await work.access();
});

afterEach(async () => {
  await writeDesired(work.town, "down", "overseer");
  await stopDaemon(work.town, { force: true });
  await work.dispose();
});

test("with room for one polecat a convoy is queued and done one bead after the other; paused, nothing starts", async () => {
  const beads: Bead[] = [];
  for (const name of ["one", "two", "three"])
    beads.push(await work.bead(access, name, `echo ${name} > ${name}.txt`));
  await access.ledger.write("overseer", [
    ...pauseScheduler({ by: "overseer", at: Date.now(), reason: "test" }),
    ...newConvoy({ title: "Three", owner: "overseer", issues: beads.map((bead) => bead.id) }),
  ]);
  await townUp(access);
  await waitFor(async () => (await openContexts(access.ledger)).contexts.length === 3, {
    timeoutMs: 60_000,
    what: "three queued beads",
  });
  expect(await access.ledger.agents({ role: "polecat" })).toEqual([]);

  await access.ledger.write("overseer", resumeScheduler());
  await waitFor(
    async () =>
      [...(await access.ledger.getMany(beads.map((bead) => bead.id))).values()].every(
        (bead) => bead.status === "closed",
      ),
    { timeoutMs: 120_000, what: "all three to land" },
  );
  let atWork = 0;
  for (const { type } of readEvents(work.town.paths.events)) {
    if (type === "sling") atWork++;
    if (type === "done") atWork--;
    expect(atWork, "polecats at work at the same time").toBeLessThanOrEqual(1);
  }
  // The polecat that had done the first of them did them all.
  expect((await access.ledger.agents({ role: "polecat" })).map((agent) => agent.hookSeq)).toEqual([3]);
  expect((await openContexts(access.ledger)).contexts).toEqual([]);
}, 240_000);
