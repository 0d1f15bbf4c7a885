// A process of its own that writes to a ledger and prints what was acknowledged, one id a line.
// usage: writer-process.ts <database> <actor> create <count> <beads a batch> | time <count> | claim | hang 1 <beads a batch>
// With `time` it prints how many milliseconds its longest write took, and nothing else.
import { writeSync } from "node:fs";
import type { Operation } from "../../../src/core/ledger/operation.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";

const [path = "", actor = "", task = "", count = "1", size = "1"] = process.argv.slice(2);
const ledger = await openLedger({ path });
let worstMs = 0;

if (task === "claim") {
  const bead = await ledger.claimReady(actor);
  if (bead !== undefined) acknowledge([bead.id]);
} else {
  if (task === "hang") stopBeforeCommit();
  for (let n = 0; n < Number(count); n++) {
    const beads = Array.from(
      { length: Number(size) },
      (_, i): Operation => ({ op: "create", bead: { title: `${actor} ${n}.${i}`, labels: ["load"] } }),
    );
    const begin = performance.now();
    const { created } = await ledger.write(actor, beads);
    worstMs = Math.max(worstMs, performance.now() - begin);
    if (task !== "time") acknowledge(created);
  }
  if (task === "time") acknowledge([worstMs.toFixed(0)]);
}
await ledger.close();

/** Synchronous, so that what is printed was committed and what is committed gets printed unless we are killed first. */
function acknowledge(ids: readonly string[]): void {
  writeSync(1, ids.map((id) => `${id}\n`).join(""));
}

/** Makes the next transaction stop for ever between its last statement and its commit, with pages already in the WAL. */
function stopBeforeCommit(): void {
  const { database } = ledger;
  database.execute("PRAGMA cache_size = 1");
  const write = database.write.bind(database);
  database.write = (change) =>
    write(() => {
      const result = change();
      writeSync(1, "inside\n");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return result;
    });
}
