import { afterEach, beforeEach, expect, test } from "vitest";
import { writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import { stopDaemon } from "../../../src/agents/daemon/daemon-control.ts";
import { townDown } from "../../../src/agents/daemon/town-down.ts";
import { townUp } from "../../../src/agents/daemon/town-up.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { addCrew } from "../../../src/agents/lifecycle/crew.ts";
import { startMayor, stopMayor } from "../../../src/agents/lifecycle/mayor.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  town = await WorkTown.create();
  town.write("settings/config.json", {
    default_agent: "idler",
    agents: {
      idler: { provider: "generic", command: "sh", args: ["-c", "read -r line"], prompt_mode: "none" },
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
  expect((await townUp(access)).map((service) => service.name)).not.toContain("mayor");
}, 120_000);
