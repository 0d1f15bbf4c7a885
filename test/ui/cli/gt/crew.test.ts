import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../../src/agents/lifecycle/agent-session.ts";
import { addCrew } from "../../../../src/agents/lifecycle/crew.ts";
import { handoffTable } from "../../../../src/agents/lifecycle/handoff-note.ts";
import { recoverOperations } from "../../../../src/agents/lifecycle/recover-operations.ts";
import type { TownAccess } from "../../../../src/agents/town-access.ts";
import { inbox } from "../../../../src/core/mail/mailbox.ts";
import { commit, git } from "../../../support/scratch-repository.ts";
import { WorkTown } from "../../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;
const clone = (name: string): string => join(town.root, "web/crew", name);
const gt = (...args: readonly string[]) => town.gt(args);

beforeEach(async () => {
  town = await WorkTown.create([
    { name: "web", prefix: "web" },
    { name: "api", prefix: "api" },
  ]);
  town.write("settings/config.json", {
    default_agent: "idler",
    agents: {
      idler: { provider: "generic", command: "sh", args: ["-c", "read -r line"], prompt_mode: "none" },
    },
  });
  access = await town.access();
  for (const name of ["sam", "max"]) await addCrew(access, town.rig(), name, { ownBranch: false });
});
afterEach(() => town.dispose());

test("a renamed member keeps clone, snapshots, hook, work and mail; the old name is free", async () => {
  const { bead } = (await gt("assign", "sam", "Review", "--json")).json<{ bead: string }>();
  writeFileSync(join(clone("sam"), "draft.txt"), "draft");
  await gt("hook", "snapshot", "web/crew/sam", "-m", "before the rename");
  await gt("mail", "send", "web/crew/sam", "-s", "Hello", "-m", "there");
  expect((await gt("crew", "rename", "sam", "max")).stderr).toContain("web/crew/max exists already");
  expect((await gt("crew", "rename", "sam", "a-b")).stderr).toContain("gt crew add a_b");

  await gt("crew", "start", "sam");
  const renamed = await gt("crew", "rename", "sam", "samuel");
  expect(renamed.stdout).toContain("web/crew/sam is web/crew/samuel now");
  expect(existsSync(clone("sam"))).toBe(false);
  expect(await access.ledger.agent("web/crew/samuel")).toMatchObject({ hookBead: bead, hookState: "active" });
  expect(await access.ledger.agent("web/crew/sam")).toMatchObject({ state: "nuked", hookBead: "" });
  expect(await access.ledger.get(bead)).toMatchObject({ status: "hooked", assignee: "web/crew/samuel" });
  expect((await inbox(access.ledger, "web/crew/samuel")).map((message) => message.subject)).toEqual([
    "Hello",
  ]);
  const snapshots = (await gt("hook", "snapshots", "web/crew/samuel")).stdout;
  expect(snapshots).toContain("manual: before the rename");
  expect((await gt("crew", "list", "web")).stdout).toMatch(/web\/crew\/max[\s\S]*web\/crew\/samuel/);
  expect((await gt("crew", "add", "web/sam")).code).toBe(0);
}, 90_000);

test.each(["rename.move", "rename.moved"])(
  "a rename killed at %s is finished by whoever comes next",
  async (point) => {
    const { bead } = (await gt("assign", "sam", "Review", "--json")).json<{ bead: string }>();
    const killed = await town.gt(["crew", "rename", "sam", "samuel"], { GT_TEST_CRASH: point });
    expect(killed.signal).toBe("SIGKILL");
    expect(await recoverOperations(access)).toMatchObject([{ kind: "rename", outcome: "resumed" }]);
    expect([existsSync(clone("sam")), existsSync(clone("samuel"))]).toEqual([false, true]);
    expect(await access.ledger.get(bead)).toMatchObject({ assignee: "web/crew/samuel" });
    expect(await recoverOperations(access)).toEqual([]);
  },
);

test("whole crews are started and stopped at once, and a refreshed member knows why", async () => {
  const started = await gt("crew", "start", "web", "--all");
  expect(started.stdout).toBe("▶ web/crew/max (idler)\n▶ web/crew/sam (idler)\n");
  expect((await gt("crew", "stop", "web", "-n")).stdout).toContain("would stop web/crew/max");
  for (const words of [
    ["crew", "start", "web", "sam"],
    ["start", "crew", "sam"],
    ["start", "web/crew/sam"],
  ])
    expect((await gt(...words)).stdout).toBe("○ web/crew/sam is running already\n");
  expect((await gt("start", "crew")).stderr).toContain("gt start crew needs a name");
  expect((await gt("crew", "next", "sam")).stdout).toBe("web/crew/max\n");
  expect((await gt("crew", "prev", "sam", "-d")).stdout).toBe("web/crew/max\n");
  const old = await liveSession(access, "web/crew/sam");

  await gt("crew", "refresh", "sam", "-m", "the printer is next");
  const fresh = await liveSession(access, "web/crew/sam");
  expect(fresh?.runId).not.toBe(old?.runId);
  expect((await access.ledger.row(handoffTable, "web/crew/sam"))?.value).toMatchObject({
    message: "the printer is next",
  });
  expect((await town.gt(["resume"], { GT_ROLE: "web/crew/sam" })).stdout).toContain("the printer is next");

  expect((await gt("crew", "stop", "--all", "-n")).stdout).toContain("would stop web/crew/sam");
  expect(await liveSession(access, "web/crew/sam")).toBeDefined();
  expect((await gt("crew", "stop", "--all", "-f")).stdout).toBe("⏹ web/crew/max\n⏹ web/crew/sam\n");
  expect(await liveSession(access, "web/crew/sam")).toBeUndefined();
  const status = (await gt("crew", "status", "sam", "--json")).json<unknown[]>();
  expect(status).toMatchObject([{ name: "sam", has_session: false, git_clean: true, mail: 0, unread: 0 }]);
  expect((await gt("crew", "stop")).code).toBe(2);
}, 90_000);

test("members are found by the rig at hand, and who is not there is not made by mistake", async () => {
  await addCrew(access, town.rig("api"), "sam", { ownBranch: false });
  const inWeb = { cwd: join(town.root, "web") };
  expect(await gt("crew", "status", "sam")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/sam is crew of web and api|sam is crew of api and web/),
  });
  expect((await town.gt(["crew", "at", "sam", "--print-path"], {}, inWeb)).stdout).toBe(`${clone("sam")}\n`);
  expect((await town.gt(["crew", "list"], {}, inWeb)).stdout).not.toContain("api/");
  expect((await town.gt(["crew", "list", "--all"], {}, inWeb)).stdout).toContain("api/crew/sam");
  expect((await town.gt(["crew", "at", "--print-path"], {}, { cwd: clone("max") })).stdout).toBe(
    `${clone("max")}\n`,
  );
  for (const verb of ["at", "status", "refresh", "remove"])
    expect((await gt("crew", verb, "web/nobody")).stderr).toContain("no crew member web/crew/nobody");
  expect(existsSync(clone("nobody"))).toBe(false);

  const added = await town.gt(["crew", "add", "sam", "ida", "ida", "--branch", "--json"], {}, inWeb);
  expect(added.json()).toMatchObject({
    added: [{ address: "web/crew/ida", branch: "crew/ida", beadId: "web-crew-ida" }],
    skipped: [{ code: "E_EXISTS" }],
  });
  expect(await gt("crew", "add", "web/ida")).toMatchObject({
    code: 1,
    stderr: "error: web/crew/ida exists already\nhint: gt crew at web/ida\n",
  });
  expect((await gt("crew", "start", "web", "ida", "--resume", "max")).stderr).toContain("not a conversation");
  expect((await gt("crew", "start", "web", "--resume", "0a1b")).stderr).toContain("by one member only");
  expect((await gt("crew", "start", "web/ida", "--resume")).stderr).toContain("cannot resume a session");
}, 90_000);

test("a clone is brought up to date, and back to the default branch, without touching what is not committed", async () => {
  const other = join(town.root, ".other");
  git(town.root, "clone", "--quiet", town.origin("web"), other);
  const head = commit(other, "meanwhile", { "b.txt": "b" });
  git(other, "push", "--quiet", "origin", "main");
  writeFileSync(join(clone("sam"), "draft.txt"), "draft");

  const pulled = await gt("crew", "pristine", "--json");
  expect(pulled.json()).toMatchObject([
    { name: "max", had_changes: false, pulled: true },
    { name: "sam", had_changes: true, pulled: true, pull_error: "" },
  ]);
  expect(git(clone("sam"), "rev-parse", "HEAD")).toBe(head);
  expect(git(clone("sam"), "status", "--porcelain")).toBe("?? draft.txt");

  git(clone("sam"), "checkout", "--quiet", "-b", "idea");
  const refused = await gt("crew", "at", "sam", "--reset", "-d");
  expect(refused.stderr).toContain("1 uncommitted files; nothing was changed");
  git(clone("sam"), "add", "draft.txt");
  git(clone("sam"), "commit", "--quiet", "-m", "draft");
  expect((await gt("crew", "at", "sam", "-d")).stderr).toContain("is on idea, not on main");
  expect((await gt("crew", "at", "sam", "--reset", "-d")).code).toBe(0);
  expect(git(clone("sam"), "branch", "--show-current")).toBe("main");
}, 90_000);

test("a member works in another rig as himself, in a worktree of his own", async () => {
  const asSam = { GT_ROLE: "web/crew/sam" };
  const made = await town.gt(["worktree", "api"], asSam);
  const path = join(town.root, "api/crew/web-sam");
  expect(made.stdout).toBe(`cd ${path}\nexport GT_ROLE=web/crew/sam BD_ACTOR=web/crew/sam\n`);
  expect(git(path, "branch", "--show-current")).toBe("crew/web-sam");
  expect((await town.gt(["worktree", "api", "--no-cd"], asSam)).stdout).toBe(`${path}\n`);
  expect((await town.gt(["worktree", "web"], asSam)).stderr).toContain("your own rig");
  expect((await town.gt(["worktree", "api"])).stderr).toContain("for crew members");
  expect((await town.gt(["worktree", "list"])).stdout).toMatch(/api +crew\/web-sam/);

  const head = commit(path, "work", { "a.txt": "a" });
  // The directory is his as well, without any environment.
  expect((await town.gt(["worktree", "list", "--json"], {}, { cwd: path })).json()).toMatchObject([{ path }]);
  const there = await town.gt(["role", "--json"], {}, { cwd: path });
  expect(there.json()).toMatchObject({ role: "crew", rig: "web", name: "sam" });
  git(path, "checkout", "--quiet", "--detach");
  commit(path, "on no branch", { "b.txt": "b" });
  expect((await town.gt(["worktree", "remove", "api"], asSam)).stderr).toContain("1 unpushed commit");
  git(path, "checkout", "--quiet", "crew/web-sam");
  writeFileSync(join(path, "draft.txt"), "draft");
  expect((await town.gt(["worktree", "remove", "api"], asSam)).stderr).toContain("draft.txt");
  const removed = await town.gt(["worktree", "remove", "api", "--force", "--json"], asSam);
  const { snapshot } = removed.json<{ snapshot: string }>();
  expect(town.git("api", "show", `${snapshot}:draft.txt`)).toBe("draft");
  expect(existsSync(path)).toBe(false);
  // His commits are where he left them.
  await town.gt(["worktree", "api"], asSam);
  expect(git(path, "rev-parse", "HEAD")).toBe(head);
}, 90_000);
