import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { addRig } from "../../../src/core/town/add-rig.ts";
import { installTown } from "../../../src/core/town/install-town.ts";
import { localOriginPath } from "../../../src/core/town/rig-source.ts";
import { runScript } from "../../support/run-script.ts";
import { commit, git, scratchOrigin, scratchRepository } from "../../support/scratch-repository.ts";
import { scratchTown } from "../../support/scratch-town.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function emptyTown() {
  const { onTestFinished } = await import("vitest");
  const scratch = await scratchTown({ git: true });
  onTestFinished(() => scratch.dispose());
  const ledger = await scratch.ledger();
  const add = (name: string, source: string, more: Partial<Parameters<typeof addRig>[2]> = {}) =>
    addRig(scratch.town, ledger, { name, source, cwd: scratch.outside, actor: "overseer", ...more });
  return { ...scratch, ledger, add, place: (name: string) => join(scratch.outside, name) };
}

test("a bare origin becomes a rig: repository, worktrees, beads, registry, commit, event", async () => {
  const { town, root, ledger, add, place } = await emptyTown();
  const origin = scratchOrigin(place("web.git"), { "a.txt": "1\n" });
  const { rig, warnings } = await add("web", origin);
  expect(warnings).toEqual([]);
  expect(rig).toMatchObject({
    name: "web",
    prefix: "web",
    defaultBranch: "main",
    gitUrl: `file://${origin}`,
  });
  expect(localOriginPath(rig.gitUrl)).toBe(origin);
  expect(readFileSync(join(rig.reference, "a.txt"), "utf8")).toBe("1\n");
  expect(git(rig.refinery, "rev-parse", "HEAD")).toBe(git(origin, "rev-parse", "main"));
  expect(git(rig.repository, "config", "remote.origin.fetch")).toBe("+refs/heads/*:refs/remotes/origin/*");
  expect((await ledger.agents({ rig: "web" })).map((agent) => agent.id).sort()).toEqual([
    "web-refinery",
    "web-witness",
  ]);
  expect(await ledger.get("web-rig-web")).toMatchObject({ type: "rig", scope: "web" });
  expect(git(root, "log", "-1", "--format=%s")).toBe("chore: add rig web");
  expect(git(root, "status", "--porcelain")).toBe("");
  expect(readEvents(town.paths.events).map((event) => event.type)).toContain("rig_added");
  expect(existsSync(join(rig.path, ".gt-rig-add.json"))).toBe(false);
  await expect(add("Web", origin)).rejects.toMatchObject({ code: "E_EXISTS" });
});

test("a person's working copy stays exactly as it was, dirty files and all", async () => {
  const { add, place } = await emptyTown();
  const project = scratchRepository(place("project"), { "a.txt": "1\n" });
  writeFileSync(join(project, "a.txt"), "changed\n");
  writeFileSync(join(project, "new.txt"), "untracked\n");
  const before = [git(project, "status", "--porcelain"), git(project, "config", "--list", "--local")];
  const { rig, warnings } = await add("project", "./project");
  expect(rig.gitUrl).toBe(`file://${project}`);
  expect(warnings).toEqual([expect.stringContaining("updateInstead")]);
  expect([git(project, "status", "--porcelain"), git(project, "config", "--list", "--local")]).toEqual(
    before,
  );
  expect(readFileSync(join(rig.reference, "a.txt"), "utf8")).toBe("1\n");
});

test("a clone only lends its objects: its origin is the project, and nothing depends on it afterwards", async () => {
  const { add, place } = await emptyTown();
  const origin = scratchOrigin(place("origin.git"));
  git(place("."), "clone", "--quiet", origin, place("clone"));
  commit(place("clone"), "Not pushed", { "local.txt": "1\n" });
  const { rig, notes } = await add("web", place("clone"), { prefix: "w" });
  expect(rig.gitUrl).toBe(`file://${origin}`);
  expect(notes[0]).toContain("only lends its objects");
  expect(existsSync(join(rig.reference, "local.txt"))).toBe(false);
  expect(existsSync(join(rig.repository, "objects/info/alternates"))).toBe(false);
});

test("bad input is one error with the next command, and changes nothing", async () => {
  const { root, ledger, add, place } = await emptyTown();
  mkdirSync(place("empty"));
  git(place("empty"), "init", "--quiet");
  scratchRepository(place("project"), { "sub/a.txt": "1" });
  const state = async () => ({
    files: readdirSync(root).sort(),
    registry: existsSync(join(root, "mayor/rigs.json")),
    beads: await ledger.count({}),
    prefixes: (await ledger.prefixes()).length,
  });
  const before = await state();
  const cases: readonly (readonly [string, string, object, object])[] = [
    [
      "my-app",
      "./project",
      {},
      { code: "E_USAGE", exitCode: 2, hint: "gt rig add my_app <git-url or path>" },
    ],
    ["hq", "./project", {}, { code: "E_USAGE" }],
    ["web", "ext::sh -c x", {}, { code: "E_USAGE" }],
    ["web", "--upload-pack=x", {}, { code: "E_USAGE" }],
    ["web", "ftp://example.com/x", {}, { code: "E_USAGE" }],
    ["web", "./nowhere", {}, { code: "E_NOT_FOUND" }],
    ["web", "./empty", {}, { code: "E_DATA" }],
    ["web", "./project/sub", {}, { code: "E_NOT_FOUND", hint: `gt rig add <name> ${place("project")}` }],
    ["web", `file://${place("gone.git")}`, {}, { code: "E_NOT_FOUND" }],
    ["web", "./project", { branch: "nope" }, { code: "E_NOT_FOUND" }],
    ["web", "./project", { prefix: "A B" }, { code: "E_USAGE" }],
    ["web", "./project", { prefix: "hq" }, { code: "E_EXISTS" }],
  ];
  for (const [name, source, more, error] of cases) {
    await expect(add(name, source, more), `${name} ${source}`).rejects.toMatchObject(error);
    await expect(add(name, source, more)).rejects.toHaveProperty("hint", expect.any(String));
    expect(await state(), `${name} ${source}`).toEqual(before);
  }
  mkdirSync(join(root, "taken"));
  writeFileSync(join(root, "taken", "mine.txt"), "mine");
  await expect(add("taken", "./project")).rejects.toMatchObject({ code: "E_EXISTS" });
  expect(readdirSync(join(root, "taken"))).toEqual(["mine.txt"]);
});

const steps = ["clone", "worktrees", "files", "ledger", "registry", "registered"];

test.each(steps)("killed at %s, the same command makes the same rig", async (step) => {
  const { town, ledger, add, place, root } = await emptyTown();
  scratchOrigin(place("web.git"));
  const killed = runScript(
    `
    import { openTown } from "src/core/town/open-town.ts";
    import { openTownLedger } from "src/core/ledger/town-ledger.ts";
    import { addRig } from "src/core/town/add-rig.ts";
    const town = openTown(${JSON.stringify(root)});
    await addRig(town, await openTownLedger(town), { name: "web", source: "./web.git", cwd: ${JSON.stringify(place("."))}, actor: "overseer" });
  `,
    { env: { GT_TEST_CRASH: `rig-add.${step}` } },
  );
  expect(await killed.ended).toBe("SIGKILL");
  expect(town.rigs()).toHaveLength(step === "registered" ? 1 : 0);
  const { rig } = await add("web", "./web.git");
  expect(git(rig.refinery, "status", "--porcelain")).toBe("");
  expect((await ledger.find({ scope: "web" })).map((bead) => bead.id).sort()).toEqual([
    "web-refinery",
    "web-rig-web",
    "web-witness",
  ]);
  expect(existsSync(join(rig.path, ".gt-rig-add.json"))).toBe(false);
  expect(git(root, "log", "--format=%s")).toBe("chore: add rig web\nchore: create town scratch");
  await expect(add("web", "./web.git")).rejects.toMatchObject({ code: "E_EXISTS" });
});

test("rigs added at once are all there, each with a prefix of its own", async () => {
  const { town, ledger, add, place, root } = await emptyTown();
  const names = ["beagle", "beacon", "bees", "beetle"];
  for (const name of names) scratchOrigin(place(`${name}.git`));
  await Promise.all(names.map((name) => add(name, `./${name}.git`)));
  expect(town.rigs().map((rig) => rig.name)).toEqual([...names].sort());
  expect(new Set(town.rigs().map((rig) => rig.prefix)).size).toBe(4);
  expect(await ledger.agents({ role: "witness" })).toHaveLength(4);
  expect(git(root, "status", "--porcelain")).toBe("");
});

test("one name added twice at once is added once", async () => {
  const { town, add, place } = await emptyTown();
  scratchOrigin(place("web.git"));
  const results = await Promise.allSettled([add("web", "./web.git"), add("web", "./web.git")]);
  expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(town.rigs()).toHaveLength(1);
});

test("an interrupt takes everything away", async () => {
  const { root, add, place } = await emptyTown();
  scratchOrigin(place("web.git"));
  const control = new AbortController();
  const before = readdirSync(root).sort();
  await expect(
    add("web", "./web.git", {
      signal: control.signal,
      onStage: (stage) => void (stage.startsWith("cloned") && control.abort()),
    }),
  ).rejects.toMatchObject({ code: "E_INTERRUPTED", exitCode: 130 });
  expect(readdirSync(root).sort()).toEqual(before);
});

test("keys that somebody put into the registry by hand survive", async () => {
  const directory = temporaryDirectory();
  const { town } = await installTown({
    root: join(directory, "town"),
    overseer: { name: "Ada", email: "" },
    env: { ...process.env, XDG_STATE_HOME: join(directory, "state") },
  });
  const { openTownLedger } = await import("../../../src/core/ledger/town-ledger.ts");
  const ledger = await openTownLedger(town);
  writeFileSync(join(town.root, "mayor/rigs.json"), '{"x_mine": 1, "version": 1, "rigs": {}}');
  scratchOrigin(join(directory, "web.git"));
  await addRig(town, ledger, { name: "web", source: "./web.git", cwd: directory, actor: "overseer" });
  expect(Object.keys(JSON.parse(readFileSync(join(town.root, "mayor/rigs.json"), "utf8")))).toEqual([
    "x_mine",
    "version",
    "rigs",
  ]);
  await ledger.close();
});
