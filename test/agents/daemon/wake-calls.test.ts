import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Daemon } from "../../../src/agents/daemon/daemon.ts";
import { openDaemonLog } from "../../../src/agents/daemon/daemon-log.ts";
import { DutyRunner } from "../../../src/agents/daemon/duty-runner.ts";
import { takeWakeCalls } from "../../../src/agents/daemon/wake-calls.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
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

test("gt sling --no-boot wakes neither witness nor refinery of a running daemon, which a plain sling does (spec/04 §2.1)", async () => {
  const access = await town.access();
  const { ledger } = access;
  const work = async (name: string) => {
    mkdirSync(join(town.root, "greenplace/crew", name), { recursive: true });
    const agent = {
      id: `gp-greenplace-crew-${name}`,
      address: `greenplace/crew/${name}`,
      rig: "greenplace",
      name,
    };
    const { named } = await ledger.write("overseer", [
      { op: "ensureAgent", agent: { ...agent, role: "crew" } },
      { op: "create", as: "bead", bead: { scope: "greenplace", title: name } },
    ]);
    return { words: [named["bead"] ?? "", agent.address], name };
  };
  const [sam, max] = [await work("sam"), await work("max")];
  const log = join(town.root, "daemon.log");
  const daemon = await Daemon.start(town.town, openDaemonLog(log));
  const wake = vi.spyOn(DutyRunner.prototype, "wake");
  onTestFinished(async () => {
    wake.mockRestore();
    await daemon.stop();
  });
  /** Which loops of the rig are woken until the daemon has read the feed beyond all that came before. */
  const wokenBy = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
    wake.mockClear();
    await act();
    const draft = { from: "mayor/", to: ["deacon/"], subject: "Look", body: "around" };
    await sendMail(access, draft, "quietly");
    const keys = () => wake.mock.calls.map(([key]) => key);
    await waitFor(() => keys().includes("deacon"), { what: "the mail to be noticed" });
    return [...new Set(keys())].filter((key) => key.includes(":")).sort();
  };
  await waitFor(() => readFileSync(log, "utf8").includes("connected to the session host"), {
    timeoutMs: 30_000,
  });
  await wokenBy(async () => undefined); // what happened before is read
  expect(await wokenBy(() => sling(access, { words: sam.words, options: { noBoot: true } }))).toEqual([]);
  expect((await ledger.get(sam.words[0] ?? ""))?.status).toBe("hooked");
  expect(await wokenBy(() => sling(access, { words: max.words, options: {} }))).toEqual([
    ...["refinery:greenplace", "witness:greenplace"],
  ]);
}, 60_000);
