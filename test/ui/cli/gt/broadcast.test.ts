import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { allNudges } from "../../../../src/agents/sessions/nudge-queue.ts";
import { startAgentSession } from "../../../../src/agents/sessions/start-session.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const gt = (args: readonly string[], env = {}) => runGt(args, { cwd: town.root, env });

test("a broadcast reaches every worker but the sender and the muted, with one event", async () => {
  expect((await gt(["broadcast", "hello"])).stdout).toBe("No workers running to broadcast to.\n");
  expect((await gt(["broadcast", ""])).code).toBe(2);
  town.write("settings/config.json", {
    default_agent: "busy",
    agents: {
      busy: {
        provider: "generic",
        command: "sh",
        args: ["-c", "while :; do echo busy; sleep 1; done"],
        ready_prompt: ">>",
        prompt_mode: "arg",
        ready_delay_ms: 0,
      },
    },
  });
  const access = await town.access();
  for (const name of ["nux", "slit", "rust"]) {
    const address = await town.polecat(name);
    await startAgentSession(access, { address, topic: "start" });
  }
  const as = (name: string) => ({ GT_ROLE: `greenplace/polecats/${name}` });
  expect((await gt(["dnd", "on"], as("slit"))).stdout).toContain("DND enabled - notifications muted");
  expect((await gt(["dnd", "status"], as("slit"))).stdout).toBe("🔕 Notification level: muted\n");
  const sent = await gt(["broadcast", "main is frozen"], as("nux"));
  expect(sent.stdout).toContain("Broadcasting to 2 agent(s)...");
  expect(sent.stdout).toContain("  ✓ 😺 greenplace/polecats/rust");
  expect(sent.stdout).toContain("  ○ 😺 greenplace/polecats/slit (DND: muted)");
  expect(sent.stdout).toContain("✓ Broadcast complete: 1 agent(s) nudged, 1 skipped (DND)");
  const queued = (await allNudges(access.ledger)).filter((nudge) => nudge.kind === "say");
  expect(queued.map(({ session, sender, message }) => [session, sender, message])).toEqual([
    ["gp-rust", "greenplace/polecats/nux", "main is frozen"],
  ]);
  town.write("config/messaging.json", {
    nudge_channels: { night: ["greenplace/polecats/[nr]*"], nobody: ["*/witness"] },
  });
  const night = await gt(["nudge", "channel:night", "lights out", "--no-wait", "--json"], as("nux"));
  expect(night.json()).toMatchObject({
    ...{ channel: "night" },
    nudges: [{ target: "greenplace/polecats/rust", state: "queued" }],
  });
  expect(await gt(["nudge", "channel:nobody", "hello"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('channel "nobody" has no live members'),
  });
  const log = readFileSync(town.town.paths.events, "utf8");
  expect(log.match(/"type":"broadcast"/g)).toHaveLength(1);
  expect(log).not.toContain('"type":"nudge"');
});

test("levels are shown and set, the overseer's too; unknown words are refused", async () => {
  expect((await gt(["notify"])).stdout).toBe("🔔 Notification level: normal\n");
  expect((await gt(["notify", "verbose"])).stdout).toBe("✓ Notification level set to verbose\n");
  expect((await gt(["notify"])).stdout).toBe("🔊 Notification level: verbose\n");
  expect((await gt(["dnd"])).stdout).toContain("DND enabled");
  expect((await gt(["dnd"])).stdout).toContain("DND disabled");
  expect((await gt(["dnd", "maybe"])).stderr).toContain('unknown action "maybe": use on, off or status');
  expect((await gt(["notify", "loud"])).code).toBe(2);
});
