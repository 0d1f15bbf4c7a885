import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { openTownLedger } from "../../../src/core/ledger/town-ledger.ts";
import { acquireLock } from "../../../src/core/lock/lock.ts";
import { installTown } from "../../../src/core/town/install-town.ts";
import { runScript } from "../../support/run-script.ts";
import { git } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const overseer = { name: "Ada", email: "ada@example.com" };

/** Every file with its content, without what is allowed to change by itself. */
function contents(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !/\.git\/|\.runtime\/|beads\.db/.test(file))
      .map((file) => [relative(root, file), readFileSync(file, "utf8")]),
  );
}

test("a town is made once, and again it changes nothing and commits nothing", async () => {
  const directory = temporaryDirectory();
  const root = join(directory, "town");
  const env = { ...process.env, XDG_STATE_HOME: join(directory, "state") };
  const first = await installTown({ root, name: "demo", git: true, overseer, env });
  expect(first).toMatchObject({ isNew: true, warnings: [], git: { initialized: true } });
  expect(git(root, "status", "--porcelain")).toBe("");
  expect(git(root, "rev-list", "--count", "HEAD")).toBe("1");
  expect(git(root, "log", "--format=%an <%ae> %s")).toBe("Ada <ada@example.com> chore: create town demo");
  expect(git(root, "ls-files")).toBe(
    [
      ".beads/.gitignore",
      ".beads/config.yaml",
      ".gitignore",
      "AGENTS.md",
      "CLAUDE.md",
      "mayor/daemon.json",
      "mayor/overseer.json",
      "mayor/town.json",
      "settings/config.json",
      "settings/escalation.json",
    ].join("\n"),
  );
  expect(statSync(join(root, "settings/escalation.json")).mode & 0o777).toBe(0o600);
  expect(statSync(join(root, ".runtime")).mode & 0o777).toBe(0o700);
  const ledger = await openTownLedger(first.town);
  expect((await ledger.agents()).map((agent) => `${agent.id} ${agent.address}`).sort()).toEqual([
    "hq-boot deacon/boot",
    "hq-deacon deacon/",
    "hq-mayor mayor/",
  ]);
  await ledger.close();

  const before = contents(root);
  const second = await installTown({ root, git: true, env });
  expect(second).toMatchObject({ isNew: false, made: [], git: { initialized: false, commit: undefined } });
  expect(contents(root)).toEqual(before);
  expect(git(root, "rev-list", "--count", "HEAD")).toBe("1");
});

test("a damaged town gets back what is missing and keeps what was changed", async () => {
  const directory = temporaryDirectory();
  const root = join(directory, "town");
  const env = { ...process.env, XDG_STATE_HOME: join(directory, "state") };
  await installTown({ root, overseer, env });
  writeFileSync(join(root, "settings/config.json"), '{"type":"town-settings","version":1,"x_mine":1}');
  writeFileSync(join(root, "CLAUDE.md"), `mine\n${readFileSync(join(root, "CLAUDE.md"), "utf8")}below\n`);
  const { rmSync } = await import("node:fs");
  rmSync(join(root, "mayor/daemon.json"));
  rmSync(join(root, "roles"), { recursive: true });
  const report = await installTown({ root, env });
  expect([...report.made].sort()).toEqual(["mayor/daemon.json", "roles"]);
  expect(readFileSync(join(root, "settings/config.json"), "utf8")).toContain("x_mine");
  expect(readFileSync(join(root, "CLAUDE.md"), "utf8")).toMatch(/^mine\n[\s\S]*below\n$/);
  await expect(installTown({ root, name: "other", env })).rejects.toMatchObject({ code: "E_EXISTS" });
});

const steps = ["directories", "ledger", "settings", "town", "git-init", "gitignore"];

test.each(steps)("killed after %s, the next install ends as if nothing had happened", async (step) => {
  const directory = temporaryDirectory();
  const undisturbed = join(directory, "a", "town");
  const root = join(directory, "b", "town");
  const env = { ...process.env, XDG_STATE_HOME: join(directory, "state") };
  const script = (path: string) => `
    import { installTown } from "src/core/town/install-town.ts";
    await installTown({ root: ${JSON.stringify(path)}, name: "demo", git: true,
      overseer: ${JSON.stringify(overseer)}, clock: { now: () => 1e12 } });
    process.stdout.write("made");
  `;
  const killed = runScript(script(root), { env: { ...env, GT_TEST_CRASH: `install.${step}` } });
  expect(await killed.ended).toBe("SIGKILL");
  const isTown = existsSync(join(root, "mayor/town.json"));
  expect(isTown).toBe(["town", "git-init", "gitignore"].includes(step));
  for (const path of [root, undisturbed]) expect(await runScript(script(path), { env }).ended).toBe(0);
  expect(contents(root)).toEqual(contents(undisturbed));
  expect(git(root, "status", "--porcelain")).toBe("");
  expect(git(root, "rev-list", "--count", "HEAD")).toBe("1");
});

test("a failing install removes what it made and nothing else", async () => {
  const directory = temporaryDirectory();
  const root = join(directory, "town");
  mkdirSync(join(root, "settings"), { recursive: true });
  mkdirSync(join(root, "mayor", "town.json"), { recursive: true });
  writeFileSync(join(root, "settings", "mine.txt"), "mine");
  const env = { ...process.env, XDG_STATE_HOME: join(directory, "state") };
  const before = readdirSync(root, { recursive: true }).sort();
  await expect(installTown({ root, overseer, force: true, env })).rejects.toMatchObject({ code: "E_EXISTS" });
  expect(readdirSync(root, { recursive: true }).sort()).toEqual(before);
  await expect(
    installTown({ root: join(directory, "fresh"), env, overseer, name: "a/b" }),
  ).rejects.toMatchObject({
    exitCode: 2,
  });
  expect(existsSync(join(directory, "fresh"))).toBe(false);
});

test("a place that the system refuses is told with the system's reason", async () => {
  const directory = temporaryDirectory();
  const env = { ...process.env, XDG_STATE_HOME: join(directory, "state") };
  await expect(installTown({ root: "/proc/gt-town", overseer, env })).rejects.toMatchObject({
    code: "E_FAILED",
    message: expect.stringMatching(/^cannot make a town at \/proc\/gt-town: E[A-Z]+/),
  });
});

test("places where no town may be are refused, and nothing is made there", async () => {
  const directory = temporaryDirectory();
  const env = { ...process.env, HOME: directory, XDG_STATE_HOME: join(directory, "state") };
  const install = (root: string, more = {}) => installTown({ root, overseer, env, ...more });
  const town = join(directory, "town");
  await install(town);
  await expect(install(join(town, "sub"))).rejects.toMatchObject({ code: "E_EXISTS", hint: `cd ${town}` });
  await expect(install(directory)).rejects.toMatchObject({ code: "E_REFUSED" });
  await expect(install("/etc")).rejects.toMatchObject({ code: "E_REFUSED" });
  const project = join(directory, "project");
  mkdirSync(project);
  git(project, "init", "--quiet");
  await expect(install(join(project, "town"))).rejects.toMatchObject({ code: "E_REFUSED" });
  const filled = join(directory, "filled");
  mkdirSync(filled);
  writeFileSync(join(filled, "notes.txt"), "mine");
  await expect(install(filled)).rejects.toMatchObject({
    code: "E_REFUSED",
    hint: `gt install ${filled} --force`,
  });
  expect(readdirSync(filled)).toEqual(["notes.txt"]);
  await install(filled, { force: true });
  expect(readFileSync(join(filled, "notes.txt"), "utf8")).toBe("mine");
});

test("without a git identity nobody is the overseer, and nothing is made", async () => {
  const directory = temporaryDirectory();
  const root = join(directory, "town");
  const script = runScript(
    `
    import { installTown } from "src/core/town/install-town.ts";
    await installTown({ root: ${JSON.stringify(root)} }).catch((error) => console.log(error.code, error.hint));
  `,
    {
      env: {
        HOME: directory,
        XDG_CONFIG_HOME: directory,
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_AUTHOR_NAME: undefined,
        GIT_AUTHOR_EMAIL: undefined,
      },
    },
  );
  expect(await script.ended).toBe(0);
  expect(script.output()).toMatch(/^E_PREREQ git config --global user\.name/);
  expect(existsSync(root)).toBe(false);
});

test("of two installs at once one waits, and both end well", async () => {
  const directory = temporaryDirectory();
  const root = join(directory, "town");
  const env = { ...process.env, XDG_STATE_HOME: join(directory, "state") };
  const reports = await Promise.all([1, 2].map(() => installTown({ root, overseer, git: true, env })));
  expect(reports.map((report) => report.git.initialized).sort()).toEqual([false, true]);
  expect(git(root, "rev-list", "--count", "HEAD")).toBe("1");
  const held = await acquireLock(join(root, ".runtime/locks"), "install", { kind: "install" });
  await expect(installTown({ root, env })).rejects.toMatchObject({ code: "E_BUSY" });
  held.release();
});
