import { soak } from "../test/support/soak.ts";

/**
 * The long form of test/e2e/soak.test.ts: 50 shell agents on 3 rigs, and somebody killed every few seconds.
 * Usage: npm run soak -- [minutes] [beads] [seed]
 */
const [minutes = "10", beads = "50", seed = "1"] = process.argv.slice(2);

const report = await soak({
  beads: Number(beads),
  rigs: ["web", "api", "doc"],
  killingMs: Number(minutes) * 60_000,
  betweenKillsMs: { min: 2000, max: 6000 },
  steps: 20,
  patienceMs: 15 * 60_000,
  seed: Number(seed),
  tell: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
});

const { kills } = report;
process.stdout.write(
  [
    `killed: ${kills.agent} agents, ${kills.daemon} daemons, ${kills.host} hosts`,
    `beads: ${report.landed} landed, ${report.escalated} wait for a person, ${report.lost.length} lost, ${report.twice.length} landed twice`,
    `left over: ${report.leftovers.length} processes or locks, ${report.unknownWorktrees.length} unknown worktrees`,
    ...[...report.lost, ...report.twice, ...report.leftovers, ...report.unknownWorktrees].map(
      (line) => `  ${line}`,
    ),
    "",
  ].join("\n"),
);
const bad =
  report.lost.length + report.twice.length + report.leftovers.length + report.unknownWorktrees.length;
process.exit(bad === 0 ? 0 : 1);
