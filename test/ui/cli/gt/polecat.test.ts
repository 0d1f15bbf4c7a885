import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recoverOperations } from "../../../../src/agents/lifecycle/recover-operations.ts";
import { sling } from "../../../../src/agents/lifecycle/sling.ts";
import { stalePolecats } from "../../../../src/agents/lifecycle/stale-polecats.ts";
import { suspendHook } from "../../../../src/agents/lifecycle/suspend-hook.ts";
import type { TownAccess } from "../../../../src/agents/town-access.ts";
import { commit, git } from "../../../support/scratch-repository.ts";
import { runGt } from "../../../support/run-cli.ts";
import { WorkTown } from "../../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;
const gt = (...args: readonly string[]) => town.gt(args);

beforeEach(async () => {
  town = await WorkTown.create();
  access = await town.access();
});
afterEach(() => town.dispose());

test("a pool is filled with idle polecats once, killed it leaves nothing half made, and slings use them", async () => {
  town.write("web/settings/config.json", { namepool: { names: ["anna", "berta", "clara"] } });
  town.write("web/.runtime/overlay/local.env", "KEY=1\n");
  const killed = await town.gt(["polecat", "pool-init", "web", "--size", "2"], {
    GT_TEST_CRASH: "pool.worktree.done",
  });
  expect(killed.signal).toBe("SIGKILL");
  expect(await recoverOperations(access)).toMatchObject([{ outcome: "undone" }]);
  expect(existsSync(join(town.root, "web/polecats/anna"))).toBe(false);
  expect(town.git("web", "worktree", "list")).not.toContain("anna");

  expect((await gt("polecat", "pool-init", "web", "--size", "31", "-n")).stderr).toContain(
    "rig web may have 30 polecats, not 31",
  );
  expect((await gt("polecat", "pool-init", "web", "--size", "2", "-n")).stdout).toContain("would make 2");
  expect((await gt("polecat", "pool-init", "web", "--size", "2", "--json")).json()).toMatchObject({
    made: ["web/polecats/anna", "web/polecats/berta"],
    warnings: [],
  });
  expect((await gt("polecat", "pool-init", "web", "--size", "2")).stdout).toBe("✓ web has 2 polecats\n");
  expect(await access.ledger.agent("web/polecats/anna")).toMatchObject({
    state: "idle",
    hookState: "created",
  });
  expect(readFileSync(join(town.root, "web/polecats/anna/web/local.env"), "utf8")).toBe("KEY=1\n");

  // What never had work grows old as well.
  expect((await gt("polecat", "stale", "web")).stdout).toContain("○ web/polecats/anna: 0 commits behind");
  const later = { ...access, clock: { ...access.clock, now: () => Date.now() + 8 * 86_400_000 } };
  writeFileSync(join(town.root, "web/polecats/berta/web/draft.txt"), "draft");
  expect(await stalePolecats(later, town.rig(), 20)).toEqual([
    { address: "web/polecats/anna", isStale: true, reason: "idle for 8 days" },
    { address: "web/polecats/berta", isStale: false, reason: "1 uncommitted file: draft.txt" },
  ]);
  const cleaned = await gt("polecat", "stale", "web", "--threshold", "0", "--cleanup", "-n");
  expect(cleaned.stdout).toContain("would remove web/polecats/anna\n");

  const bead = await town.bead(access, "Work", "sleep 1000");
  const { dispatched } = await sling(access, { words: [bead.id, "web"], options: {} });
  expect(dispatched[0]).toMatchObject({ agent: "web/polecats/anna", reused: true });
});

test("an identity is made, renamed with its work, and removed only when nothing hangs on it", async () => {
  expect((await gt("polecat", "identity", "add", "web", "mayor")).stderr).toContain(
    "cannot be a polecat's name",
  );
  expect((await gt("polecat", "identity", "add", "web", "helga")).stdout).toContain("web/polecats/helga");
  expect((await gt("polecat", "identity", "add", "web", "helga")).stderr).toContain("exists already");

  const bead = await town.bead(access, "Work", "sleep 1000");
  const { dispatched } = await sling(access, { words: [bead.id, "web"], options: {} });
  const address = dispatched[0]?.agent ?? "";
  const name = address.split("/").at(-1) ?? "";
  expect((await gt("polecat", "identity", "rename", "web", name, "gerda")).stderr).toContain("is running");
  const worktree = join(town.root, address, "web");
  const head = commit(worktree, "half", { "a.txt": "a" });
  writeFileSync(join(worktree, "draft.txt"), "draft");
  const branch = dispatched[0]?.branch ?? "";
  const list = await town.gt(["polecat", "list", "--json"], {}, { cwd: town.rig().path });
  expect(list.json()).toEqual([
    {
      ...{ rig: "web", name, state: "working", health: "working", issue: bead.id, branch },
      ...{ session_running: true, session_name: `web-${name}`, idle_minutes: 0 },
    },
  ]);
  expect((await gt("polecat", "status", `web/${name}`, "--json")).json()).toMatchObject({
    ...{ worktree, branch, session_running: true, session_id: expect.any(String), attached_clients: 0 },
    ...{ created_at: expect.any(String), last_activity_at: expect.any(String), hook_state: "active" },
    ...{ restarts: 0, issue: bead.id },
  });
  expect((await gt("polecat", "git-state", `web/${name}`, "--json")).json()).toMatchObject({
    ...{ clean: false, uncommitted_files: ["draft.txt"], unpushed_commits: 1, stash_count: 0 },
  });
  expect((await gt("polecat", "check-recovery", `web/${name}`, "--json")).json()).toMatchObject({
    ...{ rig: "web", polecat: name, cleanup_status: "has_uncommitted", needs_recovery: true },
    ...{ verdict: "NEEDS_RECOVERY", branch, issue: bead.id, mq_status: "not_submitted" },
  });
  expect((await gt("polecat", "remove", `web/${name}`)).stderr).toMatch(
    /its session is running[\s\S]*gt unsling [\s\S]*hint: gt polecat remove web\/\S+ --force/,
  );
  await suspendHook(access, address, "rename");
  // Of one of that name that was removed.
  const kept = ["hooks/polecats/gerda/000007", "archive/polecats/gerda/work"].map((ref) => `refs/gt/${ref}`);
  const ours = git(town.rig().repository, "rev-parse", `refs/gt/hooks/polecats/${name}/000001`);
  const theirs = git(worktree, "rev-parse", "origin/main");
  for (const ref of kept) town.git("web", "update-ref", ref, theirs);
  town.git("web", "update-ref", `refs/gt/archive/polecats/${name}/work`, theirs);
  expect((await gt("polecat", "identity", "rename", "web", name, "gerda")).code).toBe(0);
  const refs = town.git("web", "for-each-ref", "--format=%(refname) %(objectname)", "refs/gt/");
  expect(refs.split("\n")).toEqual([
    ...[`${kept[1]} ${theirs}`, `${kept[1]}-of-${name} ${theirs}`],
    ...[`${kept[0]} ${theirs}`, `refs/gt/hooks/polecats/gerda/000008 ${ours}`],
  ]);

  const fresh = join(town.root, "web/polecats/gerda/web");
  expect(existsSync(join(town.root, address))).toBe(false);
  expect(git(fresh, "rev-parse", "HEAD")).toBe(head);
  expect(readFileSync(join(fresh, "draft.txt"), "utf8")).toBe("draft");
  expect(await access.ledger.get(bead.id)).toMatchObject({ assignee: "web/polecats/gerda" });
  expect((await gt("hook", "resume", "web/gerda")).code).toBe(0);
  expect(await access.ledger.agent("web/polecats/gerda")).toMatchObject({
    state: "working",
    hookBead: bead.id,
  });

  const cv = await gt("polecat", "identity", "show", "web", "gerda", "--json");
  expect(cv.json()).toMatchObject({
    ...{ former_names: [address], completed: 0, open: 1, failed: 0, abandoned: 0, sessions: 2 },
    ...{ first_pass_rate: null, last: [] },
  });
  const refused = await gt("polecat", "identity", "remove", "web", "gerda");
  expect(refused.stderr).toMatch(/its session is running; .*is on its hook/);
  expect((await gt("polecat", "identity", "remove", "web", "gerda", "--force")).code).toBe(0);
  expect(existsSync(fresh)).toBe(false);
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: "open", assignee: "" });
  expect(git(town.origin("web"), "rev-parse", dispatched[0]?.branch ?? "")).toBe(head);
}, 90_000);

test("branches whose commits are safe elsewhere go, the others stay and say why", async () => {
  const repository = town.rig().repository;
  const main = git(repository, "rev-parse", "refs/remotes/origin/main");
  const other = join(town.root, ".other");
  git(town.root, "clone", "--quiet", town.origin("web"), other);
  const own = commit(other, "own", { "a.txt": "a" });
  git(other, "push", "--quiet", "origin", "HEAD:refs/heads/polecat/a/waiting");
  git(repository, "fetch", "--quiet");
  git(repository, "branch", "polecat/a/empty", main);
  git(repository, "branch", "polecat/a/own", own);
  git(repository, "push", "--quiet", "origin", `${main}:refs/heads/polecat/a/landed`);
  git(repository, "fetch", "--quiet");

  expect((await gt("polecat", "prune", "web", "--remote", "-n")).stdout).toBe(
    "would delete polecat/a/empty (no commits)\nwould delete origin/polecat/a/landed (landed)\nkept polecat/a/own (unmerged)\n",
  );
  expect((await gt("polecat", "prune", "web", "--remote")).code).toBe(0);
  expect(git(town.origin("web"), "for-each-ref", "--format=%(refname:short)", "refs/heads/polecat/")).toBe(
    "polecat/a/waiting",
  );
  expect(git(repository, "for-each-ref", "--format=%(refname:short)", "refs/heads/polecat/")).toBe(
    "polecat/a/own",
  );

  // What git remembers of the remote is no proof that the remote still has it.
  git(repository, "branch", "polecat/a/only", own);
  git(repository, "push", "--quiet", "origin", "polecat/a/only");
  git(town.origin("web"), "update-ref", "-d", "refs/heads/polecat/a/only");
  expect((await gt("polecat", "gc", "web")).stdout).toContain("kept polecat/a/only (unmerged)");
  git(repository, "push", "--quiet", "origin", "polecat/a/only");
  renameSync(town.origin("web"), `${town.origin("web")}.away`);
  const offline = await gt("polecat", "gc", "web");
  expect(offline.stdout).toContain("kept polecat/a/only (on the remote)");
  expect(offline.stderr).toContain("cannot fetch web");
  renameSync(`${town.origin("web")}.away`, town.origin("web"));
  expect((await gt("polecat", "gc", "web")).stdout).toContain("deleted polecat/a/only (on the remote)");

  // In any repository, by a pattern of whole names; the default branch is never meant.
  for (const name of ["old-1", "old-2/x", "older", "-odd"])
    git(other, "update-ref", `refs/heads/${name}`, main);
  git(other, "checkout", "--quiet", "-b", "here", own);
  git(other, "branch", "--force", "main", main);
  const pruned = async (...args: readonly string[]) => runGt(["prune-branches", ...args], { cwd: other });
  expect((await pruned("--pattern", "old-?*", "-n")).stdout).toBe(
    "would delete old-1 (no commits)\nwould delete old-2/x (no commits)\n",
  );
  expect((await pruned("--pattern", "old")).stdout).toBe("no branches old\n");
  expect((await pruned("--pattern", "*")).stdout).toBe(
    [
      ...["-odd", "old-1", "old-2/x", "older"].map((name) => `deleted ${name} (no commits)\n`),
      ...["kept here (in use)\n", "kept main (default branch)\n"],
    ].join(""),
  );
  expect(git(other, "for-each-ref", "--format=%(refname:short)", "refs/heads/")).toBe("here\nmain");

  // The branch is nobody's, and a commit that no ref reaches is found as well.
  const lost = git(repository, "commit-tree", `${own}^{tree}`, "-p", own, "-m", "lost");
  const orphans = (await gt("orphans", "--json")).json<{ commit: string; branch?: string }[]>();
  expect(orphans.map(({ commit, branch }) => [commit, branch])).toEqual(
    expect.arrayContaining([
      [own, "polecat/a/own"],
      [lost, undefined],
    ]),
  );
  const recovered = `recovered/${lost.slice(0, 10)}`;
  expect((await gt("orphans", "recover", lost.slice(0, 10))).stdout).toContain(recovered);
  expect(git(repository, "rev-parse", recovered)).toBe(lost);
  expect((await gt("orphans", "kill")).stderr).toContain("--force");
  expect((await gt("orphans", "kill", "-n")).stdout).toBe("✓ would drop 0 snapshots and 0 landed archives\n");
  expect((await gt("orphans", "recover", "main")).stderr).toContain("has no commit main");
  expect((await gt("polecat", "identity", "show", "web", "nobody")).stderr).toContain(
    "there is no polecat web/polecats/nobody",
  );
}, 90_000);

test("names come from themes, of one's own too, and a theme in use is not deleted", async () => {
  town.write("names.txt", "# rivers\nDanube\nrhine\nno\nrhine\n");
  const created = await gt(
    "namepool",
    "create",
    "rivers",
    "--from-file",
    join(town.root, "names.txt"),
    "volga",
  );
  expect(created.stderr).toContain('"no" cannot be a polecat\'s name');
  expect((await gt("namepool", "themes", "rivers")).stdout).toBe("volga danube rhine\n");
  expect((await gt("namepool", "create", "rivers", "loire")).stderr).toContain("already");
  expect((await gt("namepool", "create", "empty", "no")).stderr).toContain("a theme needs names");
  expect((await gt("namepool", "set", "nowhere")).stderr).toContain('there is no theme "nowhere"');

  expect((await gt("namepool", "set", "rivers")).code).toBe(0);
  expect((await gt("namepool", "add", "elbe")).stdout).toContain("the theme rivers");
  expect((await gt("namepool", "--json")).json()).toMatchObject({
    theme: "rivers",
    names: ["volga", "danube", "rhine", "elbe"],
  });
  expect((await gt("namepool", "delete", "rivers")).stderr).toContain("rig web uses the theme");
  expect((await gt("namepool", "delete", "minerals")).stderr).toContain("is built in");

  expect((await gt("namepool", "set", "minerals")).code).toBe(0);
  expect((await gt("namepool", "add", "danube")).stdout).toContain("the names of web");
  const { names } = (await gt("namepool", "--json")).json<{ names: readonly string[] }>();
  expect([names[0], names.at(-1)]).toEqual(["obsidian", "danube"]);
  expect((await gt("namepool", "delete", "rivers")).code).toBe(0);

  town.write("settings/themes/hollow.txt", "# nothing yet\n");
  expect(await gt("namepool", "set", "hollow")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the theme hollow has no names"),
  });
  town.write("settings/themes/hills.txt", "Rhoen\nno way\n");
  town.write("web/settings/config.json", { namepool: { style: "hills", max_before_numbering: 1 } });
  expect(await gt("namepool")).toMatchObject({
    stdout: "web: theme hills (custom), 0 of 1 names used, then numbers from 2\n",
    stderr: expect.stringContaining('"no way" cannot be a polecat\'s name'),
  });
  for (const name of ["rhoen", "2", "3"])
    expect((await gt("polecat", "identity", "add", "web")).stdout).toContain(`web/polecats/${name}`);
  expect((await gt("namepool", "--json")).json()).toMatchObject({ custom: true, overflow_next: 4 });
  expect((await gt("namepool", "reset")).code).toBe(0);
  expect((await gt("namepool", "--json")).json()).toMatchObject({ overflow_next: 2 });
}, 90_000);
