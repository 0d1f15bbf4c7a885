import { afterEach, beforeEach, expect, test } from "vitest";
import { stopDaemon } from "../../../src/agents/daemon/daemon-control.ts";
import { writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import { townUp } from "../../../src/agents/daemon/town-up.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let work: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  work = await WorkTown.create();
  work.write("settings/config.json", { default_agent: "shell", convoy: { feed_grace: "1s" } });
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

test("of six beads the one that always fails is skipped after three attempts, the rest lands, and once mended everything does (05 §12.22)", async () => {
  const { ledger } = access;
  const { created } = await ledger.write("overseer", [
    { op: "create", bead: { title: "Everest", type: "epic", scope: "web" } },
  ]);
  const [parent = ""] = created;
  const child = (name: string, script: string) => work.bead(access, name, script, { parent });
  const failing = await child("failing", "exit 1");
  const behind = await child("behind", "echo behind > behind.txt");
  const fine = [];
  for (const name of ["one", "two", "three", "four"])
    fine.push(await child(name, `echo ${name} > ${name}.txt`));
  await ledger.write("overseer", [
    { op: "addDependency", edge: { from: behind.id, to: failing.id, type: "blocks" } },
  ]);
  await townUp(access);
  const launched = await work.gt(["mountain", parent, "--force", "--json"]);
  expect(launched.stderr).toBe("");
  const [mountain] = await ledger.find({ type: "convoy", labels: ["mountain"] });
  const id = mountain?.id ?? "";

  await waitFor(async () => (await ledger.get(id))?.labels.includes("mountain:finished") === true, {
    timeoutMs: 150_000,
    what: "the mountain to end with a skipped bead",
  });
  expect((await ledger.get(failing.id))?.labels).toContain("mountain:skipped");
  for (const bead of fine) expect((await ledger.get(bead.id))?.closeReason).toMatch(/^Merged in /);
  expect((await ledger.get(behind.id))?.status).toBe("open");
  expect((await ledger.get(id))?.status, "it stays open for a decision").toBe("open");
  const [report] = await ledger.find({ type: "message", titleContains: "Mountain complete: Everest" });
  expect(report?.description).toContain("Result: 4/6 closed, 1 skipped");
  // Asked once, when it was given up, and not at every attempt.
  const asked = await ledger.find({ type: "escalation", notStatus: "closed" });
  expect(asked.filter((question) => question.title.includes(failing.id))).toHaveLength(1);

  await ledger.write("overseer", [
    { op: "update", id: failing.id, fields: { description: "```bash\necho ok > mended.txt\n```\n" } },
  ]);
  expect((await work.gt(["mountain", "retry", failing.id])).code).toBe(0);
  await waitFor(async () => (await ledger.get(id))?.status === "closed", {
    timeoutMs: 150_000,
    what: "the whole mountain to land",
  });
}, 360_000);
