// An epic of 200 beads with a deep graph in a town with 20,000 others: staged by the command in under a second, and fed
// in a time that does not depend on the others (spec/05 §6.5, §7).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { readConvoys } from "../src/core/convoys/convoy-snapshot.ts";
import { readinessContext } from "../src/core/convoys/convoy-view.ts";
import { planFeed } from "../src/core/convoys/feed.ts";
import { checkConvoys } from "../src/core/convoys/landing.ts";
import { scratchTown } from "../test/support/scratch-town.ts";

export const title = "A convoy of 200 beads, in a town with 20,000";

const beads = 200;
const others = 20_000;
const runs = 15;

export default async function* convoy({ nodeStartMs }) {
  const scratch = await scratchTown({ rigs: [{ name: "web", prefix: "web" }] });
  try {
    const ledger = await scratch.ledger();
    const epic = await epicOf(ledger);
    const stage = () =>
      spawnSync(
        process.execPath,
        [join(import.meta.dirname, "../bin/gt"), "convoy", "stage", epic, "--json"],
        {
          cwd: scratch.root,
          env: { ...process.env, GT_NO_DAEMON: "1", NO_COLOR: "1" },
          encoding: "utf8",
        },
      );
    const { convoy_id: id, waves } = JSON.parse(stage().stdout);
    const set = (status) => ledger.write("bench", [{ op: "update", id, fields: { status } }]);
    const { status } = await ledger.get(id);
    await set("open");
    const alone = await medianMs(() => lookAtConvoys(ledger));
    await set(status);
    for (let start = 0; start < others; start += 1000)
      await create(
        ledger,
        Array.from({ length: 1000 }, (_, n) => ({ title: `Other ${start + n}`, scope: "web" })),
      );
    yield {
      ...{
        name: "gt convoy stage",
        value: await medianMs(stage),
        unit: "ms",
        bar: 1000,
        baseline: nodeStartMs,
      },
      note: `${waves.length} waves`,
    };
    await set("open");
    yield {
      name: "look at what to feed and to land, against no others",
      ...{ value: await medianMs(() => lookAtConvoys(ledger)), unit: "ms", baseline: alone, barRatio: 3 },
    };
  } finally {
    await scratch.dispose();
  }
}

/** Forty steps of five beads; each waits for two of the step before. */
async function epicOf(ledger) {
  const [epic] = await create(ledger, [{ title: "Deep", scope: "web", type: "epic" }]);
  const ids = await create(
    ledger,
    Array.from({ length: beads }, (_, n) => ({
      ...{ title: `Task ${n}`, scope: "web", parent: epic },
      description: `Write src/part${n}.ts and its test, then say what was done.`,
    })),
  );
  await ledger.write(
    "bench",
    ids.flatMap((from, n) =>
      n < 5
        ? []
        : [n - 5, n - 5 - (n % 5) + ((n + 1) % 5)].map((to) => ({
            op: "addDependency",
            edge: { from, to: ids[to], type: "blocks" },
          })),
    ),
  );
  return epic;
}

async function create(ledger, list) {
  return (
    await ledger.write(
      "bench",
      list.map((bead) => ({ op: "create", bead })),
    )
  ).created;
}

/** What the daemon's duty does at each change when there is nothing to do. */
async function lookAtConvoys(ledger) {
  planFeed(await readConvoys(ledger), { ...(await readinessContext(ledger)), feedMax: 5, graceMs: 0 });
  await checkConvoys(ledger, "bench", Date.now());
}

async function medianMs(work) {
  const measured = [];
  for (let n = 0; n < runs; n++) {
    const start = performance.now();
    await work();
    measured.push(performance.now() - start);
  }
  return measured.sort((a, b) => a - b)[Math.floor(runs / 2)];
}
