import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findTownRoot } from "../../../src/core/town/find-town.ts";
import { rememberTown } from "../../../src/core/town/known-towns.ts";
import { noTownError } from "../../../src/core/town/no-town-error.ts";
import { openTown } from "../../../src/core/town/open-town.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

function makeTown(root: string, content: unknown = { type: "town", version: 2, name: "demo" }): string {
  mkdirSync(join(root, "mayor"), { recursive: true });
  writeFileSync(
    join(root, "mayor/town.json"),
    typeof content === "string" ? content : JSON.stringify(content),
  );
  return root;
}

test("the outermost town on the way up wins, so that a project's own town does not capture a command", () => {
  const root = makeTown(join(temporaryDirectory(), "town"));
  const inner = makeTown(join(root, "web/mayor/rig"));
  mkdirSync(join(inner, "src/deep"), { recursive: true });
  expect(findTownRoot({ cwd: join(inner, "src/deep"), env: {} })).toBe(root);
});

test("the way by which one came counts, then the real place, then the environment", () => {
  const directory = temporaryDirectory();
  const root = makeTown(join(directory, "town"));
  const elsewhere = join(directory, "elsewhere");
  mkdirSync(elsewhere);
  mkdirSync(join(root, "web"));
  symlinkSync(elsewhere, join(root, "link"));
  symlinkSync(join(root, "web"), join(directory, "shortcut"));
  expect(findTownRoot({ cwd: elsewhere, env: { PWD: join(root, "link") } })).toBe(root);
  expect(findTownRoot({ cwd: elsewhere, env: { PWD: join(root, "web") } })).toBeUndefined();
  expect(findTownRoot({ cwd: join(root, "web"), env: { PWD: join(directory, "shortcut") } })).toBe(root);
  expect(findTownRoot({ cwd: elsewhere, env: { GT_TOWN_ROOT: directory, GT_ROOT: root } })).toBe(root);
});

test("--town must name a town", () => {
  const directory = temporaryDirectory();
  const root = makeTown(join(directory, "town"));
  expect(findTownRoot({ cwd: directory, env: {}, flag: "town" })).toBe(root);
  expect(() => findTownRoot({ cwd: root, env: {}, flag: directory })).toThrow(`no town at ${directory}`);
});

test("outside, the error names the directory, the towns that are known, and a stray mayor", async () => {
  const directory = temporaryDirectory();
  const env = { HOME: directory, XDG_STATE_HOME: join(directory, "state") };
  const towns = ["one", "two", "gone"].map((name) => makeTown(join(directory, name)));
  for (const [index, root] of towns.entries())
    await rememberTown({ root, name: `t${index}` }, env, "2026-01-01T00:00:00Z");
  rmSync(join(directory, "gone"), { recursive: true });
  mkdirSync(join(directory, "stray/mayor"), { recursive: true });
  const error = noTownError({ cwd: join(directory, "stray"), env });
  expect(error).toMatchObject({ code: "E_NO_TOWN", exitCode: 1 });
  expect(error.why).toEqual([
    `no mayor/town.json in ${join(directory, "stray")} or above, and GT_TOWN_ROOT is not set`,
    expect.stringContaining(`gt install ${join(directory, "stray")}`),
    "known towns: ~/two (t1), ~/one (t0)",
  ]);
  expect(noTownError({ cwd: join(directory, "vanished"), env }).why[0]).toContain("no longer exists");
});

test.each([
  ["{broken", "E_TOWN_INVALID"],
  ['{"type":"other"}', "E_TOWN_INVALID"],
  ['{"type":"town","version":99}', "E_VERSION"],
])("a town file %s is refused with what to do", (content, code) => {
  const root = makeTown(join(temporaryDirectory(), "town"), content);
  expect(() => openTown(root)).toThrow(expect.objectContaining({ code, hint: expect.any(String) }));
});

test("the registry is read anew when it changes, and says which entry is wrong", () => {
  const root = makeTown(join(temporaryDirectory(), "town"));
  const town = openTown(root);
  const write = (rigs: unknown) =>
    writeFileSync(join(root, "mayor/rigs.json"), JSON.stringify({ version: 1, rigs }));
  expect(town.rigs()).toEqual([]);
  write({
    web: { git_url: "https://example.com/web.git", beads: { prefix: "my" } },
    app: { git_url: "x", beads: { prefix: "my-app" } },
  });
  expect(town.rigs().map((rig) => rig.name)).toEqual(["app", "web"]);
  expect(town.rigOfBead("my-app-x1")?.name).toBe("app");
  expect(town.rigOfBead("my-x1")?.name).toBe("web");
  expect(town.rigOfBead("other-x1")).toBeUndefined();
  expect(() => town.rig("webb")).toThrow('no rig named "webb" in this town (did you mean "web"?)');
  write({ web: {} });
  expect(() => town.rigs()).toThrow('rig "web" has no beads.prefix');
});
