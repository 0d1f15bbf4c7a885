import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { lastCheckpoint, readCheckpoint } from "../../../src/agents/lifecycle/checkpoint.ts";
import { handoff, prepareHandoff } from "../../../src/agents/lifecycle/handoff.ts";
import { recoverOperations } from "../../../src/agents/lifecycle/recover-operations.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";
import { patrolRig } from "../../../src/agents/patrols/witness.ts";
import { isSameProcess } from "../../../src/agents/sessions/process-identity.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { crashPointsOf } from "../../support/crash-points.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;
let address: string;
let bead: string;

beforeEach(async () => {
  town = await WorkTown.create();
  access = await town.access();
  ({ id: bead } = await town.bead(access, "Long work", "echo started; sleep 1000"));
  const { dispatched } = await sling(access, { words: [bead, "web"], options: {} });
  address = dispatched[0]?.agent ?? "";
});
afterEach(() => town.dispose());

const sessions = async () => {
  const host = await access.host({ start: false });
  return (await host.list()).filter((session) => session.phase !== "exited");
};

test("a handoff replaces the session and keeps hook, worktree and name", async () => {
  const before = await liveSession(access, address);
  writeFileSync(join(town.root, address, "web", "half.txt"), "half");
  const after = await handoff(access, { address, subject: "Refreshed" });
  const left = await lastCheckpoint(access.ledger, address);
  expect(left).toMatchObject({ bead, reason: "handoff", run: before?.runId, modified: ["half.txt"] });
  const shown = (about: string, ageMs: number) =>
    readCheckpoint(access.ledger, address, { bead: about, time: (left?.at ?? 0) + ageMs });
  const day = 24 * 3_600_000;
  expect(await shown(bead, day - 1)).toEqual(left);
  expect([await shown(bead, day), await shown("web-other", 0)]).toEqual([undefined, undefined]);
  expect(after).toMatchObject({ session: before?.session, bead, topic: "handoff" });
  expect(after?.runId).not.toBe(before?.runId);
  expect(await sessions()).toHaveLength(1);
  expect(await access.ledger.agent(address)).toMatchObject({ state: "working", hookBead: bead });
  expect(await access.ledger.rows("operations")).toEqual([]);
});

test("a dead session is started again by a handoff", async () => {
  const host = await access.host({ start: false });
  const before = await liveSession(access, address);
  await host.stop(before?.session ?? "", { reason: "killed", force: true });
  const after = await handoff(access, { address });
  expect((await liveSession(access, address))?.runId).toBe(after?.runId);
});

/** Every file of the agent's worktree with what is in it, git's own aside. */
function files(): Readonly<Record<string, string>> {
  const worktree = join(town.root, address, "web");
  const names = readdirSync(worktree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== ".git")
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(name, "utf8")]));
}

async function killHost(): Promise<void> {
  const host = JSON.parse(readFileSync(join(town.town.paths.runtime, "host.json"), "utf8")) as {
    readonly pid: number;
    readonly pid_started_at: string;
  };
  process.kill(host.pid, "SIGKILL");
  await waitFor(() => !isSameProcess(host.pid, host.pid_started_at), { what: "the host to die" });
}

test("killed with -9 at every step, alone or with the host, exactly one session goes on with the same files", async () => {
  writeFileSync(join(town.root, address, "web", "half.txt"), "half a thought\n");
  mkdirSync(join(town.root, address, "web", "src"));
  writeFileSync(join(town.root, address, "web", "src", "new.ts"), "export {};\n");
  const before = files();
  for (const point of crashPointsOf("handoff"))
    for (const withHost of [false, true]) {
      const at = `${point}${withHost ? " with the host" : ""}`;
      const old = await liveSession(access, address);
      const killed = await town.gt(["handoff", address, "-y", "-c"], { GT_TEST_CRASH: point });
      expect(killed.signal, at).toBe("SIGKILL");
      if (withHost) await killHost();
      // What the daemon does at its start: it ends what was begun, and the Witness looks after those without a session.
      await access.host();
      for (const recovered of await recoverOperations(access))
        expect(recovered, at).toMatchObject({ kind: "handoff", outcome: "resumed" });
      await patrolRig(access, town.rig(), { budget: new StartBudget(5) });
      const after = await sessions();
      expect(after, at).toMatchObject([{ session: old?.session, bead }]);
      expect(after[0]?.runId, at).not.toBe(old?.runId);
      expect(await access.ledger.rows("operations"), at).toEqual([]);
      expect(files(), at).toEqual(before);
    }
}, 120_000);

test("an agent hands itself off: it ends, its successor goes on and knows why", async () => {
  const before = await liveSession(access, address);
  const inside = {
    GT_ROLE: address,
    BD_ACTOR: address,
    GT_SESSION: before?.session ?? "",
    GT_RUN: before?.runId ?? "",
  };
  const result = await town.gt(["handoff", "-m", "the parser is left"], inside);
  expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining("Handing off") });
  const after = await waitFor(
    async () => {
      const now = await liveSession(access, address);
      return now !== undefined && now.runId !== before?.runId ? now : undefined;
    },
    { timeoutMs: 30_000, what: "the successor" },
  );
  const successor = { ...inside, GT_RUN: after.runId };
  const primed = await town.gt(["prime", "--hook"], successor);
  expect(primed.stdout).toContain("You are the successor");
  expect(primed.stdout).toContain("> the parser is left");
  expect(await sessions()).toHaveLength(1);
  const again = await town.gt(["handoff"], successor);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("--force") });
});

describe("refused", () => {
  test("to a polecat that handed itself off within the last two minutes, unless it insists (04 §5.8)", async () => {
    let now = Date.now();
    const own = { ...access, actor: address, clock: { now: () => now } };
    await prepareHandoff(own, { address });
    now += 119_001;
    await expect(prepareHandoff(own, { address })).rejects.toMatchObject({
      ...{ code: "E_HANDOFF_COOLDOWN", message: "wait 1s or use --force", hint: "gt handoff --force" },
    });
    await prepareHandoff(own, { address, force: true });
    now += 120_000;
    await prepareHandoff(own, { address });
    expect(await access.ledger.agent(address)).toMatchObject({ state: "working", hookBead: bead });
  });
  test("for an agent with nothing on its hook", async () => {
    await access.ledger.write("overseer", [{ op: "unhook", address }]);
    await expect(handoff(access, { address })).rejects.toMatchObject({ code: "E_NOTHING_HOOKED" });
  });
  test("by an agent that has no say over the other", async () => {
    await expect(handoff({ ...access, actor: "web/polecats/other" }, { address })).rejects.toMatchObject({
      code: "E_FORBIDDEN",
    });
    await expect(prepareHandoff(access, { address: "web/witness" })).rejects.toMatchObject({
      code: "E_BUILTIN_TARGET",
    });
  });
});
