import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { recoverOperations } from "../../../src/agents/lifecycle/recover-operations.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { crashPointsOf } from "../../support/crash-points.ts";
import { git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;

beforeAll(async () => {
  town = await WorkTown.create();
  access = await town.access();
});
afterAll(() => town.dispose());

const gt = (args: readonly string[], crashAt?: string) =>
  town.gt(args, crashAt === undefined ? {} : { GT_TEST_CRASH: crashAt });

const tracking = async (bead: string): Promise<readonly string[]> => {
  const ids = (await access.ledger.dependents(bead))
    .filter((edge) => edge.type === "tracks")
    .map((edge) => edge.from);
  const convoys = await access.ledger.getMany(ids);
  return [...convoys.values()].filter((convoy) => convoy.status === "open").map((convoy) => convoy.id);
};

describe("gt sling, killed with -9", () => {
  // The other two need a holder and a session that does not start; they are killed end to end.
  const points = crashPointsOf("sling").filter((point) => !["sling.preserve", "sling.undo"].includes(point));

  test.each(points)("at %s, and slung again, ends like an undisturbed one", async (point) => {
    const bead = await town.bead(access, `Work until ${point}`, "sleep 1000");
    const killed = await gt(["sling", bead.id, "web"], point);
    expect(killed.signal).toBe("SIGKILL");

    const recovered = await recoverOperations(access);
    expect(recovered.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(await access.ledger.rows("operations")).toEqual([]);
    const wasCommitted = ["sling.session", "sling.session.done", "sling.finished"].includes(point);
    expect((await access.ledger.get(bead.id))?.status).toBe(wasCommitted ? "hooked" : "open");
    if (!wasCommitted) {
      expect(town.git("web", "for-each-ref", `refs/heads/polecat/*/${bead.id}@*`)).toBe("");
      expect(await tracking(bead.id)).toEqual([]);
    }

    const again = await gt(["sling", bead.id, "web", "--json"]);
    expect(again.code, again.stdout + again.stderr).toBe(0);
    const { agent: address, noop } = again.json<{ agent: string; noop: boolean }>();
    expect(noop).toBe(wasCommitted);
    const now = await access.ledger.get(bead.id);
    expect(["hooked", "in_progress"]).toContain(now?.status);
    expect(now).toMatchObject({ assignee: address, metadata: { recovery: { attempts: 1 } } });
    expect(await access.ledger.agents({ hookBead: bead.id })).toEqual([
      expect.objectContaining({ address, state: "working", hookState: "active" }),
    ]);
    expect(await tracking(bead.id)).toHaveLength(1);
    expect(await liveSession(access, address)).toMatchObject({ bead: bead.id });
    expect(git(join(town.root, address, "web"), "branch", "--show-current")).toContain(bead.id);
    // No directory without a polecat, no polecat without a directory.
    const known = await access.ledger.agents({ rig: "web", role: "polecat" });
    const alive = known.filter((agent) => agent.state !== "nuked").map((agent) => agent.name);
    expect(readdirSync(town.rig().polecats).toSorted()).toEqual(alive.toSorted());
    await gt(["unsling", bead.id, "--force"]);
  });
});

describe("gt done, killed with -9", () => {
  const points = [
    "done.intent",
    "done.autosave",
    "done.scrub",
    "done.push",
    "done.submit",
    "done.sync",
    "done.idle",
    "done.finished",
  ];

  test.each(points)("at %s, and recovered, ends like an undisturbed one", async (point) => {
    const file = `${point}.txt`;
    const bead = await town.bead(access, `Work until ${point}`, `echo work > ${file}`);
    const slung = await gt(["sling", bead.id, "web", "--json"], point);
    expect(slung.code, slung.stderr).toBe(0);
    const { agent: address, branch } = slung.json<{ agent: string; branch: string }>();
    await waitFor(async () => (await liveSession(access, address)) === undefined, {
      timeoutMs: 40_000,
      what: "the session to die",
    });

    const left = await access.ledger.rows("operations");
    expect(left).toHaveLength(point === "done.finished" ? 0 : 1);
    await recoverOperations(access);
    const agent = await access.ledger.agent(address);
    expect(agent).toMatchObject({ state: "idle", hookBead: "", exitType: "COMPLETED" });
    expect(await access.ledger.rows("operations")).toEqual([]);
    const requests = await access.ledger.find({
      type: "merge-request",
      metadata: { "mr.source_issue": bead.id },
    });
    expect(requests).toHaveLength(1);
    expect(await access.ledger.get(bead.id)).toMatchObject({
      status: "in_progress",
      assignee: address,
      metadata: { awaiting_merge: requests[0]?.id },
    });
    const { commit_sha: head } = (requests[0]?.metadata["mr"] ?? {}) as { commit_sha?: string };
    expect(git(town.origin("web"), "rev-parse", branch)).toBe(head);
    expect(git(town.origin("web"), "show", `${head}:${file}`)).toBe("work");
    expect(git(town.origin("web"), "rev-list", "--count", `main..${head}`)).toBe("1");
    const worktree = join(town.root, address, "web");
    expect(git(worktree, "status", "--porcelain")).toBe("");
    expect(existsSync(join(worktree, file))).toBe(false);
  });
});
