import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openPty } from "../src/agents/sessions/pty.ts";
import { TuiTown } from "../test/e2e/support/tui-town.ts";
import { cleanEnvironment } from "../test/support/terminal.ts";

export const title = "Terminal UI at 200x50 (design/tui.md)";

const gt = join(import.meta.dirname, "../bin/gt");
const beads = 20_000;
const events = 100_000;
const quietAgents = 50;
const keys = 60;

export default async function* bench(baselines) {
  yield* onLargeTown(baselines);
  yield* onFloodedPanes();
}

async function* onLargeTown({ nodeStartMs }) {
  const town = await makeLargeTown();
  try {
    // The first start fills the compile cache, as the first use of an installed package does.
    for (let warm = 0; warm < 2; warm++) await firstFrame(town);
    const starts = [];
    for (let run = 0; run < 5; run++) starts.push(await firstFrame(town));
    yield {
      name: `first useful frame, ${quietAgents} agents, ${beads} beads, ${events} events`,
      value: starts.sort((a, b) => a - b)[2],
      unit: "ms",
      baseline: nodeStartMs,
      barRatio: 10,
    };
    const tui = openTui(town);
    await tui.seen(/polecats|agents/);
    await pause(3000);
    // Long enough for the reading of a quiet town, every half minute, to be in it.
    const busy = await cpuShare(tui.pid, 35_000);
    yield { name: `idle CPU, ${quietAgents} quiet agents`, value: busy, unit: "%", bar: 1 };
    tui.end();
  } finally {
    await town.dispose();
  }
}

async function* onFloodedPanes() {
  for (const kind of ["idle", "flooding"]) {
    const town = new TuiTown();
    try {
      const argv = kind === "idle" ? ["/bin/cat"] : ["/bin/sh", "-c", "exec seq 1 1000000000"];
      for (const name of ["a", "b", "c", "d"]) await town.polecat(name, argv);
      for (const name of ["e", "f"]) await town.polecat(name, ["/bin/cat"]);
      const tui = openTui(town);
      await tui.seen(/greenplace/);
      await pause(500);
      for (const open of ["\r", "s", "s", "s"]) {
        tui.write("j");
        await pause(150);
        tui.write(open);
        await pause(500);
        tui.write("\x1d");
        await pause(150);
      }
      if (kind === "flooding") {
        const before = tui.frames();
        const busy = await cpuShare(tui.pid, 5000);
        yield {
          name: "4 flooding panes: frames painted",
          value: (tui.frames() - before) / 5,
          unit: "/s",
          bar: 30,
          better: "more",
        };
        yield { name: "4 flooding panes: CPU of the TUI", value: busy, unit: "%", bar: 50 };
      }
      const delays = [];
      for (let key = 0; key < keys; key++) delays.push(await tui.keyToPaint(key % 2 === 0 ? "k" : "j"));
      yield {
        name: `key to visible change, 4 panes ${kind} (p95)`,
        value: delays.sort((a, b) => a - b)[Math.floor(keys * 0.95) - 1],
        unit: "ms",
        bar: kind === "idle" ? 16 : 33,
        note: `median ${delays[keys / 2].toFixed(1)} ms`,
      };
      if (kind === "flooding")
        yield { name: "memory with 4 flooding panes", value: memoryMb(tui.pid), unit: "MB", bar: 250 };
      tui.end();
    } finally {
      await town.dispose();
    }
  }
}

/** The real program in a pseudo-terminal; frames are counted by their synchronised updates. */
function openTui(town) {
  let frames = 0;
  let seen = "";
  let onData = () => undefined;
  const pty = openPty({
    argv: [process.execPath, gt, "feed", "--town", town.plain.root],
    columns: 200,
    rows: 50,
    cwd: town.plain.root,
    env: cleanEnvironment(),
    onData: (bytes) => {
      const text = Buffer.from(bytes).toString("utf8");
      frames += text.split("\u001b[?2026h").length - 1;
      seen = (seen + text).slice(-20_000);
      onData(text);
    },
    onExit: () => undefined,
  });
  const until = (wanted, begin) =>
    new Promise((resolve, reject) => {
      let text = "";
      const timer = setTimeout(
        () => reject(new Error(`never saw ${wanted} in ${JSON.stringify(seen.slice(-2000))}`)),
        30_000,
      );
      onData = (more) => {
        text += more;
        if (!wanted.test(text)) return;
        clearTimeout(timer);
        onData = () => undefined;
        resolve();
      };
      begin();
    });
  return {
    pid: pty.pid,
    write: (text) => pty.write(text),
    frames: () => frames,
    seen: (wanted) => until(wanted, () => undefined),
    /** From the key's byte to the frame in which the selected row (inverse) is another one. */
    async keyToPaint(key) {
      await pause(40 + Math.random() * 30);
      const start = performance.now();
      await until(/\u001b\[0;(?:\d+;)*7/, () => pty.write(key));
      return performance.now() - start;
    },
    end: () => process.kill(pty.pid, "SIGTERM"),
  };
}

async function firstFrame(town) {
  const start = performance.now();
  const tui = openTui(town);
  await tui.seen(new RegExp(`${quietAgents} agents`));
  const ms = performance.now() - start;
  tui.end();
  await pause(200);
  return ms;
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
  for (let agent = 0; agent < quietAgents; agent++) await town.polecat(`p${agent}`, ["/bin/cat"]);
  const line = (index) =>
    JSON.stringify({
      ts: new Date(Date.now() - (events - index) * 1000).toISOString(),
      source: "gt",
      type: "sling",
      actor: "mayor/",
      payload: { bead: `gp-${index}`, target: "greenplace/polecats/p1", rig: "greenplace" },
      visibility: "feed",
      id: `bench.${index}`,
    });
  writeFileSync(
    town.plain.town.paths.events,
    `${Array.from({ length: events }, (_, index) => line(index)).join("\n")}\n`,
  );
  return town;
}

/** Share of one core that a process used, in percent. */
async function cpuShare(pid, ms) {
  const before = cpuMs(pid);
  const start = performance.now();
  await pause(ms);
  return ((cpuMs(pid) - before) / (performance.now() - start)) * 100;
}

function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function memoryMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}
