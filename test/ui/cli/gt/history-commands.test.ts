import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { namedBead } from "../../../../src/core/ledger/named-bead.ts";
import { runGt } from "../../../support/run-cli.ts";
import { git } from "../../../support/scratch-repository.ts";
import { scratchTown } from "../../../support/scratch-town.ts";

/** A town in which the polecat nux has committed, and a bead was made and closed. */
async function busyTown() {
  const scratch = await scratchTown({ rigs: [{ name: "web", prefix: "web" }] });
  onTestFinished(() => scratch.dispose());
  const ledger = await scratch.ledger();
  const nux = "web/polecats/nux";
  const { created } = await ledger.write(nux, [
    { op: "create", as: "a", bead: { title: "Add \u001b[31mlogin", scope: "web", type: "task" } },
    {
      op: "ensureAgent",
      agent: { id: "web-polecat-nux", address: nux, role: "polecat", rig: "web", name: "nux" },
    },
    { op: "hook", address: nux, bead: "$a" },
    { op: "event", event: { type: "hook", payload: { bead: namedBead("a"), rig: "web" } } },
  ]);
  const worktree = join(scratch.root, "web/polecats/nux/web");
  git(
    scratch.town.rig("web").repository,
    "worktree",
    "add",
    "--quiet",
    "-b",
    "work",
    worktree,
    "origin/main",
  );
  git(
    worktree,
    "-c",
    `user.name=${nux}`,
    "commit",
    "--quiet",
    "--allow-empty",
    `--author=${nux} <ada@example.com>`,
    "-m",
    "Add login",
  );
  const gt = (...args: readonly string[]) => runGt(args, { cwd: scratch.root });
  return { ...scratch, ledger, worktree, nux, bead: String(created[0]), gt };
}

test("the trail shows agents' commits, changed beads and hooks", async () => {
  const { gt, worktree, nux, bead, outside } = await busyTown();
  const commits = await gt("trail", "--json");
  expect(commits.json()).toMatchObject([{ subject: "Add login", author: nux, is_agent: true }]);
  expect((await gt("trail", "commits", "--all", "--json")).json<object[]>()).toHaveLength(2);
  expect((await runGt(["trail"], { cwd: worktree })).stdout).toMatch(
    /^\w+ Add login\n {4}web\/polecats\/nux just now\n/,
  );
  expect((await gt("trail", "beads")).stdout).toBe(`${bead} Add login\n    hooked just now by ${nux}\n`);
  expect((await gt("trail", "hooks", "--json")).json()).toMatchObject([{ type: "hook", actor: nux, bead }]);
  expect((await runGt(["trail"], { cwd: outside })).code).toBe(1);
});

test("the audit is one timeline by day, and a source that cannot be read is a warning", async () => {
  const { gt, bead, root } = await busyTown();
  const audit = await gt("audit", "--actor", "nux", "--json");
  expect(
    audit
      .json<{ type: string }[]>()
      .map((entry) => entry.type)
      .sort(),
  ).toEqual(["commit", "created", "hook"]);
  const text = (await gt("audit")).stdout;
  expect(text).toMatch(/^── \d{4}-\d\d-\d\d ──\n/);
  expect(text).toContain(`[beads] created ${bead}: Add login\n         by web/polecats/nux\n`);
  renameSync(join(root, "web/.repo.git"), join(root, "web/.gone.git"));
  const broken = await gt("audit");
  expect(broken.code).toBe(0);
  expect(broken.stderr).toContain("warning: cannot read the commits of web");
});

test("formulas write events, with what their types need", async () => {
  const { gt } = await busyTown();
  expect(await gt("activity", "emit", "patrol_started")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--rig is required for patrol_started events"),
  });
  expect((await gt("activity", "emit", "polecat_nudged", "--rig", "web")).stderr).toContain(
    "--polecat is required",
  );
  await gt("activity", "emit", "patrol_complete", "--rig", "web", "--message", "all well", "--count", "1");
  await gt("activity", "emit", "merge_skipped", "--target", "feature", "--reason", "draft");
  const list = await gt("activity", "--rig", "web");
  expect(list.stdout).toMatch(/✓ overseer {18}all well\n$/);
  expect((await gt("activity", "list", "--type", "merge")).stdout).toContain("skipped feature: draft");
});

test("vitals are fine in a fresh town and end with 3 when something needs care", async () => {
  const { gt, town, root } = await busyTown();
  const well = await gt("vitals");
  expect(well.code).toBe(0);
  expect(well.stdout).toMatch(/web +1 +1 +0 +0%/);
  appendFileSync(town.paths.events, '{"ts":"2026\n');
  renameSync(join(root, "web/.repo.git"), join(root, "web/.gone.git"));
  const ill = await gt("vitals", "--json");
  expect(ill.code).toBe(3);
  expect(ill.json()).toMatchObject({
    events: { bad_lines: 1 },
    warnings: [
      { area: "events", message: "1 bad line" },
      { area: "rigs", hint: "gt rig add web --adopt" },
    ],
  });
});

test("finished work is listed by rig, and the program tells about itself anywhere", async () => {
  const { gt, ledger, bead, outside, root } = await busyTown();
  expect((await gt("changelog")).stdout).toBe("Nothing was finished.\n");
  await ledger.write("overseer", [{ op: "close", id: bead, close: { reason: "done", force: true } }]);
  expect((await gt("changelog", "--today")).stdout).toMatch(
    new RegExp(`^web \\(1\\)\n  ✓ ${bead} Add login \\d{4}-\\d\\d-\\d\\d\n$`),
  );
  expect((await gt("changelog", "--rig", "web", "--json")).json()).toMatchObject([{ id: bead, rig: "web" }]);
  expect((await gt("info", "--json")).json()).toMatchObject({ town: root, rigs: ["web"] });
  expect((await runGt(["info"], { cwd: outside })).stdout).toContain("Town     none here");
});

test("an exit that somebody else saw is recorded by its code", async () => {
  const { gt } = await busyTown();
  await gt("log", "crash", "--agent", "web/polecats/nux", "--exit-code", "137");
  await gt("log", "crash", "--agent", "web/polecats/nux", "--exit-code", "130");
  await gt("log", "crash", "--agent", "web/polecats/nux", "--exit-code", "0");
  const types = (await gt("log", "--json")).json<{ type: string }[]>().map((entry) => entry.type);
  expect(types).toEqual(["session_death", "kill", "session_end"]);
  expect((await gt("log", "-t", "crash")).stdout).toMatch(/session web-nux died: exit code 137\n$/);
  expect((await gt("log", "crash")).code).toBe(2);
});

test("the status line tells each role its own, and an emergency stop before all", async () => {
  const { gt, root, bead, outside } = await busyTown();
  const line = async (session: string) => (await gt("statusline", "--session", session)).stdout;
  expect(await line("web-nux")).toBe(`😺 🪝 ${bead}: Add login\n`);
  expect(await line("web-refinery")).toBe("idle\n");
  expect(await line("web-witness")).toBe("0 crew\n");
  expect(await line("hq-mayor")).toBe("0/1 🦉 0/1 🏭 | ⚫ web\n");
  expect(await line("nobody")).toBe("\n");
  expect(await runGt(["statusline"], { cwd: outside })).toMatchObject({ code: 0, stdout: "", stderr: "" });
  writeFileSync(join(root, "ESTOP"), "manual\t2026-01-02T09:02:00Z\tfire\n");
  expect(await line("web-nux")).toBe("ESTOP 09:02\n");
});
