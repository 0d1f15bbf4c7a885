import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readEvents } from "../../../../src/core/events/read-events.ts";
import { openEscalations } from "../../../../src/core/escalation/open-escalations.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

const timeout = 60_000;
let town: PlainTown;
const gt = (args: readonly string[], env: Readonly<Record<string, string>> = { GT_SESSION: "gp-nux" }) =>
  runGt(args, {
    cwd: town.root,
    env: { GT_ROLE: "greenplace/polecats/nux", GT_NO_DAEMON: "1", GT_TOWN_ROOT: town.root, ...env },
  });
const mark = () =>
  JSON.parse(readFileSync(`${town.root}/.runtime/heartbeats/gp-nux.json`, "utf8")) as Record<string, unknown>;

beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose(), timeout);

it(
  "notes how an agent is, and later commands keep it",
  async () => {
    await town.polecat("nux");
    await gt(["mail", "inbox"]);
    expect(mark()).toMatchObject({ state: "working", context: "", bead: "" });
    expect((await gt(["heartbeat", "--state", "exiting", "wrapping", "up"])).code).toBe(0);
    await gt(["mail", "inbox"]);
    expect(mark()).toMatchObject({ state: "exiting", context: "wrapping up" });
    expect((await gt(["heartbeat", "--state", "bored"])).code).toBe(2);
    const outside = await gt(["heartbeat"], {});
    expect([outside.code, outside.stderr]).toEqual([1, expect.stringContaining("GT_SESSION is not set")]);
  },
  timeout,
);

it(
  "holds the work of an agent that is stuck and asks for help once",
  async () => {
    const address = await town.polecat("nux");
    const { ledger } = await town.access();
    const { created } = await ledger.write("overseer", [
      { op: "create", as: "bead", bead: { title: "work", scope: "greenplace" } },
      { op: "hook", address, bead: "$bead" },
      { op: "setAgent", address, fields: { state: "working" } },
    ]);
    expect((await gt(["heartbeat", "--state", "stuck", "no database here"])).code).toBe(0);
    expect((await gt(["heartbeat", "--state", "stuck", "still none"])).code).toBe(0);
    expect(await ledger.agent(address)).toMatchObject({ state: "stuck", hookState: "suspended" });
    const open = await openEscalations(ledger);
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ severity: "medium", relatedBead: created[0], occurrences: 2 });
    const told = readEvents(town.town.paths.events, { filter: { types: ["agent_stuck", "hook_suspended"] } });
    const facts = { agent: address, bead: created[0], reason: "no database here" };
    expect(told, "W10: once a report").toMatchObject([
      { type: "agent_stuck", payload: facts },
      { type: "hook_suspended", payload: facts },
    ]);
  },
  timeout,
);
