import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { askForLife, lifeOf, lifePrefix } from "../../../src/agents/patrols/ask-for-life.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { openTownLedger } from "../../../src/core/ledger/town-ledger.ts";
import { runGt } from "../../support/run-cli.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

let town: PlainTown;
let access: TownAccess;
let address = "";
beforeEach(async () => {
  town = new PlainTown();
  town.write("settings/config.json", {
    default_agent: "script",
    agents: {
      script: {
        ...{ provider: "generic", command: "sh", prompt_mode: "arg", ready_prompt: "> " },
        args: ["-c", "printf '> '; sleep 1000"],
      },
    },
  });
  access = await town.access("daemon");
  address = await town.polecat("toast");
  await startAgentSession(access, { address, topic: "start" });
});
afterEach(() => town.dispose());

const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root, env: { GT_NO_DAEMON: "1" } });

test("a sign of life clears the silences of an agent; who is silent so often in a row should be ended", async () => {
  const row = async () => (await lifeOf(access, address))?.value;
  const before = { askedAt: Date.now(), failures: 3 };
  await access.ledger.write("daemon", [
    { op: "putRow", table: "patrols", key: lifePrefix + address, value: before },
  ]);
  const asking = askForLife(access, address, { timeoutMs: 30_000, failures: 3, cooldownMs: 0 });
  await waitFor(async () => (await row())?.nudge !== undefined);
  expect(await row(), "the last question may still be answered").toMatchObject({ failures: 3 });
  await access.ledger.touchAgent(address, { lastActivity: Date.now() + 1 });
  expect(await asking).toEqual({ result: "alive", failures: 0 });

  const check = async (...more: readonly string[]) => {
    const { code, stdout } = await gt(
      ...["deacon", "health-check", "greenplace/toast", "--timeout", "100ms", "--failures", "2", "--json"],
      ...more,
    );
    const { result, failures } = JSON.parse(stdout) as { result: string; failures: number };
    return [code, result, failures];
  };
  const cold = ["--cooldown", "0s"];
  expect(await check(...cold)).toEqual([1, "silent", 1]);
  expect(await check(), "within five minutes").toEqual([0, "cooldown", 1]);
  expect((await gt("deacon", "health-check", address, "--timeout", "1ms")).stdout).toBe(
    `${address} was asked lately (1 silence in a row)\n`,
  );
  expect(await check(...cold)).toEqual([2, "should-end", 2]);
  // It has answered since: what was before counts no more.
  const ledger = await openTownLedger(town.town);
  await ledger.touchAgent(address, { lastProgressAt: Date.now() + 3_600_000 });
  await ledger.close();
  expect(await check()).toEqual([0, "cooldown", 0]);
  expect((await gt("deacon", "force-kill", "greenplace/toast", "-r", "silent")).stdout).toContain("is ended");
  expect(await liveSession(access, address)).toBeUndefined();
}, 60_000);
