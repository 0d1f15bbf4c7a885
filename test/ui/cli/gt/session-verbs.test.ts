import { afterEach, beforeEach, expect, test } from "vitest";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
  // A single command starts a session all the same, and says that nobody watches it.
  town.write("daemon/desired.json", { state: "down", since: "2026-01-01T00:00:00Z", by: "test" });
});
afterEach(() => town.dispose());

test("an agent's session is started, restarted as another run, and stopped", async () => {
  const address = await town.polecat("nux");
  town.write("settings/config.json", { type: "town-settings", version: 1, default_agent: "shell" });
  const { ledger } = await town.access();
  const { created } = await ledger.write("overseer", [
    {
      op: "create",
      bead: { title: "Wait", type: "task", scope: "greenplace", metadata: { script: "sleep 300" } },
    },
  ]);
  await ledger.write("overseer", [
    { op: "hook", address, bead: created[0] ?? "" },
    { op: "setAgent", address, fields: { state: "working", hookState: "active" } },
  ]);
  const gt = (...args: string[]) => runGt(["session", ...args], { cwd: town.root });

  const started = await gt("start", address);
  expect(started.stderr).toBe("warning: daemon is down; nothing watches this agent (gt up)\n");
  expect(started.code).toBe(0);
  const host = await town.connect({ start: false });
  const first = await host.get("gp-nux");
  expect(first?.phase).not.toBe("exited");
  expect((await gt("start", address)).stdout).toContain("has a session already");

  expect((await gt("restart", address)).code).toBe(0);
  const second = await host.get("gp-nux");
  expect(second?.phase).not.toBe("exited");
  expect(second?.runId).not.toBe(first?.runId);

  const [listed] = (await gt("list", "--rig", "greenplace", "--json")).json<{ session: string }[]>();
  expect(listed).toMatchObject({ session: "gp-nux", actor: address, agent: "shell" });
  expect((await gt("status", "greenplace/nux", "--json")).json()).toMatchObject({ running: true });
  expect((await gt("check", "greenplace")).stdout).toContain("Summary: 1 checked, 1 healthy, 0 not running");
  expect((await gt("capture", address, "5")).code).toBe(0);
  const empty = await gt("inject", address);
  expect(empty.code).toBe(2);
  expect(empty.stderr).toContain("no message provided (use -m or -f)");
  expect((await gt("list", "--rig", "nowhere")).code).toBe(1);

  expect((await gt("stop", "greenplace/nux")).code).toBe(0);
  expect((await gt("check")).stdout).toContain(`✗ ${address}: no session`);
  expect((await host.get("gp-nux"))?.phase ?? "exited").toBe("exited");
  expect((await gt("stop", address)).stdout).toContain("has no session");
}, 60_000);

test("an unknown agent is refused with the next command", async () => {
  const result = await runGt(["session", "start", "greenplace/polecats/nobody"], { cwd: town.root });
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/no agent greenplace\/polecats\/nobody[\s\S]*gt agents/);
  await town.polecat("nux");
  const near = await runGt(["session", "stop", "greenplace/polecats/nix"], { cwd: town.root });
  expect(near.stderr).toContain(`did you mean "greenplace/polecats/nux"`);
  const word = await runGt(["session", "start", "nux"], { cwd: town.root });
  expect(word).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("invalid address format: expected 'rig/polecat', got 'nux'"),
  });
});
