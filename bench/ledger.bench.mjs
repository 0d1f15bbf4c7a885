import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportScope } from "../src/core/ledger/jsonl/export-scope.ts";
import { importText } from "../src/core/ledger/jsonl/import-records.ts";
import { parseFile } from "../src/core/ledger/jsonl/parse-file.ts";
import { mergeRecords } from "../src/core/ledger/merge/merge-records.ts";
import { openLedger } from "../src/core/ledger/open-ledger.ts";
import { recomputeBlockedState } from "../src/core/ledger/store/blocked-state.ts";
import { reapWisps } from "../src/core/ledger/upkeep/reap-wisps.ts";

export const title = "Ledger of 100,000 beads (spec/01 §11)";

const beads = 100_000;
const start = Date.parse("2026-01-01T00:00:00Z");
const text = "The quick brown fox jumps over the lazy dog and thinks about it. ".repeat(10).slice(0, 600);

export default async function* bench(baselines) {
  const directory = await mkdtemp(join(tmpdir(), "bench-ledger-"));
  try {
    yield* onLargeLedger(directory, baselines);
    yield* onFiles(directory);
    yield* manyProcesses(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function* onLargeLedger(directory, { nodeStartMs }) {
  const path = join(directory, ".beads/beads.db");
  const ledger = await openLedger({ path, create: true, scope: "local" });
  await ledger.write("bench", [{ op: "registerPrefix", prefix: "gt", scope: "local", path: "." }]);
  fill(ledger.database);

  const statuses = ledger.statuses();
  const recompute = await once(() =>
    ledger.database.write(() => recomputeBlockedState(ledger.database, statuses)),
  );
  yield row("P7 recompute the whole blocked state", recompute, "ms", 1500);

  await ledger.ready();
  yield row("P1 ready, limit 100 (p95)", await p95(200, () => ledger.ready({ limit: 100 })), "ms", 5);
  const { ms, result, cpu } = await timed(() => ledger.ready({ limit: 0 }));
  yield { ...row("P2 ready, all of them", ms, "ms", 150), note: `${result.length} rows, ${cpu}` };
  yield row("P4 show by exact id (p95)", await p95(500, (n) => ledger.get(idOf((n * 977) % beads))), "ms", 1);
  yield row("P4 resolve a fragment of an id", await p95(10, () => ledger.resolve("00512")), "ms", 30);
  yield row(
    "P9 search titles",
    await p95(10, () => ledger.find({ titleContains: "needle", limit: 50 })),
    "ms",
    100,
  );

  const create = await rate(1000, (n) =>
    ledger.write("bench", [{ op: "create", bead: { title: `Bench ${n}`, description: text } }]),
  );
  yield { ...row("P5 create, one transaction each", create, "/s", 2000), better: "more" };
  const update = await rate(1000, (n) =>
    ledger.write("bench", [{ op: "update", id: idOf(n + 60_000), fields: { title: `Updated ${n}` } }]),
  );
  yield { ...row("P5 update, one transaction each", update, "/s", 2000), better: "more" };
  const close = await rate(1000, (n) =>
    ledger.write("bench", [{ op: "close", id: idOf(n + 61_000), close: { reason: "done", force: true } }]),
  );
  yield { ...row("P5 close, one transaction each", close, "/s", 2000), better: "more" };

  const wide = (await ledger.write("bench", [{ op: "create", bead: { title: "Wide" } }])).created[0];
  const dependents = Array.from({ length: 1000 }, (_, n) => ({
    op: "addDependency",
    edge: { from: idOf(n + 70_000), to: wide, skipCycleCheck: true },
  }));
  await ledger.write("bench", dependents);
  yield row(
    "P6 close a bead with 1,000 dependents",
    await once(() => ledger.write("bench", [{ op: "close", id: wide, close: { reason: "done" } }])),
    "ms",
    150,
  );

  yield row("P8 add an edge to a chain of 10,000", await chain(ledger), "ms", 50);
  yield* wisps(ledger);
  fillFeed(ledger.database);
  const head = await ledger.head();
  yield row(
    "P10 500 changes of a feed of 1,000,000 (p95)",
    await p95(50, () => ledger.changes(head - 500)),
    "ms",
    5,
  );
  await ledger.close();

  const bd = join(import.meta.dirname, "../bin/bd");
  const env = { ...process.env, BEADS_DB: path, BD_ACTOR: "bench", NO_COLOR: "1" };
  const command =
    (...args) =>
    () =>
      spawnSync(process.execPath, [bd, ...args], { env, cwd: directory, maxBuffer: 1 << 28 });
  for (const [name, args, bar] of [
    ["P17 bd --version", ["--version"], 100],
    ["P17 bd show X", ["show", idOf(60_000)], 200],
    ["P3 bd ready --json", ["ready", "--json"], 300],
  ]) {
    command(...args)();
    yield { ...row(name, median(5, command(...args)), "ms", bar), baseline: nodeStartMs };
  }
}

function fill(database) {
  const insert = database.prepare(
    "INSERT INTO issues (id, scope, title, description, status, priority, created_at, updated_at, closed_at) VALUES (?,'local',?,?,?,?,?,?,?)",
  );
  const edge = database.prepare(
    "INSERT OR IGNORE INTO dependencies (issue_id, depends_on_id, type, created_at) VALUES (?,?,?,?)",
  );
  const label = database.prepare("INSERT INTO labels (issue_id, label) VALUES (?, ?)");
  database.execute("BEGIN");
  for (let n = 0; n < beads; n++) {
    // The first 60 % are closed, 30 % open, the rest under way. Every twentieth is the parent of those behind it.
    const status = n < 60_000 ? "closed" : n < 90_000 ? "open" : "in_progress";
    const at = start + n * 1000;
    insert.run(
      idOf(n),
      `Bead ${n}${n % 5000 === 0 ? " needle" : ""}`,
      text,
      status,
      n % 5,
      at,
      at,
      status === "closed" ? at : null,
    );
    label.run(idOf(n), `area-${n % 40}`);
    if (n % 20 !== 0) edge.run(idOf(n), idOf(n - (n % 20)), "parent-child", at);
    // Half of the open beads wait for an open one, all other edges lead to finished work.
    const isHeld = n >= 60_020 && n % 20 !== 0;
    if (n % 2 === 0 && n > 0) edge.run(idOf(n), idOf(isHeld ? n - 20 : n >> 1), "blocks", at);
  }
  database.execute("COMMIT");
}

function fillFeed(database) {
  database.execute(`INSERT INTO events (id, tx, issue_id, scope, event_type, actor, created_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    SELECT 'bench.' || i, 'bench', 'gt-' || i, 'local', 'updated', 'bench', i FROM n`);
}

async function* wisps(ledger) {
  ledger.database.execute(`INSERT INTO issues (id, scope, title, status, closed_at, created_at, updated_at, ephemeral, wisp_type)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    SELECT 'gt-wisp-' || i, 'local', 'wisp', 'closed', 1, 1, 1, 1, 'ping' FROM n`);
  let longest = 0;
  const write = ledger.database.write.bind(ledger.database);
  ledger.database.write = (change) =>
    write(() => {
      const begin = performance.now();
      const result = change();
      longest = Math.max(longest, performance.now() - begin);
      return result;
    });
  const { ms, result } = await timed(() => reapWisps(ledger, { actor: "bench" }));
  ledger.database.write = write;
  yield {
    ...row("P19 delete 20,000 expired wisps", ms / 1000, "s", 5),
    note: `${result.deleted.length} deleted`,
  };
  yield row("P19 longest transaction of it", longest, "ms", 250);
}

async function chain(ledger) {
  const links = 10_000;
  const ids = (
    await ledger.write(
      "bench",
      Array.from({ length: links }, (_, n) => ({
        op: "create",
        bead: { title: `Link ${n}`, id: `gt-link${n}` },
      })),
    )
  ).created;
  await ledger.write(
    "bench",
    ids
      .slice(1)
      .map((id, n) => ({ op: "addDependency", edge: { from: id, to: ids[n], skipCycleCheck: true } })),
  );
  const [extra] = (await ledger.write("bench", [{ op: "create", bead: { title: "One more" } }])).created;
  const [under] = (await ledger.write("bench", [{ op: "create", bead: { title: "Below it" } }])).created;
  await ledger.write("bench", [{ op: "addDependency", edge: { from: under, to: extra } }]);
  return once(() => ledger.write("bench", [{ op: "addDependency", edge: { from: extra, to: ids.at(-1) } }]));
}

async function* onFiles(directory) {
  const lines = Array.from({ length: 50_000 }, (_, n) => fileLine(n, {}));
  const content = lines.join("\n");
  const path = join(directory, "files/beads.db");
  const ledger = await openLedger({ path, create: true, scope: "local" });
  await ledger.write("bench", [{ op: "registerPrefix", prefix: "gt", scope: "local", path: "." }]);
  const options = { actor: "bench", now: Date.now(), scope: "local" };
  const first = await timed(() => importText(ledger, content, options));
  yield {
    ...row("P11 import 50,000 lines", first.ms / 1000, "s", 15),
    note: `${(content.length / 1e6).toFixed(0)} MB, RSS ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB, ${first.cpu}`,
  };
  const head = await ledger.head();
  const again = await timed(() => importText(ledger, content, options));
  yield {
    ...row("P12 import them again", again.ms / 1000, "s", 8),
    note: `${(await ledger.head()) - head} events, ${again.cpu}`,
  };
  const target = { scope: "local", path: join(directory, "files/issues.jsonl"), now: Date.now() };
  const whole = await timed(() => exportScope(ledger, target));
  yield { ...row("P13 export 50,000 beads", whole.ms / 1000, "s", 5), note: whole.cpu };
  await ledger.write(
    "bench",
    Array.from({ length: 100 }, (_, n) => ({ op: "update", id: fileId(n), fields: { priority: 0 } })),
  );
  const part = await timed(() => exportScope(ledger, target));
  yield { ...row("P13 export with 100 changed", part.ms, "ms", 700), note: part.cpu };
  await ledger.close();

  const side = (word, from) =>
    Array.from({ length: 20_000 }, (_, n) =>
      fileLine(n, n >= from && n < from + 500 ? { notes: word, updated_at: "2026-02-01T00:00:00Z" } : {}),
    ).join("\n");
  const now = Date.now();
  const known = new Map();
  const merge = await timed(() => {
    const [base, ours, theirs] = [side("", -1000), side("ours", 1000), side("theirs", 1200)].map(
      (file) => parseFile(file, { now, known }).set,
    );
    return mergeRecords({ base, ours, theirs }, { isSettled: (status) => status === "closed" });
  });
  yield { ...row("P14 merge three files of 20,000 beads", merge.ms / 1000, "s", 3), note: merge.cpu };
}

async function* manyProcesses(directory) {
  const beadsDir = join(directory, "many/.beads");
  const path = join(beadsDir, "beads.db");
  const ledger = await openLedger({ path, create: true, scope: "local" });
  await ledger.write("bench", [{ op: "registerPrefix", prefix: "gt", scope: "local", path: "." }]);
  const writer = join(import.meta.dirname, "../test/core/ledger/writer-process.ts");
  const node = ["--experimental-strip-types", "--no-warnings", writer, path];
  const fifty = (command) =>
    timed(async () => {
      const codes = await Promise.all(Array.from({ length: 50 }, (_, n) => exitCode(command(n))));
      return codes.filter((code) => code !== 0).length;
    });
  const added = async (work) => {
    const before = await ledger.count({});
    const { ms, result } = await work();
    return { ms, note: `${(await ledger.count({})) - before} beads, ${result} errors` };
  };
  let worst = 0;
  const writes = await added(() =>
    fifty((n) => {
      const child = spawn(process.execPath, [...node, `p${n}`, "time", "20"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      child.stdout.setEncoding("utf8").on("data", (text) => {
        worst = Math.max(worst, Number(text));
      });
      return child;
    }),
  );
  yield { ...row("P15 50 processes of 20 creates", writes.ms / 1000, "s", 20), note: writes.note };
  yield row("P15 worst single write of them", worst / 1000, "s", 3);
  const bd = join(import.meta.dirname, "../bin/bd");
  const loop = 'for n in $(seq 20); do "$0" "$1" create "loop $n" -q || exit 1; done';
  const env = { ...process.env, BEADS_DB: path, BD_ACTOR: "bench" };
  const loops = await added(() =>
    fifty(() => spawn("sh", ["-c", loop, process.execPath, bd], { env, cwd: beadsDir, stdio: "ignore" })),
  );
  yield { ...row("P15 50 shell loops of 20 bd create", loops.ms / 1000, "s", 180), note: loops.note };
  const claims = await fifty((n) =>
    spawn(process.execPath, [...node, `p${n}`, "claim"], { stdio: "ignore" }),
  );
  const claimed = await ledger.find({ status: "in_progress", limit: 0 });
  yield {
    ...row("P16 50 processes claim the next bead", claims.ms / 1000, "s", 15),
    note: `${new Set(claimed.map(({ assignee }) => assignee)).size} claimed, ${claims.result} errors`,
  };
  await ledger.close();
}

function exitCode(child) {
  return new Promise((resolve) => child.on("close", resolve));
}

function fileId(n) {
  return `gt-f${n.toString(36).padStart(5, "0")}`;
}

function fileLine(n, more) {
  const at = new Date(start + n * 1000).toISOString();
  return JSON.stringify({
    _type: "issue",
    id: fileId(n),
    title: `Bead ${n}`,
    description: text,
    status: n % 2 ? "closed" : "open",
    priority: n % 5,
    issue_type: "task",
    created_at: at,
    created_by: "mayor/",
    updated_at: at,
    updated_by: "mayor/",
    ...(n % 2 ? { closed_at: at, close_reason: "done", outcome: "success" } : {}),
    metadata: { attachment: { convoy_id: "hq-cv-00001" } },
    labels: ["a", `area-${n % 40}`],
    dependencies:
      n % 3 === 0 && n > 3
        ? [{ issue_id: fileId(n), depends_on_id: fileId(n - 3), type: "blocks", created_at: at }]
        : [],
    ...more,
  });
}

function idOf(n) {
  return `gt-${n.toString(36).padStart(5, "0")}`;
}

function row(name, value, unit, bar) {
  return { name, value, unit, bar };
}

/** Also how much of it was our own work: on a machine that is busy with other things only that says something. */
async function timed(work) {
  const before = process.cpuUsage();
  const begin = performance.now();
  const result = await work();
  const ms = performance.now() - begin;
  const { user, system } = process.cpuUsage(before);
  return { ms, result, cpu: `CPU ${((user + system) / 1000).toFixed(0)} ms` };
}

async function once(work) {
  return (await timed(work)).ms;
}

async function p95(times, work) {
  const measured = [];
  for (let n = 0; n < times; n++) measured.push((await timed(() => work(n))).ms);
  return measured.sort((a, b) => a - b)[Math.ceil(times * 0.95) - 1];
}

async function rate(times, work) {
  const ms = await once(async () => {
    for (let n = 0; n < times; n++) await work(n);
  });
  return (times * 1000) / ms;
}

function median(times, work) {
  const measured = [];
  for (let n = 0; n < times; n++) {
    const begin = performance.now();
    work();
    measured.push(performance.now() - begin);
  }
  return measured.sort((a, b) => a - b)[Math.floor(times / 2)];
}
