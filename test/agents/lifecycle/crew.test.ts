import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { addCrew, removeCrew, rigOfMember, startCrew, stopCrew } from "../../../src/agents/lifecycle/crew.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { git } from "../../support/scratch-repository.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;
let path: string;
const address = "web/crew/sam";

beforeEach(async () => {
  town = await WorkTown.create();
  town.write("settings/config.json", {
    default_agent: "idler",
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

test("its session is started once and stopped with its files kept", async () => {
  const first = await startCrew(access, address);
  expect((await startCrew(access, address)).runId).toBe(first.runId);
  expect(first.cwd).toBe(path);
  writeFileSync(join(path, "draft.txt"), "draft");
  expect(await stopCrew(access, address)).toBe(true);
  expect(await stopCrew(access, address)).toBe(false);
  const [ref = ""] = git(path, "for-each-ref", "--format=%(refname)", "refs/gt/hooks/crew/sam/").split("\n");
  expect(git(path, "show", `${ref}:draft.txt`)).toBe("draft");
});

test("a member with unsaved work is removed only by force, and all of it is in a bundle", async () => {
  writeFileSync(join(path, "draft.txt"), "draft");
  await expect(removeCrew(access, town.rig(), "sam", { force: false })).rejects.toMatchObject({
    code: "E_UNSAFE",
  });
  expect(existsSync(path)).toBe(true);
  const bundle = await removeCrew(access, town.rig(), "sam", { force: true });
  expect(existsSync(path)).toBe(false);
  const restored = join(town.root, "restored");
  git(town.root, "clone", "--quiet", "--mirror", bundle ?? "", restored);
  const [ref = ""] = git(restored, "for-each-ref", "--format=%(refname)", "refs/gt/hooks/crew/sam/").split(
    "\n",
  );
  expect(git(restored, "show", `${ref}:draft.txt`)).toBe("draft");
});
