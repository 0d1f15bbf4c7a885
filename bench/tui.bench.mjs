// Every budget of the terminal UI, and the same of tmux attached to the same programs where tmux is installed.
// GT_BENCH_MEMORY_SECONDS makes the watch for growing memory longer than the default minute.
import { spawnSync } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readRecords } from "../src/agents/sessions/session-records.ts";
import { listProcesses } from "../src/agents/sessions/process-tree.ts";
import { TuiTown } from "../test/e2e/support/tui-town.ts";
import { openTerminal } from "../test/support/terminal.ts";
import { cpuShares, median, memoryMb, p95, size, WatchedProgram } from "./watched-program.mjs";

export const title = "Terminal UI at 200x50 (design/tui.md)";

const gt = join(import.meta.dirname, "../bin/gt");
const beads = 20_000;
const events = 100_000;
const quietAgents = 50;
const keys = 100;
const starts = 9;
const flood = ["/bin/sh", "-c", "exec seq 1 1000000000"];
const quiet = ["/bin/cat"];

export default async function* bench() {
  yield* onLargeTown();
  yield* onPanes("quiet", quiet);
  yield* onPanes("flooding", flood);
  yield* onTmux("quiet", quiet);
  yield* onTmux("flooding", flood);
  yield* onManyEvents();
}

const openTui = (town) =>
  new WatchedProgram([process.execPath, gt, "feed", "--town", town.plain.root], town.plain.root);

/** The agents from the top, each in a pane; at first there is one row for all that are idle, which is to be unfolded. */
async function openPanes(tui, count) {
  await tui.type("j", "\r");
  for (let pane = 0; pane < count; pane++) await tui.type("j", "s", "\u001d");
}

async function* onLargeTown() {
  const town = await makeLargeTown();
  try {
    const useful = new RegExp(`${quietAgents} agents`);
    const start = async () => {
      const began = performance.now();
      const tui = openTui(town);
      await tui.seen(useful);
      const ms = performance.now() - began;
      await tui.end();
      return ms;
    };
    // The first start fills the compile cache, as the first use of an installed package does.
    for (let warm = 0; warm < 2; warm++) await start();
    const runs = [];
    for (let run = 0; run < starts; run++) {
      // In turns, so that a busy machine slows both.
      const began = performance.now();
      spawnSync(process.execPath, ["-e", "0"]);
      const baseline = performance.now() - began;
      const value = await start();
      runs.push({ value, baseline, ratio: value / baseline });
    }
    const middle = median(runs.sort((a, b) => a.ratio - b.ratio));
    yield {
      name: `first useful frame, ${quietAgents} agents, ${beads} beads, ${events} events`,
      ...{ value: middle.value, baseline: middle.baseline, unit: "ms", barRatio: 10 },
      note: `ratios ${runs[0].ratio.toFixed(1)} to ${runs.at(-1).ratio.toFixed(1)}`,
    };
    const tui = openTui(town);
    await tui.seen(useful);
    await pause(3000);
    // Long enough for the reading of a quiet town, every half minute, to be in it.
    const [busy] = await cpuShares([tui.pid], 35_000);
    yield { name: `idle CPU, ${quietAgents} quiet agents`, value: busy, unit: "%", bar: 1 };
    await openPanes(tui, 6);
    await pause(2000);
    const before = memoryMb(tui.pid);
    const seconds = Number(process.env["GT_BENCH_MEMORY_SECONDS"] ?? 60);
    for (let second = 0; second < seconds; second++) await tui.type("j", "k", "\t");
    const after = memoryMb(tui.pid);
    const name = `memory, ${quietAgents} sessions, 6 panes`;
    yield {
      name,
      value: after,
      unit: "MB",
      bar: 250,
      note: `${sign(after - before)} MB in ${seconds} s of keys`,
    };
    await tui.end();
  } finally {
    await town.dispose();
  }
}

const sign = (number) => (number > 0 ? "+" : "") + number.toFixed(1);

/** Four panes with `argv`, and for the echo a fifth with a program that says what is typed. */
async function* onPanes(kind, argv) {
  const town = new TuiTown();
  try {
    for (const name of ["a", "b", "c", "d"]) await town.polecat(name, argv);
    for (const name of ["e", "f"]) await town.polecat(name, quiet);
    const host = hostOf(town);
    const tui = openTui(town);
    await tui.seen(/6 agents/);
    await pause(1000);
    await openPanes(tui, 4);
    await pause(1000);
    if (kind === "flooding") {
      const { frames, bytes } = tui;
      const [own, ofHost] = await cpuShares([tui.pid, host], 5000);
      const rate = (tui.frames - frames) / 5;
      yield { name: "4 panes flooding: frames painted", value: rate, unit: "/s", bar: 30, better: "more" };
      yield {
        name: "4 panes flooding: CPU of the TUI",
        ...{ value: own, unit: "%", bar: 50 },
        note: `session host ${ofHost.toFixed(0)} %, ${((tui.bytes - bytes) / 5 / 1024).toFixed(0)} KB/s to the terminal`,
      };
    }
    // The selected row of the agents (inverse) becomes another one.
    const moves = await tui.delays(keys, (index) => ({
      key: index % 2 === 0 ? "k" : "j",
      sign: /\u001b\[0;(?:\d+;)*7/,
    }));
    yield delayRow(`key to visible change, 4 panes ${kind}`, moves, kind);
    await tui.type("j", "s");
    await pause(500);
    yield delayRow(`letter to its echo in a pane, 4 others ${kind}`, await tui.delays(keys, letter), kind);
    if (kind === "flooding")
      yield { name: "memory with 4 panes flooding", value: memoryMb(tui.pid), unit: "MB", bar: 250 };
    await tui.end();
  } finally {
    await town.dispose();
  }
}

/** Letters that nothing else on the screen has. */
const letter = (index) => {
  const text = String.fromCodePoint(0x3b1 + (index % 17));
  return { key: text, sign: new RegExp(text) };
};

function delayRow(name, delays, kind) {
  return {
    name: `${name} (p95)`,
    ...{ value: p95(delays), unit: "ms", bar: kind === "quiet" ? 16 : 33 },
    note: `median ${median(delays).toFixed(1)} ms`,
  };
}

/** The process that holds the terminals of the town's sessions. */
function hostOf(town) {
  const [record] = readRecords(town.plain.town.paths.sessions);
  return listProcesses().find(({ pid }) => pid === record.pid).parent;
}

async function* onTmux(kind, argv) {
  const name = `letter to its echo in tmux, 4 panes ${kind}`;
  if (spawnSync("tmux", ["-V"]).error !== undefined) {
    yield { name, value: Number.NaN, unit: "ms", note: "tmux is not installed" };
    return;
  }
  const town = new TuiTown();
  const server = ["-L", `gt-bench-${process.pid}`, "-f", "/dev/null"];
  const tmux = (...args) => spawnSync("tmux", [...server, ...args], { encoding: "utf8" }).stdout;
  const pause500 = () => pause(500);
  try {
    tmux("-u", "new-session", "-d", "-x", `${size.columns}`, "-y", `${size.rows}`, ...argv);
    for (let pane = 1; pane < 4; pane++) {
      tmux("split-window", ...argv);
      tmux("select-layout", "tiled");
    }
    tmux("split-window", ...quiet);
    tmux("select-layout", "tiled");
    const serverPid = Number(tmux("display-message", "-p", "#{pid}"));
    const client = new WatchedProgram(["/usr/bin/env", "tmux", "-u", ...server, "attach"], town.plain.root);
    await pause500();
    const { bytes } = client;
    const [own, ofServer] = await cpuShares([client.pid, serverPid], 5000);
    const delays = await client.delays(keys, letter);
    yield {
      name: `${name} (p95)`,
      ...{ value: p95(delays), unit: "ms" },
      note: `median ${median(delays).toFixed(1)} ms; client ${own.toFixed(0)} %, server ${ofServer.toFixed(0)} %, ${((client.bytes - bytes) / 5 / 1024).toFixed(0)} KB/s`,
    };
  } finally {
    tmux("kill-server");
    await town.dispose();
  }
}

/** A thousand events a second for five seconds, beside a flooding pane: it paints on, and each event has its row in the log. */
async function* onManyEvents() {
  const town = new TuiTown();
  try {
    await town.polecat("a", flood);
    const file = town.plain.town.paths.events;
    const tui = openTerminal(process.execPath, [gt, "feed", "--town", town.plain.root], size);
    await tui.waitForText(/1 agent/);
    await pause(500);
    for (const key of ["j", "enter", "j", "s", "ctrl-]"]) {
      tui.press(key);
      await pause(400);
    }
    const total = 5000;
    let written = 0;
    const began = performance.now();
    const frames = () => tui.output.split("\u001b[?2026h").length;
    const writer = setInterval(() => {
      const due = Math.min(total, Math.floor(performance.now() - began));
      if (due > written) appendFileSync(file, eventLines(written, due));
      written = due;
      if (written === total) clearInterval(writer);
    }, 10);
    await pause(500);
    const before = frames();
    const measured = performance.now();
    const [busy] = await cpuShares([tui.pid], 4000);
    const rate = (frames() - before) / ((performance.now() - measured) / 1000);
    yield {
      name: "1,000 events/s and a pane flooding: frames painted",
      ...{ value: rate, unit: "/s", bar: 30, better: "more" },
      note: `CPU of the TUI ${busy.toFixed(0)} %`,
    };
    tui.press("l");
    await tui.waitForText(new RegExp(`gp-n${total - 1}x`));
    // The view keeps the newest thousand: each of them must be there, page by page.
    const found = new Set();
    for (let shown = ""; shown !== tui.screen; ) {
      shown = tui.screen;
      for (const [, number] of shown.matchAll(/gp-n(\d+)x/g)) found.add(Number(number));
      tui.press("pagedown");
      for (let wait = 0; wait < 100 && tui.screen === shown; wait++) await pause(20);
    }
    const kept = Array.from({ length: 990 }, (_, index) => total - 1 - index);
    const lost = kept.filter((number) => !found.has(number)).length;
    yield { name: "1,000 events/s: rows lost in the log view", value: lost, unit: "", bar: 0 };
    tui.dispose();
  } finally {
    await town.dispose();
  }
}

function eventLines(from, to) {
  let text = "";
  for (let index = from; index < to; index++)
    text += `${JSON.stringify({
      ts: new Date().toISOString(),
      source: "gt",
      type: "sling",
      actor: "mayor/",
      payload: { bead: `gp-n${index}x`, target: "greenplace/polecats/a", rig: "greenplace" },
      visibility: "feed",
      id: `bench.${index}`,
    })}\n`;
  return text;
}

async function makeLargeTown() {
  const town = new TuiTown();
  const ledger = await town.ledger();
  for (let batch = 0; batch < beads / 500; batch++)
    await ledger.write(
      "bench",
      Array.from({ length: 500 }, (_, index) => ({
        op: "create",
        bead: { title: `Bead ${batch * 500 + index}`, type: "task", scope: "greenplace" },
      })),
    );
  await town.convoy("Auth system", ["Add login", "Tidy docs", "Rename things"]);
  for (let agent = 0; agent < quietAgents; agent++) await town.polecat(`p${agent}`, quiet);
  writeFileSync(town.plain.town.paths.events, eventLines(0, events));
  return town;
}
