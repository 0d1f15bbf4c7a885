import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sessionsInScope } from "../../../src/agents/daemon/end-sessions.ts";
import { townDown } from "../../../src/agents/daemon/town-down.ts";
import { processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import type { SessionHost, SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { GtError } from "../../../src/core/gt-error.ts";
import { isLocked } from "../../../src/core/lock/lock.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { runGt } from "../../support/run-cli.ts";

const roles = ["dog", "deacon", "boot", "mayor", "witness", "refinery", "crew", "polecat"];

/** A host with one session of each role, which notes who ends when. */
function hostOfAll() {
  const living = new Map(
    roles.map((role) => [role, { session: role, role, actor: `${role}/`, phase: "idle", runId: role }]),
  );
  const ended: string[] = [];
  const host = {
    list: async () => [...living.values()] as unknown as readonly SessionRecord[],
    get: async (name: string) => living.get(name),
    stop: async (name: string) => {
      living.delete(name);
      ended.push(name);
    },
    shutdown: async () => void ended.push("host"),
  } as unknown as SessionHost;
  return { ended, host };
}

test("the town goes down role by role, those who give work after those who do it, and the host last", async () => {
  const town = new PlainTown();
  try {
    const plain = await town.access();
    const down = async (scope: "services" | "without-crew" | "all") => {
      const { ended, host } = hostOfAll();
      const access: TownAccess = { ...plain, host: async () => host };
      const { kept, services } = await townDown(access, { scope });
      expect(services.map(({ ok }) => ok)).not.toContain(false);
      return { ended, kept, living: (await sessionsInScope(access, "all")).ending.length };
    };
    const [, ...others] = [...roles].reverse();
    expect(await down("services")).toEqual({ ended: others, kept: ["polecat"], living: 1 });
    expect(await down("without-crew")).toMatchObject({ kept: ["crew"], living: 1 });
    expect((await down("all")).ended).toEqual([...[...roles].reverse(), "host"]);
  } finally {
    await town.dispose();
  }
});

test("a host that does not answer is ended only by who wants everything down (spec/04 §7.2)", async () => {
  const town = new PlainTown();
  const sleeper = spawn("sleep", ["60"], { stdio: "ignore" });
  try {
    const silent = async () =>
      Promise.reject(new GtError("E_HOST_SILENT", "the session host is not answering"));
    const access: TownAccess = { ...(await town.access()), host: silent };
    const { pid = 0 } = sleeper;
    const { runtime } = access.town.paths;
    mkdirSync(runtime, { recursive: true });
    writeFileSync(
      join(runtime, "host.json"),
      JSON.stringify({ pid, pid_started_at: processStartTime(pid) ?? "" }),
    );
    const [kept] = (await townDown(access, { scope: "services", orphansGraceMs: 0 })).services;
    expect(kept).toMatchObject({ type: "host", ok: false });
    expect(sleeper.exitCode ?? sleeper.signalCode).toBeNull();
    const gone = once(sleeper, "exit");
    expect((await townDown(access, { scope: "all" })).services).toContainEqual(
      expect.objectContaining({ type: "host", ok: true }),
    );
    expect(await gone).toEqual([null, "SIGKILL"]);
  } finally {
    sleeper.kill("SIGKILL");
    await town.dispose();
  }
});

test("a town whose registry is broken goes down all the same", async () => {
  const town = new PlainTown();
  onTestFinished(() => town.dispose());
  await town.connect();
  town.write("mayor/rigs.json", "{ broken");
  const down = await runGt(["down", "--all", "--json"], { cwd: town.root });
  expect(down.code, down.stderr).toBe(0);
  expect(isLocked(town.town.paths.locks, "host")).toBe(false);
});
