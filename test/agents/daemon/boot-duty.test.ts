import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { bootDuty } from "../../../src/agents/daemon/duties/boot.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { startRole } from "../../../src/agents/lifecycle/role-session.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
import { witnessDuty } from "../../../src/agents/daemon/duties/witness.ts";
import { switchRole } from "../../../src/agents/patrols/role-switch.ts";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";
import { readBootStatus, triageDeacon } from "../../../src/agents/patrols/triage-deacon.ts";
import { addSleep } from "../../../src/core/health/machine-sleep.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

const minute = 60_000;
let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
  town.write("settings/config.json", {
    default_agent: "script",
    agents: {
      script: {
        ...{ provider: "generic", command: "sh", prompt_mode: "arg", ready_prompt: "> " },
        args: ["-c", "printf '> '; read line"],
      },
    },
  });
  town.write("mayor/daemon.json", { patrols: { boot: { mode: "agent" } } });
});
afterEach(() => town.dispose());

test("Boot as an agent gets a fresh session when something is to be decided; what that leaves undone the code does", async () => {
  let now = Date.now();
  const woken: string[] = [];
  const access = await town.access("daemon");
  const context = {
    ...access,
    clock: { now: () => now },
    log: { info: () => undefined, warn: () => undefined },
    wake: (key: string) => woken.push(key),
    isOperational: () => true,
  } as unknown as DaemonContext;
  const duty = bootDuty(context);
  const look = async (laterMs: number) => {
    now += laterMs;
    await duty.run(new AbortController().signal);
    return liveSession(access, "deacon/boot");
  };
  // Nobody runs this town's loops.
  const first = await look(0);
  expect(first).toMatchObject({ session: "hq-boot", topic: "patrol" });
  expect((await look(3 * minute))?.runId, "it is still at it").toBe(first?.runId);
  const second = await look(3 * minute);
  expect(second?.runId, "it has lost its way").not.toBe(first?.runId);
  expect(woken).toEqual([]);
  await look(3 * minute);
  const wakes = () => woken.filter((key) => key === "heartbeat").length;
  expect(wakes()).toBe(1);
  await look(0);
  expect(wakes(), "a cure that does not work is not tried again at once").toBe(1);
  await look(2 * minute);
  expect(wakes()).toBe(2);
  expect(await readBootStatus(access)).toMatchObject({ last_action: "start", error: "" });
});

test("a deacon and a witness that a person has stopped rest, and nobody wakes them", async () => {
  const access = await town.access("daemon");
  let looks = 0;
  const context = {
    ...{ ...access, isOperational: () => true, budget: new StartBudget() },
    log: { info: () => undefined, warn: () => undefined },
    noticeSleep: async () => void looks++,
  } as unknown as DaemonContext;
  const witness = witnessDuty(context, town.town.rig("greenplace"));
  const both = ["deacon/", "greenplace/witness"];
  await access.ledger.write(
    "overseer",
    both.map((address) => switchRole(address, true)),
  );
  await witness.run(new AbortController().signal);
  expect([looks, await triageDeacon(access)]).toEqual([0, "nothing"]);
  await access.ledger.write(
    "overseer",
    both.map((address) => switchRole(address, false)),
  );
  await witness.run(new AbortController().signal);
  expect([looks, await triageDeacon(access)]).toEqual([1, "start"]);
});

test("a deacon that runs as an agent rests while nobody waits for it; one in a person's terminal is left to him", async () => {
  town.write("mayor/daemon.json", { patrols: { deacon: { mode: "agent" } } });
  const access = await town.access("daemon");
  await startRole(access, "deacon/");
  const later = (ms: number) => triageDeacon({ ...access, clock: { now: () => Date.now() + ms } });
  expect(await later(120 * minute)).toBe("nothing");
  const mail = { from: "overseer", to: ["deacon/"], subject: "Look", body: "around" };
  await sendMail(access, mail, "quietly");
  expect(await Promise.all([4, 6, 120].map((minutes) => later(minutes * minute)))).toEqual([
    ...["nothing", "nudge", "wake"],
  ]);
  const view = await (await access.host()).attach("hq-deacon", {
    ...{ columns: 80, rows: 24, onData() {}, onExit() {} },
  });
  expect(await later(120 * minute)).toBe("nothing");
  view.detach();
  await access.ledger.touchAgent("deacon/", { lastActivity: Date.now() + 1 });
  expect(await later(120 * minute), "it has left that mail alone").toBe("nothing");
  await sendMail(access, mail, "quietly");
  await access.ledger.write("daemon", [
    addSleep([], { from: Date.now() + minute, to: Date.now() + 118 * minute }),
  ]);
  await waitFor(async () => (await liveSession(access, "deacon/"))?.viewers === 0);
  expect(await later(120 * minute), "the machine slept").toBe("nothing");
  expect(await later(124 * minute)).toBe("nudge");
}, 30_000);
