import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { SlingOptions } from "../../../src/agents/lifecycle/sling-request.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { rigLocalFile } from "../../../src/core/town/paths.ts";
import { WorkTown } from "../../support/work-town.ts";

// One town for all: a refusal changes nothing, so the next one finds it as it was.
let town: WorkTown;
let access: TownAccess;

beforeAll(async () => {
  town = await WorkTown.create([
    { name: "web", prefix: "web" },
    { name: "api", prefix: "api" },
  ]);
  access = await town.access();
  town.write(
    ".beads/formulas/needy.formula.toml",
    'formula = "needy"\nversion = 1\n[vars.what]\nrequired = true\n[[steps]]\nid = "a"\ntitle = "{{what}}"\n',
  );
});
afterAll(() => town.dispose());

const run = (words: readonly string[], options: SlingOptions = {}) => sling(access, { words, options });
const eventTypes = async () => (await readEvents(town.town.paths.events, {})).map((event) => event.type);

describe("bad input gives one error and changes nothing", () => {
  const refusals: readonly [name: string, words: readonly string[], code: string, options?: SlingOptions][] =
    [
      ["a bead of another rig", ["BEAD", "api"], "E_CROSS_RIG"],
      ["no such bead", ["nope-1", "web"], "E_NOT_FOUND"],
      ["no such rig", ["BEAD", "nope"], "E_RIG_UNKNOWN"],
      ["a target below the mayor", ["BEAD", "mayor/x"], "E_TARGET"],
      ["a builtin role", ["BEAD", "web/witness"], "E_BUILTIN_TARGET"],
      ["a polecat that is not there", ["BEAD", "web/polecats/nobody"], "E_AGENT_NOT_FOUND"],
      ["a closed bead", ["CLOSED", "web"], "E_CLOSED"],
      ["a blocked bead", ["BLOCKED", "web"], "E_BLOCKED"],
      ["a base branch that is not there", ["BEAD", "web"], "E_BASE_BRANCH", { baseBranch: "nowhere" }],
      ["an unknown agent", ["BEAD", "web"], "E_AGENT_UNKNOWN", { agent: "nobody" }],
      ["an epic with a rig", ["EPIC", "web"], "E_CONTAINER_TARGET"],
      ["an epic among beads", ["BEAD", "EPIC"], "E_CONTAINER_TARGET"],
      ["an epic that is to have no convoy", ["EPIC"], "E_FLAG_CONTAINER", { convoy: "none" }],
      ["an epic for one runtime", ["EPIC"], "E_FLAG_CONTAINER", { agent: "codex" }],
      ...(
        [
          { account: "work" },
          { ralph: true },
          { args: "x" },
          { vars: { a: "b" } },
          { merge: "mr" },
          { baseBranch: "main" },
          { owned: true },
          { noMerge: true },
        ] as const
      ).map((options): [string, string[], string, SlingOptions] => [
        `an epic with ${Object.keys(options)[0]}`,
        ["EPIC"],
        "E_FLAG_CONTAINER",
        options,
      ]),
      ["several beads for one agent", ["BEAD", "BLOCKED", "web/nux"], "E_TARGET"],
      ["beads of several rigs", ["BEAD", "FOREIGN", "web"], "E_CROSS_RIG"],
      ["a formula that is not there", ["BEAD", "web"], "E_FORMULA", { formula: "nope" }],
      ["a formula whose values are missing", ["BEAD", "web"], "E_FORMULA_VARS", { formula: "needy" }],
      ["nobody's own hook", ["BEAD", "."], "E_TARGET"],
      ["a crew member that is not there", ["BEAD", "web/crew/nobody"], "E_AGENT_NOT_FOUND"],
      ["a shell bead without a script", ["SCRIPTLESS", "web"], "E_NO_SCRIPT", { agent: "shell" }],
    ];
  test.each(refusals)("%s", async (...[, words, code, options = {}]) => {
    const bead = await town.bead(access, "Work");
    const closed = await town.bead(access, "Closed");
    const blocked = await town.bead(access, "Blocked");
    const scriptless = await town.bead(access, "Scriptless", "", { description: "" });
    const epic = await town.bead(access, "Epic", "true", { type: "epic" });
    const foreign = await town.bead(access, "Foreign", "true", { scope: "api" });
    await access.ledger.write("overseer", [
      { op: "close", id: closed.id, close: { reason: "done" } },
      { op: "addDependency", edge: { from: blocked.id, to: bead.id, type: "blocks" } },
    ]);
    const ids: Readonly<Record<string, string>> = {
      BEAD: bead.id,
      CLOSED: closed.id,
      BLOCKED: blocked.id,
      EPIC: epic.id,
      FOREIGN: foreign.id,
      SCRIPTLESS: scriptless.id,
    };
    const events = await eventTypes();
    const before = await access.ledger.getMany(Object.values(ids));
    await expect(
      run(
        words.map((word) => ids[word] ?? word),
        options,
      ),
    ).rejects.toMatchObject({ code });

    const after = await access.ledger.getMany(Object.values(ids));
    for (const [id, was] of before)
      expect(after.get(id)).toMatchObject({
        status: was.status,
        assignee: was.assignee,
        metadata: was.metadata,
      });
    expect(await access.ledger.find({ type: "convoy" })).toEqual([]);
    expect(await access.ledger.rows("operations")).toEqual([]);
    expect(town.git("web", "branch", "--list", "polecat/*")).toBe("");
    const left = readdirSync(town.rig().polecats);
    expect(left).toEqual([]);
    // What was begun and undone leaves its trace in the history, everything else none at all.
    const fresh = (await eventTypes()).slice(events.length).filter((type) => type !== "agent_state");
    expect(fresh).toEqual([]);
  });

  test.each([
    ["more working polecats than the town allows", "E_POLECAT_CAP", { polecat: { max_working: 1 } }],
    ["more sandboxes than the rig may have", "E_POLECAT_DIRS", { polecat: { max_dirs: 1 } }],
    ["a disk that is nearly full", "E_DISK", { disk: { block_mb: 1_000_000_000 } }],
  ] as const)("%s", async (_, code, operational) => {
    const home = join(town.rig().polecats, "elsewhere");
    mkdirSync(home, { recursive: true });
    await access.ledger.write("overseer", [
      {
        op: "ensureAgent",
        agent: {
          ...{ id: "web-polecat-elsewhere", address: "web/polecats/elsewhere", role: "polecat" },
          ...{ rig: "web", name: "elsewhere", state: "working" },
        },
      },
    ]);
    town.write("settings/config.json", { default_agent: "shell", operational });
    onTestFinished(async () => {
      town.write("settings/config.json", { default_agent: "shell" });
      rmSync(home, { recursive: true });
      await access.ledger.write("overseer", [
        { op: "setAgent", address: "web/polecats/elsewhere", fields: { state: "nuked" } },
      ]);
    });
    const bead = await town.bead(access, "Work");
    await expect(run([bead.id, "web"])).rejects.toMatchObject({ code });
    expect(await access.ledger.get(bead.id)).toMatchObject({ status: "open", assignee: "" });
    expect(readdirSync(town.rig().polecats)).toEqual(["elsewhere"]);
  });

  test.each([
    ["parked", "web", "gt rig unpark web"],
    ["parked", "web/nux", "gt rig unpark web"],
    ["parked", "web/crew/sam", "gt rig unpark web"],
    ["docked", "web", "gt rig undock web"],
  ])("a %s rig has no work for %s", async (status, target, hint) => {
    const properties = rigLocalFile(town.root, "web");
    mkdirSync(dirname(properties), { recursive: true });
    writeFileSync(properties, JSON.stringify({ values: { status } }));
    onTestFinished(() => rmSync(properties));
    const bead = await town.bead(access, "Work");
    await expect(run([bead.id, target], { force: true })).rejects.toMatchObject({
      ...{ code: `E_RIG_${status.toUpperCase()}`, hint },
    });
    expect(await access.ledger.get(bead.id)).toMatchObject({ status: "open", assignee: "" });
  });

  test("a polecat that wants to dispatch", async () => {
    const bead = await town.bead(access, "Work");
    const polecat = { ...access, actor: "web/polecats/nux" };
    await expect(sling(polecat, { words: [bead.id, "web"], options: {} })).rejects.toMatchObject({
      code: "E_POLECAT_CALLER",
    });
  });
});
