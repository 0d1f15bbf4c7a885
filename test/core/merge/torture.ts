// npm run torture:merge [histories] [first seed]: random histories of the merge queue with kills, a million by default.
import { playHistory, randomFrom } from "./history.ts";

const histories = Number(process.argv[2] ?? 1_000_000);
const first = Number(process.argv[3] ?? Date.now() % 1_000_000_000);
const started = Date.now();
let steps = 0;
let kills = 0;
let broken = 0;

process.stdout.write(`${histories} histories from seed ${first}\n`);
for (let index = 0; index < histories && broken < 10; index++) {
  const seed = first + index;
  const random = randomFrom(seed ^ 0x5bd1e995);
  const coin = () => random() < 0.5;
  const report = playHistory({
    seed,
    kills: coin(),
    arbitraryGate: coin(),
    flakes: coin(),
    moves: coin(),
    conflicts: coin(),
    withdrawals: coin(),
    errors: coin(),
    policy: {
      probes: 1 + Math.floor(random() * 7),
      earlyLand: coin(),
      retryFlaky: Math.floor(random() * 3),
      retryBatchOnFlaky: coin(),
      maxBatchSize: 1 + Math.floor(random() * 16),
    },
  });
  steps += report.steps;
  kills += report.kills;
  if (report.violations.length > 0) {
    broken++;
    process.stdout.write(`seed ${seed}: ${report.violations.join("\n  ")}\n`);
  }
  if ((index + 1) % 100_000 === 0) process.stdout.write(`${index + 1} played\n`);
}
process.stdout.write(
  `${steps} steps, ${kills} kills, ${broken} broken, ${Math.round((Date.now() - started) / 1000)} s\n`,
);
process.exitCode = broken === 0 ? 0 : 1;
