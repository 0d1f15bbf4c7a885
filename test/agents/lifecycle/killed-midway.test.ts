import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { OperationJournal } from "../../../src/agents/lifecycle/operation-record.ts";
import { recoverOperations } from "../../../src/agents/lifecycle/recover-operations.ts";
import { snapshotHook } from "../../../src/agents/lifecycle/rollback-hook.ts";
import { resumeHook, suspendHook } from "../../../src/agents/lifecycle/suspend-hook.ts";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";
import { patrolRig } from "../../../src/agents/patrols/witness.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { WorkTown } from "../../support/work-town.ts";

// Rows of the failure matrix (spec/04 §12) that no other test kills; one town goes through all of them.
let town: WorkTown;
let access: TownAccess;
const beads: string[] = [];

beforeAll(async () => {
  town = await WorkTown.create();
  access = await town.access();
  for (const title of ["First", "Second"]) beads.push((await town.bead(access, title)).id);
});
afterAll(() => town.dispose());

const holderOf = async (bead: string | undefined): Promise<string> =>
  (await access.ledger.get(bead ?? ""))?.assignee ?? "";
const worktreeOf = (address: string): string => join(town.root, address, "web");

async function killed(args: readonly string[], at: string): Promise<void> {
  expect((await town.gt(args, { GT_TEST_CRASH: at })).signal).toBe("SIGKILL");
  const recovered = await recoverOperations(access);
  expect(recovered.map(({ outcome }) => outcome)).not.toContain("failed");
  expect(await access.ledger.rows("operations")).toEqual([]);
}

test("a batch killed midway: what was dispatched works, the rest is open in its convoy and goes on when slung again", async () => {
  await killed(["sling", ...beads, "web"], "sling.session.done");
  const [first, second] = [await holderOf(beads[0]), await holderOf(beads[1])];
  expect([first.startsWith("web/polecats/"), second]).toEqual([true, ""]);
  expect(await liveSession(access, first)).toMatchObject({ bead: beads[0] });
  const convoys = async () =>
    (await access.ledger.dependents(beads[1] ?? "")).filter((edge) => edge.type === "tracks");
  expect(await convoys()).toHaveLength(1);

  expect((await town.gt(["sling", ...beads, "web"])).stdout).toContain("2/2 dispatched");
  expect(await holderOf(beads[0])).toBe(first);
  expect(await holderOf(beads[1])).not.toBe("");
  expect(await convoys()).toHaveLength(1);
});

test("a rollback killed midway is repeated, and can be undone", async () => {
  const address = await holderOf(beads[1]);
  const file = join(worktreeOf(address), "draft.txt");
  await suspendHook(access, address, "test");
  writeFileSync(file, "good");
  const taken = await snapshotHook(access, address);
  const seq = taken.state === "taken" ? taken.snapshot.seq : 0;
  writeFileSync(file, "bad");
  await killed(["hook", "rollback", address, String(seq)], "rollback.restore");
  expect(readFileSync(file, "utf8")).toBe("good");
  const [before] = await listSnapshots(town.rig().repository, address.slice("web/".length));
  expect(before).toMatchObject({ reason: "pre-rollback" });
  expect(town.git("web", "show", `${before?.ref}:draft.txt`)).toBe("bad");
});

test("W15: a worktree that was deleted by hand is made anew from its branch, and its agent goes on in a fresh session", async () => {
  const address = await holderOf(beads[1]);
  const worktree = worktreeOf(address);
  const record = await resumeHook(access, address);
  commit(worktree, "Half of it", { "half.txt": "half" });
  const branch = git(worktree, "branch", "--show-current");
  rmSync(worktree, { recursive: true });
  await patrolRig({ ...access, actor: "daemon" }, town.rig(), { budget: new StartBudget() });
  expect(git(worktree, "branch", "--show-current")).toBe(branch);
  expect(readFileSync(join(worktree, "half.txt"), "utf8")).toBe("half");
  const now = await liveSession(access, address);
  expect(now).toMatchObject({ bead: beads[1] });
  expect(now?.runId).not.toBe(record?.runId);
});

test.each(["nuke.keep", "nuke.remove"])(
  "a removal killed at %s goes on to its end, with everything kept",
  async (point) => {
    const bead = beads[point === "nuke.keep" ? 0 : 1];
    const address = await holderOf(bead);
    const worktree = worktreeOf(address);
    const branch = git(worktree, "branch", "--show-current");
    const head = commit(worktree, "Unpushed", { [`${point}.txt`]: "kept" });
    writeFileSync(join(worktree, "dirty.txt"), point);
    await killed(["polecat", "nuke", address, "--force"], point);
    expect(await access.ledger.agent(address)).toMatchObject({ state: "nuked", hookBead: "" });
    expect(await access.ledger.get(bead ?? "")).toMatchObject({ status: "open", assignee: "" });
    expect(git(town.origin("web"), "rev-parse", branch)).toBe(head);
    const [snapshot] = await listSnapshots(town.rig().repository, address.slice("web/".length));
    expect(town.git("web", "show", `${snapshot?.ref}:dirty.txt`)).toBe(point);
  },
);

test("a gt done that was still under way when its polecat was removed is over with it", async () => {
  const { id: bead } = await town.bead(access, "Third");
  expect((await town.gt(["sling", bead, "web"])).code).toBe(0);
  const address = await holderOf(bead);
  const done = await OperationJournal.begin<object>(access, {
    kind: "done",
    subject: { agent: address, bead, rig: "web" },
    step: "idle",
    data: {},
  });
  expect((await town.gt(["polecat", "nuke", address, "--force"])).code).toBe(0);
  await done.leave("its process was killed");
  expect(await recoverOperations(access)).toMatchObject([{ kind: "done", outcome: "resumed" }]);
  expect(await access.ledger.rows("operations")).toEqual([]);
  expect(await access.ledger.agent(address)).toMatchObject({ state: "nuked", hookBead: "" });
  expect(await access.ledger.get(bead)).toMatchObject({ status: "open", assignee: "" });
});
