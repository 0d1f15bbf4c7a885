import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { hostDuty } from "../../../src/agents/daemon/duties/host.ts";
import { PressureGate } from "../../../src/agents/daemon/pressure-gate.ts";
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import { PlainTown } from "../../support/plain-town.ts";

const minute = 60_000;
let town: PlainTown;
const told: string[] = [];
const log = { info: (line: string) => void told.push(line), warn: (line: string) => void told.push(line) };
beforeEach(() => {
  town = new PlainTown();
  told.length = 0;
});
afterEach(() => town.dispose());

test("a host that dies again and again is started three times a minute, and a person is asked once", async () => {
  let now = Date.now();
  let starts = 0;
  const access = await town.access("daemon");
  const context = {
    ...{ ...access, log, clock: { now: () => now }, isOperational: () => true },
    link: { isConnected: false, get: async () => void starts++ },
  } as unknown as DaemonContext;
  const duty = hostDuty(context, () => undefined);
  const look = () => duty.run(new AbortController().signal);
  const asked = () => access.ledger.find({ type: "escalation" });
  for (let time = 0; time < 3; time++) await look();
  expect([starts, await asked()]).toEqual([3, []]);
  for (let time = 0; time < 2; time++) expect(await look()).toEqual({ againMs: minute });
  expect(starts).toBe(3);
  expect(await asked()).toMatchObject([{ priority: 0, title: "the session host keeps dying" }]);
  now += minute;
  await look();
  expect(starts, "a minute later it is tried again").toBe(4);
});

test("a busy machine refuses new sessions, and says so once until that has changed, whoever asks", async () => {
  const settings = (limit: number) =>
    town.write("settings/config.json", { operational: { daemon: { pressure_sessions: limit } } });
  const host = { list: async () => [{ session: "one", phase: "working" }] } as unknown as SessionHost;
  const gate = new PressureGate({ ...(await town.access("daemon")), log, host: async () => host });
  expect(await gate.isOpen(), "off by default").toBe(true);
  settings(1);
  for (let duty = 0; duty < 3; duty++) expect(await gate.isOpen()).toBe(false);
  expect(told).toEqual(["pressure: nothing new starts: 1 sessions, limit 1"]);
  settings(2);
  expect(await gate.isOpen()).toBe(true);
  expect(told.slice(1)).toEqual(["pressure: cleared"]);
});
