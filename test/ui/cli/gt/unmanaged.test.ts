import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PlainTown } from "../../../support/plain-town.ts";
import { type CliResult, runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
beforeEach(async () => {
  town = new PlainTown();
  await town.polecat("toast");
});
afterEach(() => town.dispose());

const overseer = (...args: readonly string[]): Promise<CliResult> => runGt(args, { cwd: town.root });
/** What an agent runs that somebody started by hand in its directory: no variable of ours, no host, no daemon. */
const agent = (args: readonly string[], input = ""): Promise<CliResult> =>
  runGt(args, {
    cwd: join(town.root, "greenplace/polecats/toast/greenplace"),
    env: { GT_NO_DAEMON: "1" },
    input,
  });

test("an agent started by hand has its identity, its work and its messages; the rest says that the host does not have it", async () => {
  const { ledger } = await town.access();
  await ledger.write("overseer", [
    { op: "create", bead: { title: "Paint the shed", scope: "greenplace" }, as: "bead" },
    { op: "hook", address: "greenplace/polecats/toast", bead: "$bead" },
  ]);
  expect((await agent(["whoami"])).stdout).toContain("Identity: greenplace/polecats/toast");
  const start = await agent(
    ["tap", "hook", "session-start", "--provider", "claude"],
    '{"session_id":"abc","source":"startup"}',
  );
  expect(start.stdout).toContain("Paint the shed");
  expect((await ledger.agent("greenplace/polecats/toast"))?.sessionId).toBe("abc");
  const said = await overseer("nudge", "greenplace/toast", "mind the ladder");
  expect(said.stdout).toContain("Queued for greenplace/polecats/toast (not managed by the session host)");
  const prompt = () => agent(["tap", "hook", "prompt", "--provider", "claude"], "{}");
  expect((await prompt()).stdout).toContain("[from overseer] mind the ladder");
  expect((await prompt()).stdout).toBe("");
  await overseer("nudge", "greenplace/toast", "and the cat");
  expect((await agent(["mail", "check", "--inject"])).stdout).toContain("and the cat");
  for (const command of [
    ["peek", "greenplace/toast"],
    ["handoff", "greenplace/toast", "-y"],
    ["session", "stop", "greenplace/toast"],
  ])
    expect(await overseer(...command), command[0]).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("gp-toast is not managed by the session host"),
    });
});
