import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { CheckContext } from "../../../src/agents/doctor/check.ts";
import { codexInstructions } from "../../../src/agents/doctor/codex-instructions.ts";
import { allChecks, runDoctor } from "../../../src/agents/doctor/doctor.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { pouring } from "../../../src/core/formulas/pour.ts";
import { GtError } from "../../../src/core/gt-error.ts";
import { systemRandom } from "../../../src/core/random.ts";
import { exportScope } from "../../../src/core/ledger/jsonl/export-scope.ts";
import { openTownLedger } from "../../../src/core/ledger/town-ledger.ts";
import { acquireLock } from "../../../src/core/lock/lock.ts";
import { openTown } from "../../../src/core/town/open-town.ts";
import { townSettingsFile } from "../../../src/core/town/paths.ts";
import { protoOf } from "../../core/formulas/proto-fixture.ts";
import { damageLedger } from "../../support/damage-ledger.ts";
import { listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import { runGt } from "../../support/run-cli.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { type ScratchTown, scratchTown } from "../../support/scratch-town.ts";

let scratch: ScratchTown;
let context: CheckContext;

beforeAll(async () => {
  scratch = await scratchTown({ rigs: [{ name: "web", prefix: "web", gate: "true" }] });
  const ledger = await scratch.ledger();
  const access: TownAccess = {
    town: scratch.town,
    ledger,
    clock: systemClock,
    random: systemRandom,
    actor: "overseer",
    host: async () => {
      throw new GtError("E_HOST_DOWN", "the session host is not running");
    },
  };
  context = {
    root: scratch.root,
    env: process.env,
    town: () => openTown(scratch.root, { onProblem: () => undefined }),
    ledger: async () => ledger,
    access: async () => access,
  };
});
afterAll(() => scratch.dispose());

const look = async (mode: "look" | "fix", ...ids: readonly string[]) =>
  (await runDoctor(context, { mode, hasTown: true, ...(ids.length === 0 ? {} : { ids }) })).filter(
    (result) => result.category !== "System",
  );

test("a fresh town passes every check", async () => {
  const results = await look("look");
  expect(results.filter((result) => result.status !== "ok")).toEqual([]);
  expect(results.map((result) => result.id)).toEqual(
    allChecks.filter((check) => check.category !== "System").map((check) => check.id),
  );
});

test("ids are unique, so that one can be named", () => {
  expect(new Set(allChecks.map((check) => check.id)).size).toBe(allChecks.length);
});

test("a project with instructions for Claude alone is named where Codex runs, until Codex is told to read them", async () => {
  const rig = scratch.town.rig("web");
  const home = mkdtempSync(join(tmpdir(), "gt-codex-home-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const claude = join(rig.reference, "CLAUDE.md");
  writeFileSync(claude, "Use tabs\n");
  onTestFinished(() => rmSync(claude));
  const asks = async (settings: object) => {
    const town = Object.assign(Object.create(context.town()), { rigSettings: () => settings });
    const found = await codexInstructions.runForRig(
      { ...context, env: { HOME: home }, town: () => town },
      rig,
    );
    return found?.message;
  };
  expect(await asks({ agent: "claude" })).toBeUndefined();
  expect(await asks({ agent: "codex" })).toBe("web has only CLAUDE.md, which Codex does not read");
  mkdirSync(join(home, ".codex"));
  writeFileSync(
    join(home, ".codex/config.toml"),
    'model = "x"\nproject_doc_fallback_filenames = ["CLAUDE.md"]\n',
  );
  expect(await asks({ agent: "codex" })).toBeUndefined();
});

test("missing directories, broken worktrees and forgotten beads are found, and put right by --fix", async () => {
  rmSync(join(scratch.root, "directives"), { recursive: true });
  const rig = scratch.town.rig("web");
  const link = join(rig.reference, ".git");
  writeFileSync(link, "gitdir: /nowhere\n");
  const ledger = await context.ledger();
  const { created } = await ledger.write("overseer", [
    { op: "create", bead: { title: "Forgotten", scope: "web" } },
  ]);
  await ledger.write("overseer", [
    {
      op: "update",
      id: created[0] ?? "",
      fields: { status: "in_progress", assignee: "web/polecats/nobody" },
    },
  ]);
  const lock = join(rig.repository, "packed-refs.lock");
  writeFileSync(lock, "");
  utimesSync(lock, 0, 0);
  const root = "web-mol-left1";
  const form = { form: "poured", phase: "liquid", root, scope: "web", now: Date.now() } as const;
  const dangling = "web-names1";
  await ledger.write("overseer", [
    ...pouring({ proto: protoOf("left", [{ id: "a" }]), ...form }).operations,
    { op: "close", id: root, close: { reason: "by hand", force: true } },
    {
      op: "create",
      bead: {
        id: dangling,
        title: "Named",
        scope: "web",
        metadata: { attachment: { molecule: "web-mol-gone1" } },
      },
    },
  ]);
  const ids = ["town-layout", "worktree-gitdir", "git-locks", "hooks-consistent", "molecules-whole"] as const;
  expect((await look("look", ...ids)).map(({ id, status }) => [id, status])).toEqual([
    ["town-layout", "error"],
    ["hooks-consistent", "warning"],
    ["molecules-whole", "warning"],
    ["worktree-gitdir", "error"],
    ["git-locks", "error"],
  ]);
  const fixed = await look("fix", ...ids);
  expect(fixed.map(({ id, status, fixed: what }) => [id, status, what !== ""])).toEqual([
    ["town-layout", "ok", true],
    ["hooks-consistent", "ok", true],
    ["molecules-whole", "ok", true],
    ["worktree-gitdir", "ok", true],
    ["git-locks", "ok", true],
  ]);
  expect(existsSync(join(scratch.root, "directives"))).toBe(true);
  expect(existsSync(lock)).toBe(false);
  expect(await ledger.get(`${root}.1`)).toMatchObject({ status: "closed", outcome: "skipped" });
  expect((await ledger.get(dangling))?.metadata).toEqual({ attachment: {} });
  expect(await ledger.get(created[0] ?? "")).toMatchObject({ status: "open", assignee: "" });
});

test("snapshots that cannot be read stop those after them, until they are forgotten; the others stay", async () => {
  const { repository, reference } = scratch.town.rig("web");
  const place = "refs/gt/hooks/polecats/rictus";
  const whole = git(repository, "rev-parse", "origin/main");
  const lost = git(repository, "commit-tree", `${whole}^{tree}`, "-m", "lost");
  git(repository, "update-ref", `${place}/000001`, whole);
  git(repository, "update-ref", `${place}/000002`, lost);
  rmSync(join(repository, "objects", lost.slice(0, 2), lost.slice(2)));
  writeFileSync(join(repository, place, "000003"), "");
  await expect(listSnapshots(repository, "polecats/rictus")).rejects.toThrow();
  const repaired = await runGt(["hooks", "repair"], { cwd: scratch.root });
  expect(repaired.stdout).toContain(`web: forgot ${place}/000003, ${place}/000002`);
  expect(await look("look", "snapshot-refs")).toMatchObject([{ status: "ok" }]);
  expect((await listSnapshots(repository, "polecats/rictus")).map(({ commit }) => commit)).toEqual([whole]);
  expect(git(reference, "status", "--porcelain")).toBe("");
});

test("a damaged shared repository is cloned anew, and its worktrees keep branch, files and pushed work", async () => {
  const rig = scratch.town.rig("web");
  const home = join(rig.polecats, "nux", "web");
  git(rig.repository, "worktree", "add", "--quiet", "-b", "polecat/nux/web-1@1", home, "origin/main");
  commit(home, "Pushed", { "a.txt": "pushed" });
  git(home, "push", "--quiet", "origin", "HEAD");
  writeFileSync(join(home, "a.txt"), "dirty");
  for (const part of ["objects", "HEAD"]) rmSync(join(rig.repository, part), { recursive: true });
  expect(await look("look", "bare-repo")).toMatchObject([{ status: "error" }]);
  expect(await look("fix", "bare-repo", "worktree-gitdir")).toMatchObject([
    { status: "ok", fixed: expect.stringContaining("lost+found/web-repo") },
    { status: "ok" },
  ]);
  expect(git(home, "branch", "--show-current")).toBe("polecat/nux/web-1@1");
  expect(git(home, "log", "-1", "--format=%s")).toBe("Pushed");
  expect(git(home, "status", "--porcelain")).toBe("M a.txt");
  expect(readFileSync(join(home, "a.txt"), "utf8")).toBe("dirty");
});

test("what no remote has is brought over from a damaged repository as far as it can be read, and its files stay in any case", async () => {
  const rig = scratch.town.rig("web");
  const [whole = "", broken = ""] = ["slit", "toast"].map((name) => {
    const home = join(rig.polecats, name, "web");
    git(rig.repository, "worktree", "add", "--quiet", "-b", `polecat/${name}/web-2@1`, home, "origin/main");
    commit(home, "Local", { "a.txt": name });
    return home;
  });
  git(rig.repository, "update-ref", "refs/gt/hooks/polecats/slit/1", git(whole, "rev-parse", "HEAD"));
  const head = git(broken, "rev-parse", "HEAD");
  rmSync(join(rig.repository, "objects", head.slice(0, 2), head.slice(2)));
  expect(await look("look", "bare-repo")).toMatchObject([
    { status: "error", message: expect.stringContaining("missing object") },
  ]);
  rmSync(join(rig.repository, "HEAD"));
  expect(await look("fix", "bare-repo", "worktree-gitdir")).toMatchObject([
    { status: "ok" },
    { status: "ok" },
  ]);
  expect(git(whole, "log", "-1", "--format=%s %D")).toContain("Local HEAD -> polecat/slit/web-2@1");
  expect(git(whole, "status", "--porcelain")).toBe("");
  expect(git(rig.repository, "log", "-1", "--format=%s", "refs/gt/hooks/polecats/slit/1")).toBe("Local");
  expect(git(broken, "branch", "--show-current")).toBe("polecat/toast/web-2@1");
  expect(git(broken, "status", "--porcelain")).toBe("?? a.txt");
  expect(readFileSync(join(broken, "a.txt"), "utf8")).toBe("toast");
});

test("a damaged ledger is built anew from its backup and its exports, but not under those who have it open", async () => {
  const town = await scratchTown({ rigs: [{ name: "web", prefix: "web" }] });
  onTestFinished(() => town.dispose());
  const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root, env: { GT_NO_DAEMON: "1" } });
  const { ledger: path } = town.town.paths;
  const writing = await openTownLedger(town.town);
  const { created } = await writing.write("overseer", [
    { op: "create", bead: { title: "Exported", scope: "web" } },
  ]);
  const now = Date.now();
  await exportScope(writing, { scope: "web", path: join(town.root, "web/.beads/issues.jsonl"), now });
  await writing.close();
  await damageLedger(path);

  expect(await gt("mail", "send", "overseer", "-s", "Hello", "-m", "there")).toMatchObject({
    ...{ code: 6, stderr: expect.stringContaining("is corrupt") },
  });
  const host = await acquireLock(town.town.paths.locks, "host");
  const busy = await gt("doctor", "--fix", "--check", "ledger-integrity");
  expect(busy).toMatchObject({ code: 1, stdout: expect.stringContaining("gt down --all") });
  expect(busy.stdout).toContain("0 fixed");
  host.release();
  const fixed = await gt("doctor", "--fix", "--check", "ledger-integrity", "--check", "ledger-open");
  expect(fixed).toMatchObject({ code: 0, stdout: expect.stringContaining("the damaged file is kept") });
  const ledger = await town.ledger();
  expect(await ledger.get(created[0] ?? "")).toMatchObject({ title: "Exported" });
});

test("a settings file that is not JSON is one finding and stops no other check", async () => {
  writeFileSync(townSettingsFile(scratch.root), "{ not json");
  const results = await look("look");
  expect(results.find((result) => result.id === "settings-valid")).toMatchObject({ status: "error" });
  expect(results.find((result) => result.id === "ledger-integrity")).toMatchObject({ status: "ok" });
  rmSync(townSettingsFile(scratch.root));
});

test("a password that others can read is named, and closed to them by --fix; a variable is none", async () => {
  const file = join(scratch.root, "settings", "escalation.json");
  onTestFinished(() => rmSync(file, { force: true }));
  const put = (content: object) => writeFileSync(file, JSON.stringify(content), { mode: 0o644 });
  const found = async (mode: "look" | "fix") => {
    const [result] = await look(mode, "escalation-config");
    return [result?.status, result?.message];
  };
  rmSync(file, { force: true });
  put({ contacts: { smtp_pass: "$GT_SMTP_PASS" } });
  expect((await found("look"))[0]).toBe("ok");
  put({ contacts: { smtp_pass: "hunter2" } });
  expect(await found("look")).toEqual(["warning", "settings/escalation.json holds a password as it is"]);
  await found("fix");
  expect((await found("look"))[0]).toBe("ok");
  put({ routes: { hgih: [] } });
  expect((await found("look"))[1]).toContain('unknown severity "hgih"');
});

test("outside a town only the system is looked at", async () => {
  const results = await runDoctor(context, { mode: "look", hasTown: false });
  expect(new Set(results.map((result) => result.category))).toEqual(new Set(["System"]));
});
