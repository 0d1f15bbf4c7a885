import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { lastCheckpoint } from "../../../src/agents/lifecycle/checkpoint.ts";
import { addCrew, rigOfMember, startCrew, stopCrew } from "../../../src/agents/lifecycle/crew.ts";
import { removeCrew } from "../../../src/agents/lifecycle/remove-crew.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { resumeHook, suspendHook } from "../../../src/agents/lifecycle/suspend-hook.ts";
import { unsling } from "../../../src/agents/lifecycle/unsling.ts";
import { waitFor } from "../../support/wait-for.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;
let path: string;
const address = "web/crew/sam";

beforeEach(async () => {
  town = await WorkTown.create();
  town.write("settings/config.json", {
    default_agent: "idler",
    operational: { session: { start_probe: "200ms", graceful_stop: "100ms", end_grace: "100ms" } },
    agents: {
      idler: { provider: "generic", command: "sh", args: ["-c", "read -r line"], prompt_mode: "none" },
    },
  });
  access = await town.access();
  ({ path } = await addCrew(access, town.rig(), "sam", { ownBranch: true }));
});
afterEach(() => town.dispose());

test("a member has a clone of its own, and making it twice changes nothing", async () => {
  expect(git(path, "branch", "--show-current")).toBe("crew/sam");
  expect(git(path, "remote", "get-url", "origin")).toBe(town.origin("web"));
  expect(await addCrew(access, town.rig(), "sam", { ownBranch: true })).toMatchObject({
    isNew: false,
    address,
  });
  await expect(addCrew(access, town.rig(), "../x", { ownBranch: false })).rejects.toMatchObject({
    code: "E_CREW_NAME",
  });
  expect(rigOfMember(town.town, "sam", undefined).name).toBe("web");
});

test("a bead slung to a member is on its hook, without a branch or a start", async () => {
  const bead = await town.bead(access, "Review", "true");
  const { dispatched } = await sling(access, { words: [bead.id, "web/crew/sam"], options: {} });
  expect(dispatched[0]).toMatchObject({ agent: address, branch: "", noop: false });
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: "hooked", assignee: address });
  const other = await town.bead(access, "Other", "true");
  await expect(sling(access, { words: [other.id, "web/crew/sam"], options: {} })).rejects.toMatchObject({
    code: "E_HOOK_OCCUPIED",
  });
  expect(await liveSession(access, address)).toBeUndefined();
});

test("1.3, 1.4: a member with work is working until it is taken off, then running or stopped", async () => {
  const state = async () => {
    const agent = await access.ledger.agent(address);
    return [agent?.state, agent?.hookState];
  };
  expect(await state()).toEqual(["stopped", ""]);
  const bead = await town.bead(access, "Review", "true");
  const hook = () => sling(access, { words: [bead.id, address], options: {} });
  await hook();
  expect(await state(), "a session is to be there").toEqual(["working", "active"]);
  expect((await startCrew(access, address)).topic, "it has not crashed").toBe(`resumed:${bead.id}`);
  expect(await state()).toEqual(["working", "active"]);
  await stopCrew(access, address);
  expect(await state(), "its work stays").toEqual(["working", "active"]);
  process.kill((await startCrew(access, address)).pid, "SIGKILL");
  await waitFor(async () => (await liveSession(access, address)) === undefined);
  expect((await startCrew(access, address)).topic).toBe(`recovery:${bead.id}`);

  await suspendHook(access, address, "lunch");
  expect(await state()).toEqual(["paused", "suspended"]);
  expect(await liveSession(access, address)).toBeUndefined();
  await resumeHook(access, address);
  expect(await state()).toEqual(["working", "active"]);
  await suspendHook(access, address, "lunch");
  await startCrew(access, address);
  expect(await state(), "whoever starts it wants its work to go on").toEqual(["working", "active"]);

  await unsling(access, { bead: bead.id, force: true });
  expect(await state()).toEqual(["running", "archived"]);
  await stopCrew(access, address);
  expect(await state()).toEqual(["stopped", "archived"]);
  await hook();
  await unsling(access, { bead: bead.id, force: true });
  expect(await state(), "it has no session").toEqual(["stopped", "archived"]);

  await hook();
  await addCrew(access, town.rig(), "max", { ownBranch: false });
  await sling(access, { words: [bead.id, "web/crew/max"], options: { force: true } });
  expect((await state())[0], "somebody else has its work").not.toBe("working");
  expect((await access.ledger.agent("web/crew/max"))?.state).toBe("working");
}, 60_000);

test("its session is started once and stopped with its files kept", async () => {
  const first = await startCrew(access, address);
  expect((await startCrew(access, address)).runId).toBe(first.runId);
  expect(first.cwd).toBe(path);
  writeFileSync(join(path, "draft.txt"), "draft");
  expect(await stopCrew(access, address)).toBe(true);
  expect(await stopCrew(access, address)).toBe(false);
  expect(await lastCheckpoint(access.ledger, address)).toMatchObject({ reason: "the session ended" });
  const [ref = ""] = git(path, "for-each-ref", "--format=%(refname)", "refs/gt/hooks/crew/sam/").split("\n");
  expect(git(path, "show", `${ref}:draft.txt`)).toBe("draft");
});

test("a member with unsaved work anywhere in its clone is removed only by force, and all of it is kept", async () => {
  const remove = (force: boolean, cwd = town.root) => removeCrew(access, town.rig(), "sam", { force, cwd });
  // The rig's own files are nobody's work.
  town.write("web/.runtime/overlay/local.env", "KEY=1\n");
  writeFileSync(join(path, "local.env"), "KEY=1\n");
  git(path, "checkout", "--quiet", "-b", "idea");
  const idea = commit(path, "idea", { "idea.txt": "idea" });
  rmSync(join(path, "local.env"));
  git(path, "checkout", "--quiet", "crew/sam");
  for (const text of ["one", "two"]) {
    writeFileSync(join(path, "README.md"), text);
    git(path, "stash", "--quiet");
  }
  const stashes = git(path, "stash", "list", "--format=%H").split("\n");
  git(path, "clone", "--quiet", town.origin("web"), "inner");
  writeFileSync(join(path, "draft.txt"), "draft");
  await expect(remove(false)).rejects.toMatchObject({
    code: "E_UNSAFE",
    message: expect.stringMatching(/2 uncommitted files: .*2 stashes; branch idea has 1 unpushed commit/),
  });
  await expect(remove(true, join(path, "inner"))).rejects.toMatchObject({ code: "E_CWD_INSIDE" });
  expect(existsSync(path)).toBe(true);

  const { bundle, aside } = await remove(true);
  expect(existsSync(path)).toBe(false);
  expect(readFileSync(join(aside ?? "", "inner/README.md"), "utf8")).toBe("# web\n");
  const restored = join(town.root, "restored");
  git(town.root, "clone", "--quiet", "--mirror", bundle ?? "", restored);
  const refs = (place: string) => git(restored, "for-each-ref", "--format=%(objectname)", place).split("\n");
  const [snapshot = ""] = refs("refs/gt/hooks/crew/sam/");
  expect(git(restored, "show", `${snapshot}:draft.txt`)).toBe("draft");
  expect(refs("refs/heads/idea")).toEqual([idea]);
  expect(refs("refs/gt/stash/")).toEqual(stashes);
});

test("what lies where a clone should go stays, and a clone that went by hand is no reason to keep its member", async () => {
  town.write("web/crew/max/notes.txt", "mine");
  await expect(addCrew(access, town.rig(), "max", { ownBranch: false })).rejects.toMatchObject({
    code: "E_EXISTS",
  });
  expect(readFileSync(join(town.root, "web/crew/max/notes.txt"), "utf8")).toBe("mine");

  const { id } = await town.bead(access, "Review", "true");
  await sling(access, { words: [id, address], options: {} });
  rmSync(path, { recursive: true });
  const gone = { force: false, purge: true, cwd: town.root };
  expect(await removeCrew(access, town.rig(), "sam", gone)).toEqual({ bundle: undefined, aside: undefined });
  expect(await access.ledger.get("web-crew-sam")).toBeUndefined();
  expect(await access.ledger.get(id)).toMatchObject({ status: "open", assignee: "" });
  expect(await addCrew(access, town.rig(), "sam", { ownBranch: false })).toMatchObject({ isNew: true });
});
