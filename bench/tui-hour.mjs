// An hour of the terminal UI in a few minutes: as many bytes, events, changes of the ledger and keys as in an hour at the
// rates below, as fast as can be watched, and how much memory it has meanwhile. Linux only.
// Usage: npm run soak:tui-hour -- [minutes that it takes]
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { TuiTown } from "../test/e2e/support/tui-town.ts";
import { memoryMb, WatchedProgram } from "./watched-program.mjs";

const hourSeconds = 3600;
const agents = 50;
const panes = 6;
/** Of each pane's program, all hour long. An agent that thinks writes less, one that shows a diff more, but not for long. */
const bytesPerSecond = 1024;
const eventsPerSecond = 1;
const changesPerSecond = 0.2;
const keysPerSecond = 0.5;
/** How often memory is looked at: every so many minutes of the hour. */
const sampleMinutes = 5;
/**
 * At most 250 MB, and flat. What lives was measured behind a collection: 36 MB after ten minutes, 38 after fifty, when the
 * caches are full. V8's high-water mark moves on in steps of ten megabytes, of which there may be two in half an hour.
 */
const mostMb = 250;
const mayGrowMb = 25;

const minutes = Number(process.argv[2] ?? 4);
const speed = hourSeconds / (minutes * 60);
const gt = join(import.meta.dirname, "../bin/gt");

/** Coloured lines of different lengths, a kilobyte at a time. */
const block = Array.from(
  { length: 16 },
  (_, line) =>
    `\\033[3${1 + (line % 6)}m${"●".repeat(1 + (line % 3))} line ${line}\\033[0m ${"x".repeat(20 + line * 2)}\\r\\n`,
).join("");
const writer = [
  "/bin/sh",
  "-c",
  `while :; do printf '${block}'; sleep ${(block.length / bytesPerSecond / speed).toFixed(4)}; done`,
];

const town = new TuiTown();
let isBad = true;
try {
  const names = Array.from({ length: agents }, (_, index) => `a${String(index).padStart(2, "0")}`);
  for (const [index, name] of names.entries())
    await town.polecat(name, index < panes ? writer : ["/bin/cat"]);
  const beads = await town.convoy(
    "An hour of work",
    Array.from({ length: 40 }, (_, index) => `Bead ${index}`),
  );
  const tui = new WatchedProgram([process.execPath, gt, "feed", "--town", town.plain.root], town.plain.root);
  await tui.seen(new RegExp(`${agents} agents`));
  await tui.type("j", "\r");
  for (let pane = 0; pane < panes; pane++) await tui.type("j", "s", "\u001d");
  const ledger = await town.ledger();
  const events = town.plain.town.paths.events;
  console.log(`an hour in ${minutes} min: ${agents} agents, ${panes} panes at ${bytesPerSecond} B/s each,`);
  console.log(`${eventsPerSecond} events/s, ${changesPerSecond} changes/s, ${keysPerSecond} keys/s`);
  console.log(`minute  memory  frames  to the terminal`);
  const began = performance.now();
  const secondOfHour = () => ((performance.now() - began) / 1000) * speed;
  const keys = [
    "j",
    "k",
    "\t",
    "p",
    "p",
    "b",
    "j",
    "b",
    "m",
    "m",
    "l",
    "j",
    "l",
    "i",
    "i",
    "?",
    "\u001b",
    "1",
    "2",
    "3",
  ];
  const done = { events: 0, changes: 0, keys: 0 };
  const samples = [];
  for (let next = 0; secondOfHour() < hourSeconds; ) {
    const second = secondOfHour();
    const due = (rate) => Math.floor(second * rate);
    if (due(eventsPerSecond) > done.events) {
      const written = done.events;
      done.events = due(eventsPerSecond);
      appendFileSync(events, eventLines(written, done.events));
    }
    for (; done.changes < due(changesPerSecond); done.changes++)
      await ledger.write("overseer", [
        { op: "update", id: beads[done.changes % beads.length], fields: { priority: done.changes % 4 } },
      ]);
    if (done.keys < due(keysPerSecond)) tui.press(keys[done.keys++ % keys.length]);
    if (second >= next) {
      const memory = memoryMb(tui.pid);
      samples.push({ minute: second / 60, memory });
      console.log(
        `${String(Math.round(second / 60)).padStart(6)}  ${memory.toFixed(0).padStart(3)} MB  ${String(tui.frames).padStart(6)}  ${(tui.bytes / 1024 / 1024).toFixed(1)} MB`,
      );
      next += sampleMinutes * 60;
    }
    await pause(20);
  }
  samples.push({ minute: 60, memory: memoryMb(tui.pid) });
  await tui.end();
  const half = samples.filter(({ minute }) => minute >= 30);
  const growth = slope(half) * 30;
  const most = Math.max(...samples.map(({ memory }) => memory));
  console.log(`${done.events} events, ${done.changes} changes, ${done.keys} keys, ${tui.frames} frames`);
  console.log(
    `most ${most.toFixed(0)} MB (bar ${mostMb}); second half ${growth >= 0 ? "+" : ""}${growth.toFixed(1)} MB (bar ${mayGrowMb})`,
  );
  isBad = most > mostMb || growth > mayGrowMb;
  console.log(isBad ? "memory is not flat" : "memory is flat");
} finally {
  await town.dispose();
}
process.exit(isBad ? 1 : 0);

/** Megabytes a minute by the line that is nearest to all samples. */
function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const minute = mean((point) => point.minute);
  const memory = mean((point) => point.memory);
  const over = points.reduce((sum, point) => sum + (point.minute - minute) * (point.memory - memory), 0);
  return over / points.reduce((sum, point) => sum + (point.minute - minute) ** 2, 0);
}

function eventLines(from, to) {
  const types = ["create", "done", "merged", "nudge", "mail"];
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    return `${JSON.stringify({
      ...{
        ts: new Date().toISOString(),
        source: "gt",
        type: types[number % types.length],
        visibility: "feed",
      },
      ...{ actor: `greenplace/polecats/a${number % agents}`, id: `hour-${number}` },
      payload: {
        bead: `gp-${number}`,
        title: `Bead number ${number}`,
        branch: `b${number}`,
        worker: "w",
        to: "mayor/",
        subject: "s",
      },
    })}\n`;
  }).join("");
}
