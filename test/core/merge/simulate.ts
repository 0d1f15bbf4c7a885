// npm run simulate:merge: the table of spec/05 §2.13, played by the queue itself.
import { borsRuns, cost, expectedRuns, worstRuns } from "./simulator.ts";

const samples = Number(process.argv[2] ?? 2000);
const cell = (text: string): string => text.padStart(22);

process.stdout.write(
  `gate runs: serial n, plain bors / this queue (expected) worst; ${samples} placements\n`,
);
process.stdout.write(`${"n".padStart(4)}${[0, 1, 2, 3, 4].map((k) => cell(`k=${k}`)).join("")}\n`);
for (const n of [1, 2, 4, 8, 16, 32, 64]) {
  const cells = [0, 1, 2, 3, 4].map((k) => {
    if (k > n) return cell("-");
    const measured = cost(n, k, 1, samples);
    const figures = `${borsRuns(n, k).toFixed(1)} / ${measured.runs.toFixed(1)} (${expectedRuns(n, k).toFixed(1)})`;
    return cell(`${figures} ${measured.worst}<=${worstRuns(n, k)}`);
  });
  process.stdout.write(`${String(n).padStart(4)}${cells.join("")}\n`);
}
process.stdout.write("\nrounds (runs) for k=1 with several slots\n");
for (const n of [8, 16, 64]) {
  const cells = [1, 2, 3, 4, 5, 6, 7].map((slots) => {
    const measured = cost(n, 1, slots, samples);
    return cell(`${slots}: ${measured.rounds.toFixed(1)} (${measured.runs.toFixed(1)})`);
  });
  process.stdout.write(`${String(n).padStart(4)}${cells.join("")}\n`);
}
