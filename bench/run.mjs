// Runs every bench/*.bench.mjs (or those whose name contains an argument) and prints one table. A file exports
//   export const title = "..."; export default async function* (baselines) { yield { name, value, unit, bar, ... } }
// where a row may have: `baseline` (a value measured in the same run, of the same unit) for the ratio, `barRatio` instead
// of `bar` when the promise is about the ratio, and `better: "more"` when greater is better. Exit code 1 if a bar is missed
// and --strict is given.
import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { cpus } from "node:os";

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".bench.mjs")).sort();

/** Middle of several runs, in milliseconds. */
export function medianMs(run, times = 5) {
  const measured = [];
  for (let n = 0; n < times; n++) {
    const start = performance.now();
    run();
    measured.push(performance.now() - start);
  }
  return measured.sort((a, b) => a - b)[Math.floor(times / 2)];
}

const baselines = {
  /** A process that does nothing. */
  nodeStartMs: medianMs(() => spawnSync(process.execPath, ["-e", "0"])),
  /** A fixed piece of arithmetic, to compare machines. */
  cpuMs: medianMs(() => {
    let sum = 0;
    for (let n = 0; n < 2e7; n++) sum = (sum * 31 + n) | 0;
    return sum;
  }),
};

console.log(`node ${process.version}, ${cpus().length} CPUs (${cpus()[0]?.model ?? "unknown"})`);
console.log(
  `baselines: node -e 0 ${baselines.nodeStartMs.toFixed(0)} ms, arithmetic ${baselines.cpuMs.toFixed(0)} ms`,
);

let missed = 0;
for (const file of files.filter(
  (name) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
)) {
  const { title, default: bench } = await import(`./${file}`);
  console.log(`\n${title ?? file}`);
  console.log(line("measurement", "value", "ratio", "bar", ""));
  for await (const row of bench(baselines)) {
    const ratio = row.baseline === undefined ? undefined : row.value / row.baseline;
    const met =
      row.barRatio === undefined ? compare(row.value, row) : compare(ratio, { ...row, bar: row.barRatio });
    if (!met) missed++;
    console.log(
      line(
        row.name,
        `${format(row.value)} ${row.unit}`,
        ratio === undefined ? "" : `${format(ratio)}x`,
        describeBar(row),
        met ? "met" : "NOT MET",
      ) + (row.note ? `  ${row.note}` : ""),
    );
  }
}
console.log(missed === 0 ? "\nevery bar is met" : `\n${missed} not met`);
process.exitCode = missed > 0 && process.argv.includes("--strict") ? 1 : 0;

function compare(value, { bar, better }) {
  if (bar === undefined) return true;
  return better === "more" ? value >= bar : value <= bar;
}

function describeBar({ bar, barRatio, better, unit }) {
  if (bar === undefined && barRatio === undefined) return "";
  const sign = better === "more" ? ">=" : "<=";
  return barRatio === undefined ? `${sign} ${format(bar)} ${unit}` : `${sign} ${format(barRatio)}x`;
}

function format(number) {
  if (number >= 100) return number.toFixed(0);
  return number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

function line(name, value, ratio, bar, verdict) {
  return `  ${name.padEnd(52)} ${value.padStart(14)} ${ratio.padStart(9)} ${bar.padStart(14)}  ${verdict}`;
}
