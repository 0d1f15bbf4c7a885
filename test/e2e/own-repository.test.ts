import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runBd, runGt } from "../support/run-cli.ts";
import { waitFor } from "../support/wait-for.ts";

// This very repository is the rig: a person's checkout of it, with `main` checked out and no remote.
const project = resolve(import.meta.dirname, "../..");
let home: string;
let checkout: string;
let town: string;

const git = (...args: string[]): string =>
  execFileSync("git", ["-C", checkout, ...args], { encoding: "utf8" }).trim();

async function gt(...args: string[]): Promise<string> {
  const result = await runGt(args, { cwd: town });
  if (result.code !== 0) throw new Error(`gt ${args.join(" ")}: ${result.stderr}${result.stdout}`);
  return result.stdout;
}

async function createBead(title: string, script: string): Promise<string> {
  const description = `A change to a real file.\n\n\`\`\`bash\n${script}\n\`\`\`\n`;
  const result = await runBd(["create", title, "--rig", "house", "-d", description, "--json"], { cwd: town });
  if (result.code !== 0) throw new Error(result.stderr + result.stdout);
  return (result.json() as { id: string }).id;
}

async function showBead(id: string): Promise<{ status: string; close_reason?: string }> {
  const shown = (await runBd(["show", id, "--json"], { cwd: town })).json();
  return (Array.isArray(shown) ? shown[0] : shown) as { status: string; close_reason?: string };
}

beforeAll(async () => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "gt-own-")));
  checkout = join(home, "checkout");
  town = join(home, "town");
  execFileSync("git", ["clone", "-q", "--no-local", project, checkout]);
  git("checkout", "-q", "-B", "main");
  git("remote", "remove", "origin");
  expect((await runGt(["install", town], { cwd: home })).code).toBe(0);
  await gt("rig", "add", "house", checkout, "--prefix", "ho", "--yes");
  const settingsFile = join(town, "house/settings/config.json");
  const settings = JSON.parse(readFileSync(settingsFile, "utf8"));
  settings.merge_queue = {
    setup_command: `ln -sfn '${join(project, "node_modules")}' node_modules`,
    // The compiler on the file that a bead changes and what it imports: all of the sources take it seconds, at every merge.
    typecheck_command:
      "node_modules/.bin/tsc --noEmit --ignoreConfig --strict --target esnext --module nodenext --types node src/core/clock.ts",
    batch: { batch_wait_time: "1s" },
  };
  writeFileSync(settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
}, 120_000);

afterAll(async () => {
  await runGt(["down", "--all", "--force"], { cwd: town });
  rmSync(home, { recursive: true, force: true });
}, 60_000);

test("three beads of this repository land on its main branch and bring the person's clean checkout along", async () => {
  const before = git("rev-parse", "main");
  const beads = [
    await createBead(
      "Say what the clock is for",
      "echo '// A clock is passed, never read in passing.' >> src/core/clock.ts",
    ),
    await createBead(
      "Name the licence in the readme",
      "sed -i.bak 's/^MIT licence.$/MIT licence, see LICENSE./' README.md && rm README.md.bak",
    ),
    await createBead("Greet the reader", "mkdir -p docs && echo 'hello' > docs/hello.md"),
  ];
  await gt("sling", ...beads, "house", "--agent", "shell");
  for (const bead of beads)
    await waitFor(async () => (await showBead(bead)).status === "closed", {
      timeoutMs: 150_000,
      what: `${bead} to land`,
    });

  const landed = git("log", "--format=%s%n%b", `${before}..main`);
  expect(git("rev-list", "--count", `${before}..main`)).toBe("3");
  for (const bead of beads) {
    expect(landed).toContain(`Gastown-Issue: ${bead}`);
    expect((await showBead(bead)).close_reason).toMatch(/^Merged in ho-mr-/);
  }
  const convoy = await waitFor(
    async () => {
      const listed = await runGt(["convoy", "list", "--all", "--json"], { cwd: town });
      return listed
        .json<{ status: string; completed: number; total: number }[]>()
        .find((one) => one.status === "closed");
    },
    { what: "the convoy to land" },
  );
  expect(convoy).toMatchObject({ completed: 3, total: 3 });
  // The checkout moved forward with the push: same commit, nothing left over, all files there.
  expect(git("status", "--porcelain")).toBe("");
  expect(git("rev-parse", "HEAD")).toBe(git("rev-parse", "main"));
  expect(readFileSync(join(checkout, "docs/hello.md"), "utf8")).toBe("hello\n");
}, 200_000);

test("a dirty checkout keeps its uncommitted lines: the queue holds, says why, and goes on by itself", async () => {
  const readme = join(checkout, "README.md");
  const unsaved = `${readFileSync(readme, "utf8")}\nA line that nobody has committed.\n`;
  writeFileSync(readme, unsaved);
  const before = git("rev-parse", "main");
  const bead = await createBead("Wave goodbye", "echo 'goodbye' > docs/goodbye.md");
  await gt("sling", bead, "house", "--agent", "shell");
  await waitFor(async () => (await gt("mq", "list", "house")).includes("origin_dirty"), {
    timeoutMs: 150_000,
    what: "the queue to hold the merge",
  });
  expect(readFileSync(readme, "utf8")).toBe(unsaved);
  expect(git("rev-parse", "main")).toBe(before);
  expect(existsSync(join(checkout, "docs/goodbye.md"))).toBe(false);

  git("stash");
  await waitFor(async () => (await showBead(bead)).status === "closed", {
    timeoutMs: 150_000,
    what: `${bead} to land after the stash`,
  });
  git("stash", "pop");
  expect(readFileSync(readme, "utf8")).toBe(unsaved);
  expect(readFileSync(join(checkout, "docs/goodbye.md"), "utf8")).toBe("goodbye\n");
}, 200_000);
