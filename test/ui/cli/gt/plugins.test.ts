import { afterEach, beforeEach, expect, test } from "vitest";
import { digestReceipts } from "../../../../src/agents/plugins/digest-receipts.ts";
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
  "a person lists, shows, runs, switches off and looks back at a plugin; a closed gate is no error",
  async () => {
    expect((await gt("plugin", "list")).stdout).toMatch(
      /greenplace\/git-hygiene +shipped +cooldown +never +disabled/,
    );
    town.write(
      "plugins/yard/plugin.md",
      '+++\nname = "yard"\ndescription = "Sweeps the yard"\n[gate]\ntype = "cooldown"\nduration = "1h"\n[tracking]\ndigest = true\n+++\n',
    );
    town.write("plugins/yard/run.sh", "echo swept\n");
    const yard = async (): Promise<object | undefined> =>
      ((await json("plugin", "list")) as { name: string }[]).find((each) => each.name === "yard");
    expect(await yard()).toMatchObject({ enabled: true, last_result: null });
    expect((await gt("plugin", "run", "yard")).stdout).toContain("swept");
    const again = await gt("plugin", "run", "yard");
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("not now: it cools down")]);
    expect((await gt("plugin", "run", "yard", "--force", "-n")).stdout).toContain("would run");
    expect(await json("plugin", "history", "yard")).toMatchObject([{ result: "success", output: "swept" }]);
    const access = await town.access();
    const today = new Date().toISOString().slice(0, 10);
    const digest = await access.ledger.get((await digestReceipts(access, today)) ?? "");
    expect(digest?.description).toMatch(/^- yard \(town\): 1 success, \S+ in all$/);
    expect(await json("plugin", "history", "yard")).toEqual([]);
    expect(await digestReceipts(access, today)).toBeUndefined();
    expect((await gt("plugin", "show", "yard")).stdout).toContain("Sweeps the yard");
    expect(await json("plugin", "show", "yard")).toMatchObject([
      { name: "yard", gate: "cooldown 1h", type: "script", timeout_ms: 600_000, last_result: "success" },
    ]);
    await gt("plugin", "disable", "yard");
    expect(await yard()).toMatchObject({ enabled: false, next_due_at: null });
    const unknown = await gt("plugin", "run", "yrd");
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('did you mean "yard"?')]);
    expect(await json("dog", "list")).toMatchObject([
      { name: "alpha", state: "idle", last: { work: "plugin:town/yard", result: "done" } },
    ]);

    const chore = '+++\nname = "CHORE"\ndescription = "A chore"\n+++\nDo it.\n';
    town.write("checkout/good/plugin.md", chore.replace("CHORE", "good"));
    town.write("checkout/bad/plugin.md", chore);
    const sync = ["plugin", "sync", "--source", "checkout", "--clean"];
    expect((await gt(...sync, "-n")).stdout).toBe("would copy good\nwould remove yard\n");
    expect(await json(...sync)).toMatchObject({ copied: ["good"], removed: ["yard"] });
    const places = (await json("plugin", "list")) as { name: string; place: string }[];
    expect(places.filter((each) => each.place === "town").map((each) => each.name)).toEqual(["good"]);
  },
  timeout,
);

test(
  "dogs are made, checked and removed by hand; what is said twice changes nothing",
  async () => {
    expect((await gt("dog", "list")).stdout).toContain("no dogs");
    expect((await gt("dog", "add", "rex")).code).toBe(0);
    expect((await gt("dog", "add", "rex")).stderr).toContain("there is a dog rex already");
    expect((await gt("dog", "call")).stdout).toContain("rex: ready");
    expect((await gt("dog", "done", "rex")).stdout).toContain("nothing to do");
    expect((await gt("dog", "done")).stderr).toContain("you are no dog");
    expect((await gt("dog", "health-check")).code).toBe(0);
    const { ledger } = await town.access();
    await ledger.write("overseer", [
      { op: "setAgent", address: "deacon/dogs/rex", fields: { state: "working" } },
    ]);
    expect((await gt("dog", "health-check")).stdout).toContain("rex: orphan");
    expect((await gt("dog", "remove", "rex", "lost")).stderr).toContain("there is no dog lost");
    expect((await gt("dog", "remove", "rex")).stderr).toContain("the dog rex is working");
    expect((await gt("dog", "health-check", "--auto-clear")).code).toBe(0);
    expect((await gt("dog", "remove", "--all")).stdout).toContain("rex is gone");
  },
  timeout,
);
