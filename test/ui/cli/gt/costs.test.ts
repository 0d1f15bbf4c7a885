import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
const address = "greenplace/polecats/toast";
beforeEach(async () => {
  town = new PlainTown();
  await town.polecat("toast");
  const { ledger } = await town.access();
  await ledger.write("overseer", [{ op: "setAgent", address, fields: { runtime: "claude" } }]);
});
afterEach(() => town.dispose());

const env = { GT_ROLE: address, GT_SESSION: "gp-toast", GT_PROVIDER: "claude", GT_AGENT: "claude" };
const gt = (args: readonly string[], input = "") => runGt(args, { cwd: town.root, env, input });

test("what a session used is booked at its end by the runtime's own transcript, and shown by day, role and rig", async () => {
  const transcript = join(town.root, "transcript.jsonl");
  mkdirSync(town.root, { recursive: true });
  const usage = { input_tokens: 1_000_000, output_tokens: 10_000 };
  writeFileSync(
    transcript,
    JSON.stringify({ type: "assistant", message: { id: "m", model: "claude-haiku-4-5", usage } }),
  );
  const hook = (event: string) =>
    gt(
      ["tap", "hook", event, "--provider", "claude"],
      JSON.stringify({ session_id: "abc", source: "startup", transcript_path: transcript }),
    );
  await hook("session-start");
  expect(await hook("session-end")).toMatchObject({ code: 0, stderr: "" });
  expect((await gt(["costs", "--today", "--json"])).json()).toMatchObject({
    sessions: [{ session: "gp-toast", role: "polecat", rig: "greenplace", cost_usd: 1.05, running: false }],
    ...{ total_usd: 1.05, by_role: { polecat: 1.05 }, by_rig: { greenplace: 1.05 }, period: "today" },
  });
  expect((await gt(["costs", "--week", "--by-rig"])).stdout).toBe(
    "greenplace           $1.05\nTotal $1.05 (last 7 days)\n",
  );
  expect((await gt(["costs"])).stdout).toBe("No agent sessions that cost anything are running.\n");
  expect((await gt(["costs", "-v"])).stdout).toContain("Prices of 20");
  expect(await gt(["costs", "record", "--session", "gp-nobody"])).toMatchObject({ code: 1 });
  expect((await gt(["costs", "record"])).stdout).toBe("gp-toast: $1.05\n");
});
