import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runBd, runGt } from "../../support/run-cli.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const root = join(import.meta.dirname, "../../..");

it("has a small file for every command line that agents call at each prompt", () => {
  const names = readdirSync(join(root, "src/ui/cli/quick")).map((file) => file.replace(".ts", ""));
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) expect(existsSync(join(root, "dist", `${name}.js`)), name).toBe(true);
});

it("leaves other commands of the same group, help and mistakes to the whole program", async () => {
  const cwd = temporaryDirectory();
  const help = await runGt(["hook", "--help"], { cwd });
  expect(help.code).toBe(0);
  expect(help.stdout).toContain("rollback");
  const mistake = await runGt(["hook", "--no-such-flag"], { cwd });
  expect(mistake.code).toBe(2);
  const guards = await runGt(["tap", "list"], { cwd });
  expect(guards.stdout).toContain("dangerous-command");
  for (const args of [["hook", "we-1"], ["hook", "snapshots", "web/nux"], ["prime", "--state"], ["hook"]]) {
    const outside = await runGt(args, { cwd });
    expect(outside.stdout + outside.stderr).toMatch(/\btown|workspace/i);
    expect(outside.stdout + outside.stderr).not.toContain("defect");
  }
});

it("shows and lists beads the same way", async () => {
  const cwd = temporaryDirectory();
  expect((await runBd(["init", "--prefix", "qk"], { cwd })).code).toBe(0);
  const made = await runBd(["create", "A small thing", "--json"], { cwd });
  const { id } = made.json() as { readonly id: string };
  expect((await runBd(["show", id], { cwd })).stdout).toContain("A small thing");
  expect((await runBd(["ready"], { cwd })).stdout).toContain(id);
  expect((await runBd(["show", "qk-none"], { cwd })).code).not.toBe(0);
  expect((await runBd(["show", "--current"], { cwd })).stderr).not.toContain("defect");
});

it("finds the mail command of its own package, not of PATH", async () => {
  const mail = await runBd(["mail", "inbox"], { cwd: temporaryDirectory() });
  expect(mail.stdout + mail.stderr).toContain("workspace");
});
