import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { bootDuty } from "../../../src/agents/daemon/duties/boot.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { readBootStatus } from "../../../src/agents/patrols/triage-deacon.ts";
import { PlainTown } from "../../support/plain-town.ts";

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
  expect(woken).toContain("heartbeat");
  expect(await readBootStatus(access)).toMatchObject({ last_action: "start", error: "" });
});
