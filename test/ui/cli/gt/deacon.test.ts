import { afterEach, beforeEach, expect, test } from "vitest";
import { newConvoy } from "../../../../src/core/convoys/new-convoy.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

const timeout = 60_000;
let town: PlainTown;
const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root, env: { GT_NO_DAEMON: "1" } });
const json = async (...args: readonly string[]) => JSON.parse((await gt(...args, "--json")).stdout) as never;

beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose(), timeout);

test(
  "the deacon is paused and resumed by a file that the daemon watches; what it finds is done by hand, too",
  async () => {
    expect((await gt("deacon", "pause", "-r", "a leak")).stdout).toContain("paused");
    expect((await gt("deacon", "status")).stderr).toContain("paused: a leak");
    expect(await json("deacon", "status")).toMatchObject({
      paused: { reason: "a leak" },
      heartbeat: { timestamp: null, cycle: 0, healthy_agents: 0, unhealthy_agents: 0 },
    });
    expect(await json("deacon", "resume")).toMatchObject({ paused: false, changed: true });
    expect(await json("deacon", "resume")).toMatchObject({ paused: false, changed: false });
    expect(await json("deacon", "heartbeat", "looked", "around")).toMatchObject({
      cycle: 1,
      last_action: "looked around",
    });
    expect((await gt("deacon", "stale-hooks")).stdout).toContain("no hook is stale");
    expect((await gt("deacon", "feed-stranded")).stdout).toBe("no convoy is stranded\n");
    expect((await gt("deacon", "health-state")).stdout).toContain("nobody was asked yet");
    expect((await gt("deacon", "health-check", "greenplace/witness")).stderr).toContain("has no session");
    expect((await gt("deacon", "force-kill", "greenplace/witness")).code).toBe(2);
    expect((await gt("deacon", "stop")).stdout).toContain("the loop of deacon/ is stopped");
    expect((await gt("deacon", "stop")).stdout).toContain("is stopped already");
    expect(await json("deacon", "start")).toMatchObject({ mode: "builtin", changed: true });
    expect((await gt("deacon", "cleanup-orphans")).stdout).toContain("no session has left processes behind");
    expect((await gt("cleanup", "-n")).code).toBe(0);
  },
  timeout,
);

test(
  "boot decides about the deacon and keeps its decision",
  async () => {
    expect(await json("boot", "triage", "-n")).toMatchObject({ action: "start", applied: false });
    expect((await gt("boot", "status")).stdout).not.toContain("last decision");
    expect((await gt("boot", "triage")).stdout).toContain("the deacon: start");
    expect((await gt("boot", "status")).stdout).toContain("last decision: start");
    expect(await json("boot", "status")).toMatchObject({
      last_decision: { last_action: "start", target: "deacon/", error: "" },
    });
    expect((await gt("boot", "spawn")).stdout).toContain("the deacon: start");
  },
  timeout,
);

test(
  "a scan names what a witness would act upon and leaves it; an agent's cycles are counted and summed up",
  async () => {
    const address = await town.polecat("toast");
    const { ledger } = await town.access();
    const { named } = await ledger.write("overseer", [
      { op: "create", bead: { title: "Paint", prefix: "gp" }, as: "bead" },
      { op: "hook", address, bead: "$bead" },
      { op: "setAgent", address, fields: { state: "working", hookState: "active" } },
      { op: "update", id: "$bead", fields: { status: "closed" } },
    ]);
    expect(await json("patrol", "scan", "--rig", "greenplace")).toMatchObject({
      rig: "greenplace",
      checked: 1,
      findings: [
        {
          ...{
            id: "W5",
            agent: address,
            bead: named["bead"],
            action: "release",
            applied: false,
            error: null,
          },
          condition: "its bead was closed by somebody else",
          evidence: `${named["bead"]} is closed`,
        },
      ],
    });
    expect((await gt("patrol", "scan", "-v")).stdout).toContain(`  ${address} zombie`);
    const wisp = await ledger.write("overseer", [
      { op: "create", bead: { title: "ping", prefix: "gp", ephemeral: true, labels: ["gt:keep"] } },
    ]);
    expect(await json("patrol", "scan", "--reaper", "-n")).toEqual({
      ...{ deleted: [], promoted: wisp.created, dry_run: true },
    });
    expect((await ledger.get(wisp.created[0] ?? ""))?.ephemeral).toBe(true);
    expect((await gt("patrol", "scan", "--reaper")).stdout).toContain(`${wisp.created[0]}: kept for good`);
    expect(await ledger.agent(address)).toMatchObject({ hookBead: named["bead"] });
    expect(await json("deacon", "zombie-scan")).toMatchObject([{ address, reason: "session dead" }]);
    expect((await gt("deacon", "redispatch-state")).stdout).toBe("nothing came back\n");

    expect((await gt("patrol", "report", "-s", "quiet")).stderr).toContain("say --role");
    await gt("patrol", "new", "--role", "witness");
    const report = await gt("patrol", "report", "--role", "witness", "-s", "quiet", "--steps", "inbox:OK");
    expect(report.stdout).toContain("cycle 1 of the witness is over");
    expect((await gt("patrol", "report", "--role", "witness", "-s", "x", "--steps", "inbox")).code).toBe(2);
    const { created } = await ledger.write("overseer", [
      { op: "create", bead: { title: "Back", prefix: "gp" } },
    ]);
    expect(await json("deacon", "redispatch", created[0] ?? "")).toMatchObject({
      rig: "greenplace",
      queued: true,
    });
    expect(await json("deacon", "redispatch", created[0] ?? "")).toMatchObject({ queued: false });
    const again = ["deacon", "redispatch", created[0] ?? "", "--cooldown", "0s"];
    expect((await gt(...again)).stdout).toContain("is queued already");
    expect((await gt(...again, "--max-attempts", "1")).stderr).toContain("came back 1 times already");
    expect(await json("deacon", "redispatch-state")).toMatchObject({
      waiting: [{ bead: created[0], rig: "greenplace", failures: 0, not_before: null }],
      blocked: [],
    });
    expect((await gt("deacon", "redispatch", named["bead"] ?? "")).stderr).toContain("is closed");
    expect(await json("patrol", "digest")).toMatchObject({ isNew: true, text: "- patrol_complete: 1" });
    expect(await json("patrol", "digest")).toMatchObject({ isNew: false });
  },
  timeout,
);

test(
  "convoys that nobody works on are fed by hand, so many at a time, none of them again within ten minutes",
  async () => {
    const { ledger } = await town.access();
    const convoys: string[] = [];
    for (const title of ["One", "Two"]) {
      const { created } = await ledger.write("overseer", [
        { op: "create", bead: { title, scope: "greenplace" } },
      ]);
      const made = await ledger.write(
        "overseer",
        newConvoy({ title, owner: "overseer", issues: [created[0] ?? ""] }),
      );
      convoys.push(made.created[0] ?? "");
    }
    // There is no repository here: feeding is tried, and that counts.
    const feed = async (...args: readonly string[]) =>
      ((await json("deacon", "feed-stranded", ...args)) as { convoy: string; failed: unknown[] }[]).map(
        ({ convoy, failed }) => [convoys.indexOf(convoy), failed.length],
      );
    const none = [
      [0, 0],
      [1, 0],
    ];
    const first = await feed("--max-feeds", "1");
    expect(first.map(([, failed]) => failed).sort()).toEqual([0, 1]);
    const second = await feed();
    expect(second.map(([convoy, failed]) => [convoy, 1 - (failed ?? 0)])).toEqual(first);
    expect((await feed()).sort()).toEqual(none);
    expect((await gt("deacon", "feed-stranded")).stdout).toContain("fed within the cooldown");
    expect((await feed("--cooldown", "0s")).map(([, failed]) => failed)).toEqual([1, 1]);
    const state = (await json("deacon", "feed-stranded-state")) as { fed_at: string | null }[];
    expect(state.map(({ fed_at }) => fed_at)).toEqual([expect.any(String), expect.any(String)]);
  },
  timeout,
);
