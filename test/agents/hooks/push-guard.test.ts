import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canGuardPushes, withPushGuard } from "../../../src/agents/hooks/push-guard.ts";
import { packageRoot } from "../../../src/core/package-root.ts";
import { cliEnv } from "../../support/run-cli.ts";
import { commit, git, writeFiles } from "../../support/scratch-repository.ts";
import { QueueTown } from "../refinery/queue-town.ts";

const hook = (name: string, more = "") =>
  `#!/bin/sh\n{ echo "${name} $*"; [ -t 0 ] || cat; } >> "$NOTES"\n${more}`;

test("an agent's push is looked at, and every hook of the project and of its server runs as it always did", async () => {
  const town = await QueueTown.make();
  const { rig, origin } = town;
  await town.submit({ "a.txt": "a\n" });
  const notes = join(town.root, "notes");
  const work = join(town.root, "work");
  git(rig.repository, "worktree", "add", "--quiet", "-b", "polecat/nux/web-1", work, "origin/main");
  // As husky does it: hooks in the worktree, named in the configuration that all worktrees share.
  git(rig.repository, "config", "core.hooksPath", ".husky/_");
  const veto = "grep -q FORBIDDEN *.txt && exit 1\nexit 0\n";
  writeFiles(work, {
    ".husky/_/pre-commit": hook("pre-commit", veto),
    ".husky/_/pre-push": hook("pre-push"),
  });
  writeFiles(origin, { "hooks/pre-receive": hook("pre-receive") });
  spawnSync("chmod", ["-R", "755", join(work, ".husky"), join(origin, "hooks")]);
  const before = town.head();
  rmSync(notes, { force: true });

  const person = {
    ...cliEnv(),
    NOTES: notes,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "x.y",
    GIT_CONFIG_VALUE_0: "z",
  };
  const agent = withPushGuard({
    ...person,
    ...{ GT_ROLE: "web/polecats/nux", BD_ACTOR: "web/polecats/nux", GT_SESSION: "web-nux", GT_RIG: "web" },
    ...{ GT_TOWN_ROOT: town.root, GT_BIN: join(packageRoot(), "bin", "gt") },
  });
  const run = (env: Record<string, string>, ...args: readonly string[]) => {
    const { status, stderr, stdout } = spawnSync("git", args, { cwd: work, env, encoding: "utf8" });
    const seen = existsSync(notes) ? readFileSync(notes, "utf8") : "";
    rmSync(notes, { force: true });
    return { ok: status === 0, text: stdout + stderr, seen };
  };

  expect(agent["GIT_CONFIG_COUNT"]).toBe("2");
  expect(withPushGuard(agent)).toEqual(agent);
  writeFiles(work, { "b.txt": "b\n" });
  run(agent, "add", "b.txt");
  expect(run(agent, "commit", "-m", "Add b")).toMatchObject({ ok: true, seen: "pre-commit \n" });
  writeFiles(work, { "c.txt": "FORBIDDEN\n" });
  run(agent, "add", "c.txt");
  expect(run(agent, "commit", "-m", "Add c"), "the project's own veto").toMatchObject({ ok: false });
  git(work, "reset", "--quiet", "--hard");

  const head = git(work, "rev-parse", "HEAD");
  const refused = run(agent, "push", "origin", "HEAD:main");
  expect(refused).toMatchObject({ ok: false, seen: "" });
  expect(refused.text).toContain("blocked by gas town: only the merge queue pushes main");
  expect(town.head()).toBe(before);
  expect(town.events("guard_denied")).toMatchObject([{ payload: { guard: "push" } }]);

  const own = run(agent, "push", "origin", "HEAD");
  expect(own.ok, own.text).toBe(true);
  const ref = "refs/heads/polecat/nux/web-1";
  // Git's two lines, once each: to the project's hook, and to the server's, which sees nothing of our variables.
  expect(own.seen).toBe(
    `pre-push origin ${origin}\n${ref.replace(ref, "HEAD")} ${head} ${ref} ${"0".repeat(40)}\npre-receive \n${"0".repeat(40)} ${head} ${ref}\n`,
  );

  writeFiles(work, { ".husky/_/pre-push": hook("pre-push", "exit 1\n") });
  expect(run(agent, "push", "origin", "HEAD:other"), "the project refuses").toMatchObject({ ok: false });
  rmSync(join(work, ".husky/_/pre-push"));
  expect(run(agent, "push", "origin", "HEAD:other"), "without hooks of its own").toMatchObject({ ok: true });
  // The ledger cannot be read: nobody is kept from anything.
  expect(run({ ...agent, GT_TOWN_ROOT: "/nowhere", GT_ROOT: "" }, "push", "origin", "HEAD:third").ok).toBe(
    true,
  );

  expect(run(person, "push", "origin", "HEAD:main"), "a person in the same worktree").toMatchObject({
    ok: true,
  });
  expect(git(rig.repository, "config", "core.hooksPath")).toBe(".husky/_");
  town.blamePerson();

  expect(await canGuardPushes(work)).toBe(true);
  commit(work, "Watch refs", { ".husky/_/reference-transaction": hook("reference-transaction") });
  expect(await canGuardPushes(work), "a hook that nothing stands in for").toBe(false);
}, 60_000);
