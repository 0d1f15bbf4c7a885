import { mkdirSync, readlinkSync, rmdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root, env: { HOME: town.root } });

test("accounts are added, listed, made default and switched by hand, without touching anybody's login", async () => {
  expect((await gt("account", "list")).stdout).toContain("No accounts");
  const added = await gt("account", "add", "work", "--email", "ada@example.com");
  expect(added.stdout).toContain(`CLAUDE_CONFIG_DIR=${join(town.root, ".claude-accounts/work")} claude`);
  await gt("account", "add", "home");
  expect((await gt("account", "default")).stdout).toBe("work\n");
  expect((await gt("account", "default", "home")).stdout).toContain("Default account is 'home'");
  expect(await gt("account", "default", "hmoe")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("account 'hmoe' not found"),
  });
  expect((await gt("account", "status", "--json")).json()).toMatchObject([
    { handle: "work", email: "ada@example.com", default: false, status: "available" },
    { handle: "home", default: true },
  ]);
  mkdirSync(join(town.root, ".claude"));
  expect(await gt("account", "switch", "work")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("nothing was changed"),
  });
  rmdirSync(join(town.root, ".claude"));
  symlinkSync(join(town.root, ".claude-accounts/home"), join(town.root, ".claude"));
  expect(await gt("account", "switch", "work")).toMatchObject({ code: 0 });
  expect(readlinkSync(join(town.root, ".claude"))).toBe(join(town.root, ".claude-accounts/work"));
});

test("limits are looked for, rotated away from and forgotten", async () => {
  expect(await gt("quota", "rotate")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("need at least 2 accounts for rotation (have 0)"),
  });
  await gt("account", "add", "work");
  await gt("account", "add", "home");
  expect((await gt("quota", "rotate", "-n")).stdout).toBe("No session has to change its account.\n");
  expect((await gt("quota", "scan", "--update")).stdout).toContain("No session of a registered account");
  const { ledger } = await town.access();
  await ledger.write("overseer", [
    { op: "putRow", table: "quota", key: "work", value: { limitedAt: 1, resetsAt: Date.now() + 60_000 } },
  ]);
  expect((await gt("quota", "status")).stdout).toContain("limited until 20");
  expect((await gt("quota", "clear", "work")).stdout).toContain("1 account available");
  expect((await gt("quota", "status")).stdout).not.toContain("limited");
});
