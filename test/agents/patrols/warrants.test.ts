import { afterEach, beforeEach, expect, test } from "vitest";
import { carryOutWarrants, fileWarrant, warrants } from "../../../src/agents/patrols/warrants.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { runGt } from "../../support/run-cli.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

const second = 1000;
let town: PlainTown;
let access: TownAccess;
let now = Date.now();
const agentThat = (does: string) =>
  town.write("settings/config.json", {
    default_agent: "script",
    agents: {
      script: {
        ...{ provider: "generic", command: "sh", prompt_mode: "arg", ready_prompt: "> " },
        args: ["-c", `printf '> '; ${does}`],
      },
    },
  });
const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root, env: { GT_NO_DAEMON: "1" } });

beforeEach(async () => {
  now = Date.now();
  town = new PlainTown();
  access = { ...(await town.access("daemon")), clock: { now: () => now } };
});
afterEach(() => town.dispose());

test("an agent that is silent three times is ended, whichever daemon asks; its work stays on its hook", async () => {
  agentThat("sleep 1000");
  const address = await town.polecat("toast");
  const { named } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Paint", prefix: "gp" }, as: "bead" },
    { op: "hook", address, bead: "$bead" },
  ]);
  await startAgentSession(access, { address, topic: "start" });
  expect((await gt("warrant", "file", "greenplace/toast")).stderr).toContain("say why");
  const filed = await gt("warrant", "file", "greenplace/toast", "-r", "hangs");
  expect([filed.code, filed.stderr]).toEqual([0, expect.stringContaining("no daemon runs")]);
  expect((await gt("warrant", "file", "greenplace/toast", "-r", "x")).stderr).toContain(
    "is pending (warrant-",
  );
  const told: string[] = [];
  for (const waitMs of [0, 60, 120, 240]) {
    now += waitMs * second;
    const look = await carryOutWarrants(access);
    told.push(...look.told.map((line) => line.split(": ").at(-1) ?? ""));
    expect((await carryOutWarrants(access)).told, "each question once").toEqual([]);
  }
  expect(told).toEqual(["asked 1/3", "asked 2/3", "asked 3/3", "executed"]);
  expect(await liveSession(access, address)).toBeUndefined();
  expect(await access.ledger.agent(address)).toMatchObject({ hookBead: named["bead"] });
  expect((await gt("warrant", "list")).stdout).toBe("no warrant is pending\n");
  expect(JSON.parse((await gt("warrant", "list", "-a", "--json")).stdout)).toMatchObject([
    {
      target: address,
      reason: "hangs",
      filed_by: "overseer",
      attempt: 3,
      executed: true,
      result: "executed",
    },
  ]);
}, 60_000);

test("one that answers is pardoned; a warrant is cancelled or executed by hand, too", async () => {
  agentThat("while read -r line; do echo; echo ALIVE; printf '> '; done");
  const address = await town.polecat("toast");
  await startAgentSession(access, { address, topic: "start" });
  await fileWarrant(access, address, "quiet");
  await carryOutWarrants(access);
  await waitFor(async () => (await carryOutWarrants(access)).told.length > 0, {
    ...{ timeoutMs: 20_000, what: "its answer" },
  });
  expect(await warrants(access.ledger, { all: true })).toMatchObject([{ attempt: 1, result: "pardoned" }]);
  expect(await liveSession(access, address)).toBeDefined();

  expect((await gt("warrant", "cancel", "greenplace/toast")).stderr).toContain("no warrant against");
  await fileWarrant(access, address, "again");
  expect((await gt("warrant", "cancel", "greenplace/toast")).stdout).toContain("is left alone");
  expect((await gt("warrant", "execute", "greenplace/toast")).code).toBe(1);
  expect((await gt("warrant", "execute", "greenplace/toast", "-f")).stdout).toContain("is ended");
  expect(await liveSession(access, address)).toBeUndefined();
  await expect(fileWarrant(access, address, "x")).rejects.toMatchObject({ code: "E_SESSION_NOT_FOUND" });
}, 60_000);
