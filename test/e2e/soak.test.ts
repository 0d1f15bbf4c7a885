import { expect, test } from "vitest";
import { soak } from "../support/soak.ts";

test("random kills of agents, daemon and host: every bead lands once or waits for a person, and nothing is left over", async () => {
  const report = await soak({
    beads: 6,
    rigs: ["web", "api"],
    killingMs: 15_000,
    betweenKillsMs: { min: 800, max: 2500 },
    steps: 3,
    patienceMs: 120_000,
    seed: 7,
    tell: () => undefined,
  });
  expect(report).toMatchObject({ lost: [], twice: [], leftovers: [], unknownWorktrees: [] });
  expect(report.landed + report.escalated).toBe(6);
  expect(report.kills.agent).toBeGreaterThan(0);
}, 240_000);
