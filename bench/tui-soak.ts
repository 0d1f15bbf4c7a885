import { join } from "node:path";
import { TuiTown } from "../test/e2e/support/tui-town.ts";
import { openTerminal } from "../test/support/terminal.ts";
import { tuiSoak } from "../test/support/tui-soak.ts";

/**
 * The long form of test/e2e/tui-soak.test.ts, on the program as it is shipped. Linux only.
 * Usage: npm run soak:tui -- [seconds] [seed]
 */
const [seconds = "60", seed = `${Date.now() % 100_000}`] = process.argv.slice(2);
/** What may come in the second half: V8 keeps what it has once needed. A leak of so many steps would be more. */
const mayGrowMb = 60;
/** And never more than this (design/tui.md). */
const mostMb = 250;

process.stdout.write(`${seconds} s, seed ${seed}\n`);
const town = new TuiTown();
let isBad = true;
try {
  const began = Date.now();
  const { steps, kills, frame, differingCells, leftBehind, before, after } = await tuiSoak({
    town,
    seed: Number(seed),
    progress: () => (Date.now() - began) / 1000 / Number(seconds),
    open: () => {
      const gt = join(import.meta.dirname, "../bin/gt");
      return openTerminal(process.execPath, [gt, "feed", "--town", town.plain.root], {
        columns: 160,
        rows: 45,
      });
    },
  });
  const problems = [
    ...frame.map((line) => `broken frame: ${line}`),
    ...differingCells.slice(0, 20).map((cell) => `not as painted anew: ${cell}`),
    ...leftBehind.map((what) => `left in the terminal: ${what}`),
    ...(after.megabytes > Math.min(mostMb, before.megabytes + mayGrowMb) ? ["memory grows"] : []),
    ...(after.files > before.files + 5 ? ["open files grow"] : []),
  ];
  isBad = problems.length > 0;
  process.stdout.write(
    [
      `${steps} steps, ${kills} agents killed`,
      `memory ${before.megabytes} -> ${after.megabytes} MB, open files ${before.files} -> ${after.files}`,
      ...(isBad ? problems : ["the frame is intact, the same as painted anew, and the terminal clean"]),
      "",
    ].join("\n"),
  );
} finally {
  await town.dispose();
}
process.exit(isBad ? 1 : 0);
