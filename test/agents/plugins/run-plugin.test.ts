import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PluginDuty } from "../../../src/agents/daemon/duties/plugins.ts";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { addDog, dogs, freeDog, removeDog } from "../../../src/agents/dogs/dog-pool.ts";
import { patrolDogs } from "../../../src/agents/dogs/patrol-dogs.ts";
import { findPlugins, sitesOf } from "../../../src/agents/plugins/find-plugins.ts";
import { receipts } from "../../../src/agents/plugins/receipts.ts";
import { putPlugin } from "../../../src/agents/plugins/plugin-record.ts";
import { runPlugin, settleRun } from "../../../src/agents/plugins/run-plugin.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { runGt } from "../../support/run-cli.ts";
import { runScript } from "../../support/run-script.ts";
import { waitFor } from "../../support/wait-for.ts";

const minute = 60_000;
let town: PlainTown;
let access: TownAccess;
let now = Date.now();

beforeEach(async () => {
  now = Date.now();
  town = new PlainTown();
  // An agent that waits at its prompt for ever.
  town.write("settings/config.json", {
    default_agent: "script",
    agents: {
      script: {
        provider: "generic",
        command: "sh",
        args: ["-c", "printf '> '; sleep 1000"],
        prompt_mode: "arg",
        ready_prompt: "> ",
      },
    },
  });
  access = { ...(await town.access("daemon")), clock: { now: () => now } };
});
afterEach(() => town.dispose());

function plugin(name: string, gate: string, script?: string, more = ""): void {
  town.write(
    `plugins/${name}/plugin.md`,
    `+++\nname = "${name}"\ndescription = "x"\n[gate]\n${gate}\n${more}\n+++\nSweep the yard.\n`,
  );
  if (script !== undefined) town.write(`plugins/${name}/run.sh`, script);
}

const site = (name: string) => {
  const [only] = sitesOf(town.town, name);
  if (only === undefined) throw new Error("no site");
  return only;
};
const results = async (name: string) =>
  (await receipts(access.ledger, name, 10)).map((bead) =>
    bead.labels.find((label) => label.startsWith("result:")),
  );
const escalations = async () => (await access.ledger.find({ type: "escalation" })).map((bead) => bead.title);

test("a script runs in its directory as the job of a dog; its receipt has the last lines of what it said", async () => {
  plugin("yard", 'type = "manual"', 'echo "$GT_PLUGIN in $(basename "$PWD") of $GT_TOWN_ROOT"\n');
  expect(await runPlugin(access, site("yard"))).toMatchObject({ kind: "ended", result: "success" });
  const [receipt] = await receipts(access.ledger, "yard", 1);
  expect(receipt).toMatchObject({
    title: "Plugin: yard [success]",
    status: "closed",
    ephemeral: true,
    description: `yard in yard of ${town.root}`,
    labels: expect.arrayContaining(["type:plugin-run", "plugin:yard", "rig:town", "result:success"]),
  });
  expect(readFileSync(join(town.root, "logs/plugins/yard.log"), "utf8")).toContain("yard in yard");
  expect((await dogs(access)).map(({ name, state }) => ({ name, state }))).toEqual([
    { name: "alpha", state: "idle" },
  ]);
});

test("75 is skipped, everything else a failure, which is escalated once while it is open", async () => {
  plugin("skip", 'type = "manual"', "exit 75\n");
  plugin("fail", 'type = "manual"', "echo broken; exit 3\n", '[execution]\nseverity = "medium"');
  plugin("quiet", 'type = "manual"', "exit 1\n", "[execution]\nnotify_on_failure = false");
  plugin(
    "slow",
    'type = "manual"',
    "sleep 60\n",
    '[execution]\ntimeout = "200ms"\nnotify_on_failure = false',
  );
  for (const name of ["skip", "fail", "fail", "quiet", "slow"]) await runPlugin(access, site(name));
  expect(await results("skip")).toEqual(["result:skipped"]);
  expect(await results("fail")).toEqual(["result:failure", "result:failure"]);
  expect(await results("slow")).toEqual(["result:failure"]);
  expect(await escalations()).toEqual(["the plugin fail failed"]);
  // What works again needs nobody's judgement (06 §8.2), and the next failure is told anew.
  plugin("fail", 'type = "manual"', "exit 0\n");
  await runPlugin(access, site("fail"));
  expect(await access.ledger.find({ type: "escalation", notStatus: "closed" })).toEqual([]);
  plugin("fail", 'type = "manual"', "exit 3\n");
  await runPlugin(access, site("fail"));
  expect(await escalations()).toHaveLength(2);
});

test("a run whose process was killed is a failure that counts for the cooldown, and its script does not go on", async () => {
  plugin("yard", 'type = "cooldown"\nduration = "1h"', "echo $$ > pid; echo begun > began; sleep 300\n");
  const script = `
    import { runPlugin } from "src/agents/plugins/run-plugin.ts";
    import { sitesOf } from "src/agents/plugins/find-plugins.ts";
    import { openTown } from "src/core/town/open-town.ts";
    import { openTownLedger } from "src/core/ledger/town-ledger.ts";
    import { systemClock } from "src/core/clock.ts";
    import { systemRandom } from "src/core/random.ts";
    import { existsSync } from "node:fs";
    const town = openTown(${JSON.stringify(town.root)}, { env: {} });
    const ledger = await openTownLedger(town);
    setInterval(() => existsSync(town.root + "/plugins/yard/began") && process.kill(process.pid, "SIGKILL"), 20);
    await runPlugin({ town, ledger, clock: systemClock, random: systemRandom, actor: "daemon" }, sitesOf(town, "yard")[0]);
  `;
  expect(await runScript(script).ended).toBe("SIGKILL");
  expect(existsSync(join(town.root, "plugins/yard/began"))).toBe(true);
  now = Date.now();
  expect(await settleRun(access, site("yard"))).toBe(true);
  expect(await results("yard")).toEqual(["result:failure"]);
  const pid = Number(readFileSync(join(town.root, "plugins/yard/pid"), "utf8"));
  await waitFor(
    () => !existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/cmdline`, "utf8") === "",
    {
      timeoutMs: 20_000,
      what: "the script to end",
    },
  );
  await patrolDogs(access);
  expect((await dogs(access)).map((dog) => dog.state)).toEqual(["idle"]);
  await look();
  expect(await results("yard"), "no rerun within the cooldown").toEqual(["result:failure"]);
}, 60_000);

function context(): DaemonContext {
  return {
    ...access,
    log: { info: () => undefined, warn: () => undefined },
    isOperational: () => true,
    pressure: { isOpen: async () => true },
  } as unknown as DaemonContext;
}

/** What the duty does at one look, to the end of what it begins. */
async function look(): Promise<void> {
  const duty = new PluginDuty(context());
  await duty.duty.run(new AbortController().signal);
  await duty.whenIdle();
}

test("by itself a plugin runs once for each cooldown, and not at all while it is disabled", async () => {
  plugin("yard", 'type = "cooldown"\nduration = "1h"', "exit 0\n");
  plugin("off", 'type = "cooldown"\nduration = "1h"', "exit 0\n");
  town.write(
    "plugins/off/plugin.md",
    '+++\nname = "off"\ndescription = "x"\nenabled = false\n[gate]\ntype = "cooldown"\nduration = "1h"\n+++\n',
  );
  await look();
  now += 59 * minute;
  await look();
  expect(await results("yard")).toHaveLength(1);
  now += minute;
  await look();
  expect(await results("yard")).toHaveLength(2);
  expect(await results("off")).toEqual([]);
});

test("a condition, tried in the town, opens its gate when it holds", async () => {
  plugin("ready", 'type = "condition"\ncheck = "test -f .needs-run"', "exit 0\n");
  await look();
  expect(await results("ready")).toEqual([]);
  town.write(".needs-run", "");
  await look();
  expect(await results("ready"), "not tried again yet").toEqual([]);
  now += 5 * minute;
  await look();
  expect(await results("ready")).toEqual(["result:success"]);
});

test("scenario 26: a schedule that was missed twice runs once, and not for a time before it was switched on", async () => {
  plugin("morning", 'type = "cron"\nschedule = "0 9 * * *"', "exit 0\n");
  const { ledger } = access;
  const at = (text: string) => new Date(text).getTime();
  now = at("2026-03-03T10:00");
  await ledger.write("overseer", [putPlugin(site("morning"), { enabledAt: now })]);
  await look();
  expect(await results("morning")).toEqual([]);
  now = at("2026-03-05T12:00");
  await look();
  await look();
  expect(await results("morning")).toEqual(["result:success"]);
  now = at("2026-03-06T09:00");
  await look();
  expect(await results("morning")).toHaveLength(2);
});

test("an event opens a gate once a minute: a bead that anybody closed, a merge of its own rig", async () => {
  plugin("sum", 'type = "event"\non = "bead-closed"', "exit 0\n");
  plugin("note", 'type = "event"\non = "merged"', "exit 0\n", '[execution]\nrigs = ["greenplace"]');
  const { ledger } = access;
  await look();
  const close = async () => {
    const { created } = await ledger.write("overseer", [
      { op: "create", bead: { title: "Paint", scope: "greenplace" } },
    ]);
    const [id = ""] = created;
    await ledger.write("daemon", [{ op: "close", id, close: { reason: "landed", force: true } }]);
    now = Math.max(now, Date.now()) + 1;
  };
  expect(await results("sum")).toEqual([]);
  await close();
  await look();
  await close();
  await look();
  expect(await results("sum")).toEqual(["result:success"]);
  const merged = (rig: string) =>
    ledger.write("daemon", [{ op: "event", event: { type: "merged", payload: { bead: "x", rig } } }]);
  await merged("elsewhere");
  await look();
  expect(await results("note")).toEqual([]);
  await merged("greenplace");
  await look();
  expect(await results("note")).toEqual(["result:success"]);
});

test("nothing runs by itself in a rig that is parked, under an emergency stop, or while the machine is too busy", async () => {
  plugin("yard", 'type = "cooldown"\nduration = "1h"', "exit 0\n", '[execution]\nrigs = ["greenplace"]');
  const closed = [{ isOperational: () => false }, { pressure: { isOpen: async () => false } }];
  for (const each of closed) {
    const duty = new PluginDuty({ ...context(), ...each } as DaemonContext);
    await duty.duty.run(new AbortController().signal);
    await duty.whenIdle();
  }
  expect(
    (await runGt(["rig", "park", "greenplace"], { cwd: town.root, env: { GT_NO_DAEMON: "1" } })).code,
  ).toBe(0);
  await look();
  expect(await results("yard")).toEqual([]);
  await runGt(["rig", "unpark", "greenplace"], { cwd: town.root, env: { GT_NO_DAEMON: "1" } });
  await look();
  expect(await results("yard")).toEqual(["result:success"]);
});

test("an agent that is not done within its time is ended, and its run has failed", async () => {
  plugin("sweep", 'type = "manual"', undefined, '[execution]\ntimeout = "10m"');
  await runPlugin(access, site("sweep"));
  now += 10 * minute - 1000;
  expect(await settleRun(access, site("sweep"))).toBe(false);
  now += 1000;
  expect(await settleRun(access, site("sweep"))).toBe(true);
  expect(await results("sweep")).toEqual(["result:failure"]);
  expect((await (await access.host()).get("hq-dog-alpha"))?.phase).toBe("exited");
  expect((await dogs(access)).map((dog) => dog.state)).toEqual(["idle"]);
}, 60_000);

test("instructions are done by a dog's session; gt dog done ends the run, a session that dies fails it", async () => {
  plugin("sweep", 'type = "manual"');
  const outcome = await runPlugin(access, site("sweep"));
  expect(outcome).toMatchObject({ kind: "sent", dog: "alpha" });
  const [dog] = await dogs(access);
  const receipt = await access.ledger.get(dog?.hookBead ?? "");
  expect(receipt).toMatchObject({
    title: "Plugin: sweep [running]",
    description: "Sweep the yard.",
    status: "hooked",
  });
  await expect(runPlugin(access, site("sweep"))).rejects.toMatchObject({ code: "E_BUSY" });
  expect(await settleRun(access, site("sweep"))).toBe(false);
  await freeDog(access, "alpha", { result: "done" });
  expect(await settleRun(access, site("sweep"))).toBe(true);
  expect(await results("sweep")).toEqual(["result:success"]);

  await runPlugin(access, site("sweep"));
  const host = await access.host();
  await host.stop("hq-dog-alpha", { reason: "killed" });
  expect(await patrolDogs(access)).toEqual(["alpha: fail (its session ended without gt dog done)"]);
  expect(await settleRun(access, site("sweep"))).toBe(true);
  expect((await results("sweep")).sort()).toEqual(["result:failure", "result:success"]);
}, 60_000);

test("a bead slung to the dogs is on the hook of one; freed, the bead is anyone's again", async () => {
  const { created } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Count the sheep", scope: "town" } },
  ]);
  const [bead = ""] = created;
  const { dispatched } = await sling(access, { words: [bead, "deacon/dogs"], options: {} });
  expect(dispatched).toMatchObject([{ agent: "deacon/dogs/alpha", session: "hq-dog-alpha" }]);
  expect(await access.ledger.get(bead)).toMatchObject({ status: "hooked", assignee: "deacon/dogs/alpha" });
  expect((await (await access.host()).get("hq-dog-alpha"))?.topic).toBe(`task:${bead}`);
  await expect(removeDog(access, "alpha", { force: false })).rejects.toMatchObject({ code: "E_DOG_BUSY" });
  await freeDog(access, "alpha", { result: "done", work: "something else" });
  expect(await access.ledger.get(bead), "a late report of another job ends nothing").toMatchObject({
    status: "hooked",
  });
  await freeDog(access, "alpha", { result: "done" });
  expect(await access.ledger.get(bead)).toMatchObject({ status: "open", assignee: "" });
  await removeDog(access, "alpha", { force: true });
  expect(await dogs(access)).toEqual([]);
}, 60_000);

test("a dog that is at it for two hours is ended, and its bead anyone's again", async () => {
  const { created } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Count the sheep", scope: "town" } },
  ]);
  const [bead = ""] = created;
  await sling(access, { words: [bead, "deacon/dogs"], options: {} });
  now = Date.now() + 120 * minute - 30_000;
  expect(await patrolDogs(access)).toEqual([]);
  now += 60_000;
  expect(await patrolDogs(access)).toEqual([expect.stringContaining("alpha: time-out")]);
  expect((await (await access.host()).get("hq-dog-alpha"))?.phase).toBe("exited");
  expect(await access.ledger.get(bead)).toMatchObject({ status: "open", assignee: "" });
  expect(readEvents(town.town.paths.events, { filter: { types: ["dog_timeout"] } })).toMatchObject([
    { payload: { dog: "alpha", work: bead } },
  ]);
  expect(await patrolDogs(access), "once").toEqual([]);
}, 60_000);

test("no more dogs are made than the town may have, and names are checked", async () => {
  town.write("settings/config.json", { operational: { daemon: { max_dogs: 1 } } });
  await addDog(access, "rex");
  await expect(addDog(access, "rex")).rejects.toMatchObject({ code: "E_EXISTS" });
  await expect(addDog(access, "boot")).rejects.toMatchObject({ code: "E_DOG_NAME" });
  plugin("one", 'type = "manual"', "exit 0\n");
  await access.ledger.write("overseer", [
    { op: "setAgent", address: "deacon/dogs/rex", fields: { state: "working" } },
  ]);
  expect(await runPlugin(access, site("one"))).toEqual({ kind: "no-dog" });
  expect(await results("one")).toEqual([]);
});

test("a rig's plugin replaces the town's for that rig; one that cannot be read is listed with its problem", () => {
  plugin("yard", 'type = "manual"', "exit 0\n", '[execution]\nrigs = ["greenplace"]');
  expect(sitesOf(town.town, "yard")).toMatchObject([{ place: "town", rig: "greenplace" }]);
  town.write("greenplace/plugins/yard/plugin.md", '+++\nname = "yard"\ndescription = "ours"\n+++\nDo it.\n');
  expect(sitesOf(town.town, "yard")).toMatchObject([
    { place: "greenplace", plugin: { description: "ours" } },
  ]);
  town.write("plugins/odd/plugin.md", "no front matter");
  town.write("plugins/notes/README.md", "no plugin");
  expect(findPlugins(town.town).map(({ name, problem }) => ({ name, problem }))).toContainEqual({
    name: "odd",
    problem: expect.stringContaining("+++"),
  });
  expect(findPlugins(town.town).map((each) => each.name)).not.toContain("notes");
  expect(() => sitesOf(town.town, "yrd")).toThrow("did you mean one of: yard");
});

test("what comes with the program runs in rigs, is off until it is wanted there, and gives way to a town's own", async () => {
  expect(sitesOf(town.town, "git-hygiene")).toMatchObject([{ place: "shipped", rig: "greenplace" }]);
  const shipped = findPlugins(town.town).filter((each) => each.place === "shipped");
  expect(shipped.map(({ name, plugin }) => [name, plugin?.isEnabled])).toEqual(
    ["git-hygiene", "github-sheriff", "gitignore-reconcile", "quality-review", "submodule-commit"].map(
      (name) => [name, false],
    ),
  );
  await look();
  expect(await results("git-hygiene")).toEqual([]);
  // There is no repository here: nothing to do is no failure.
  expect(await runPlugin(access, site("git-hygiene"))).toMatchObject({ result: "skipped" });
  plugin("git-hygiene", 'type = "manual"', "exit 0\n");
  expect(sitesOf(town.town, "git-hygiene")).toMatchObject([{ place: "town", rig: "" }]);
});
