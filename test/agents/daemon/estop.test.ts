import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { estop, thaw } from "../../../src/agents/daemon/estop.ts";
import { addCrew, startCrew } from "../../../src/agents/lifecycle/crew.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import { healthOf } from "../../../src/agents/patrols/agent-health.ts";
import { resumeHook, suspendHook } from "../../../src/agents/lifecycle/suspend-hook.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

const fake = join(import.meta.dirname, "../../support/fake-agent.mjs");
const slow = { timeoutMs: 60_000 };

let town: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  town = await WorkTown.create();
  town.write("settings/config.json", {
    default_agent: "fake",
    agents: {
      fake: {
        ...{ provider: "generic", command: process.execPath, args: [fake] },
        ...{ ready_prompt: "❯", prompt_mode: "arg" },
      },
    },
  });
  access = await town.access();
});
afterEach(() => town.dispose());

const screen = async (session: string): Promise<string> =>
  (await (await access.host()).screen(session)).lines.join("\n");

test("agents of all kinds are frozen with their files kept, nobody starts, and thawed they are told to go on", async () => {
  const bead = await town.bead(access, "Frozen", "true");
  const [dispatch] = (await sling(access, { words: [bead.id, "web"], options: {} })).dispatched;
  const address = dispatch?.agent ?? "";
  await addCrew(access, town.rig(), "sam", { ownBranch: false });
  await addCrew(access, town.rig(), "late", { ownBranch: false });
  const crew = await startCrew(access, "web/crew/sam");
  const sessions = [dispatch?.session ?? "", crew.session];
  for (const session of sessions)
    await waitFor(async () => (await screen(session)).includes("❯"), {
      ...slow,
      what: `${session} at its prompt`,
    });
  writeFileSync(join(town.root, address, "web", "draft.txt"), "draft");

  expect(await estop(access, { reason: "wrong branch" })).toMatchObject({ unsaved: [], wasDone: false });
  const [snapshot] = await listSnapshots(town.rig().repository, address.slice("web/".length));
  expect(snapshot).toMatchObject({ reason: "estop", bead: bead.id });
  expect(town.git("web", "show", `${snapshot?.ref}:draft.txt`)).toBe("draft");
  const stopped = { code: "E_ESTOP", why: ["wrong branch"], hint: "gt thaw" };
  await expect(startCrew(access, "web/crew/late")).rejects.toMatchObject(stopped);
  await expect(resumeHook(access, address)).rejects.toMatchObject(stopped);
  expect(await access.ledger.agent(address)).toMatchObject({ state: "paused", hookState: "suspended" });
  const other = await town.bead(access, "Refused", "true");
  await expect(sling(access, { words: [other.id, "web"], options: {} })).rejects.toMatchObject(stopped);
  const frozen = await Promise.all(sessions.map(screen));

  // An hour passes in which nobody can get on.
  const later = { ...access, clock: { ...access.clock, now: () => Date.now() + 3_600_000 } };
  const healthLater = async () => (await healthOf(later, address))?.health;
  expect(await healthOf(later, address)).toMatchObject({ health: "idle", tag: "paused", idleMs: 0 });

  const host = await access.host();
  await host.write(crew.session, "typed while frozen\r");
  expect(await Promise.all(sessions.map(screen))).toEqual(frozen);
  await thaw(later);
  expect(await healthLater()).toBe("working");
  const { lastProgressAt = 0 } = (await access.ledger.agent("web/crew/sam")) ?? {};
  expect(lastProgressAt, "silence counts from now").toBeGreaterThanOrEqual(Date.now() + 3_500_000);
  for (const session of sessions)
    await waitFor(async () => (await screen(session)).includes("re-check any command"), {
      ...slow,
      what: `${session} being told`,
    });
  expect(await access.ledger.agent(address)).toMatchObject({ state: "working", hookState: "active" });
}, 120_000);

test("what a person suspended stays so when somebody else's stop ends", async () => {
  const bead = await town.bead(access, "Resting", "true");
  const [dispatch] = (await sling(access, { words: [bead.id, "web"], options: {} })).dispatched;
  const address = dispatch?.agent ?? "";
  await suspendHook(access, address, "lunch");
  await estop(access, { reason: "red main", rig: "web" });
  expect((await town.gt(["status"])).stdout).toMatch(
    /─── web\/ ─+\n🛑 EMERGENCY STOP: red main \(gt thaw --rig web\)\n/,
  );
  expect(readFileSync(join(town.root, "ESTOP.web"), "utf8")).toMatch(/^manual\t/);
  await thaw(access);
  expect(await access.ledger.agent(address)).toMatchObject({ state: "paused", hookState: "suspended" });
}, 120_000);
