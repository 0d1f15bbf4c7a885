import { afterEach, beforeEach, expect, test } from "vitest";
import { writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import { stopDaemon } from "../../../src/agents/daemon/daemon-control.ts";
import { townDown } from "../../../src/agents/daemon/town-down.ts";
import { townUp } from "../../../src/agents/daemon/town-up.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { addCrew } from "../../../src/agents/lifecycle/crew.ts";
import { startMayor, stopMayor } from "../../../src/agents/lifecycle/mayor.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { rigStanding } from "../../../src/agents/lifecycle/rig-admission.ts";
import { readJsonFile } from "../../../src/core/town/json-file.ts";
import { rigLocalFile } from "../../../src/core/town/paths.ts";
import { changeLocalProperty, labelProperty } from "../../../src/core/town/rig-properties.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  town = await WorkTown.create();
  town.write("settings/config.json", {
    default_agent: "idler",
    agents: {
      idler: {
        ...{ provider: "generic", command: "sh", prompt_mode: "none", ready_prompt: "> " },
        args: ["-c", "printf '> '; while read -r line; do printf '> '; done"],
      },
    },
  });
  town.write("web/settings/config.json", { crew: { startup: "all, but not max" } });
  town.write("mayor/.keep", "");
  access = await town.access();
  for (const name of ["max", "sam"]) await addCrew(access, town.rig(), name, { ownBranch: false });
});
afterEach(async () => {
  await writeDesired(town.town, "down", "overseer");
  await stopDaemon(town.town, { force: true });
  await town.dispose();
});

const running = async (...addresses: readonly string[]): Promise<readonly boolean[]> =>
  Promise.all(addresses.map(async (address) => (await liveSession(access, address)) !== undefined));

test("auto_start_on_up: going up ends the rest of a rig that is parked or docked, and of no other", async () => {
  town.write("settings/config.json", { sessions: { backend: "none" } });
  const set = (key: string, value: unknown) =>
    changeLocalProperty(town.town, town.rig(), key, { value, isBlocked: false });
  const up = async () => (await townUp(access)).find(({ type }) => type === "patrol")?.detail;
  await set("status", "parked");
  expect(await up()).toBe("parked");
  await set("auto_start_on_up", true);
  expect(await up()).toBe("watching, no longer parked (auto_start_on_up)");
  expect(await up()).toBe("watching");
  expect(readJsonFile(rigLocalFile(town.root, "web"))?.["values"]).toEqual({ auto_start_on_up: true });
  await labelProperty(access.ledger, town.rig(), "overseer", "status", "docked");
  expect(await up()).toBe("watching, no longer docked (auto_start_on_up)");
  expect((await access.ledger.get("web-rig-web"))?.labels, "it stays docked elsewhere").toContain(
    "status:docked",
  );
  expect(await rigStanding(access.ledger, town.town, town.rig())).toBe("operational");
});

test("going up again brings back the Mayor that ran, and by --restore the crew that the settings name", async () => {
  const first = await townUp(access);
  expect(first.map((service) => service.name)).not.toContain("mayor");
  await startMayor(access);
  await townDown(access, { scope: "all", force: true });

  access = await town.access();
  const second = await townUp(access, { restore: true });
  expect(second.filter((service) => !service.ok)).toEqual([]);
  expect(await running("mayor/", "web/crew/sam", "web/crew/max")).toEqual([true, true, false]);
  expect((await townUp(access)).find((service) => service.name === "mayor")).toMatchObject({
    ok: true,
    detail: "running (idler)",
  });

  await stopMayor(access, { force: true });
  town.write("mayor/daemon.json", { patrols: { witness: { mode: "agent" }, refinery: { mode: "agent" } } });
  const names = async (isLazy: boolean) => (await townUp(access, { isLazy })).map((service) => service.name);
  expect(await names(true), "a lazy start leaves them to the daemon").not.toContain("web/witness");
  expect(await names(false)).toEqual([
    ...["session host", "daemon", "web/witness, web/refinery", "web/witness", "web/refinery"],
  ]);
  expect(await running("web/witness", "web/refinery")).toEqual([true, true]);

  await town.gt(["dnd", "on"]);
  town.write("web/settings/config.json", { crew: { startup: "sam and nobody" } });
  const restored = await town.gt(["up", "--restore", "--json"]);
  expect(restored.code, "one of those to start does not exist").toBe(1);
  const failed = { name: "web/crew/nobody", type: "session", rig: "web", ok: false };
  expect(restored.json()).toMatchObject({
    success: false,
    services: expect.arrayContaining([{ ...failed, detail: expect.stringContaining("no such crew member") }]),
    summary: { total: 7, started: 6, failed: 1 },
  });
  expect((await town.gt(["dnd", "status"])).stdout).toContain("normal");
  expect((await town.gt(["health", "--json"])).json()).toMatchObject({
    ...{ desired: "up", daemon: { running: true }, ledger: { ok: true, problem: null } },
    host: { answering: true, sessions: 3 },
    duties: expect.arrayContaining([expect.objectContaining({ key: "witness:web" })]),
  });
  const status = await town.gt(["daemon", "status", "--json"]);
  expect(status.json()).toMatchObject({ running: true, outdated: false });
  expect((await town.gt(["daemon", "start"])).stdout).toMatch(/^already running \(pid \d+\)/);
  expect((await town.gt(["daemon", "logs", "-n", "-1"])).code).toBe(2);
  expect((await town.gt(["daemon", "stop"])).code).toBe(0);
  expect(await town.gt(["daemon", "stop", "--json"])).toMatchObject({ code: 1 });
  expect(await town.gt(["start", "--cost-tier", "luxury"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("valid: standard, economy, budget"),
  });
}, 120_000);
