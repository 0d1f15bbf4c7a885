import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stopReminder } from "../../../src/agents/hooks/polecat-stop.ts";
import { handoff } from "../../../src/agents/lifecycle/handoff.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { commit } from "../../support/scratch-repository.ts";
import { runGt } from "../../support/run-cli.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;
let address: string;
let worktree: string;

beforeEach(async () => {
  town = await WorkTown.create();
  access = await town.access();
  const bead = await town.bead(access, "Long work");
  const { dispatched } = await sling(access, { words: [bead.id, "web"], options: {} });
  address = dispatched[0]?.agent ?? "";
  worktree = join(town.root, address, "web");
});
afterEach(() => town.dispose());

async function turnEnd(run: string): Promise<string> {
  const session = (await liveSession(access, address))?.session ?? "";
  const { stdout, code } = await runGt(["tap", "hook", "turn-end", "--provider", "claude"], {
    cwd: worktree,
    env: { GT_ROLE: address, GT_SESSION: session, GT_RUN: run, GT_NO_DAEMON: "1" },
    input: '{"session_id":"abc"}',
  });
  expect(code).toBe(0);
  return stdout;
}

test("a polecat with commits that stops is reminded once; the second time its work is handed in", async () => {
  const run = (await liveSession(access, address))?.runId ?? "";
  commit(worktree, "web-1: add a", { "a.txt": "a" });
  expect(JSON.parse(await turnEnd(run))).toEqual({ decision: "block", reason: stopReminder });
  expect((await access.ledger.agent(address))?.state).toBe("working");
  expect(await turnEnd(run)).toBe("");
  const agent = await waitFor(
    async () => {
      const now = await access.ledger.agent(address);
      return now?.state === "idle" ? now : undefined;
    },
    { timeoutMs: 60_000, what: "the work to be handed in" },
  );
  expect(agent).toMatchObject({ hookBead: "", exitType: "COMPLETED" });
  expect(agent.mrId).not.toBe("");
});

test("the turn end of a run that a handoff has ended changes nothing for its successor", async () => {
  const old = (await liveSession(access, address))?.runId ?? "";
  commit(worktree, "web-1: add a", { "a.txt": "a" });
  await handoff(access, { address });
  const before = await liveSession(access, address);
  const agent = await access.ledger.agent(address);
  expect(await turnEnd(old)).toBe("");
  expect(await liveSession(access, address)).toMatchObject({ runId: before?.runId, phase: before?.phase });
  expect((await access.ledger.agent(address))?.state).toBe(agent?.state);
  expect(await access.ledger.rows("turns")).toEqual([]);
});
