import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Daemon } from "../../../src/agents/daemon/daemon.ts";
import { openDaemonLog } from "../../../src/agents/daemon/daemon-log.ts";
import { takeWakeCalls } from "../../../src/agents/daemon/wake-calls.ts";
import { nudge } from "../../../src/agents/sessions/nudge.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const call = async (to: string) =>
  nudge(await town.access(), { to, from: "mayor/", text: "look again", mode: "queue" });

test("a nudge to a builtin role wakes the loops that stand for it, once", async () => {
  const { ledger } = await town.access();
  expect((await call("greenplace/witness")).state).toBe("woken");
  expect((await call("greenplace/witness")).state).toBe("woken");
  await call("greenplace/refinery");
  expect([...(await takeWakeCalls(ledger, "daemon"))].sort()).toEqual([
    "refinery:greenplace",
    "witness:greenplace",
  ]);
  expect((await takeWakeCalls(ledger, "daemon")).size).toBe(0);
  await call("deacon");
  expect(await takeWakeCalls(ledger, "daemon")).toContain("convoys");
});

test("a running daemon answers at once", async () => {
  const { ledger } = await town.access();
  const daemon = await Daemon.start(town.town, openDaemonLog(join(town.root, "daemon.log")));
  try {
    await call("greenplace/witness");
    await waitFor(async () => (await ledger.rows("duties", { prefix: "wake/" })).length === 0, {
      timeoutMs: 10_000,
      what: "the daemon to take the call",
    });
  } finally {
    await daemon.stop();
  }
}, 60_000);
