// Runs a town's queue in a process of its own, which tests may kill: node run-queue-process.ts <town> [patience ms].
import { runQueue } from "../../../src/agents/refinery/refinery.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { openTownLedger } from "../../../src/core/ledger/town-ledger.ts";
import { systemRandom } from "../../../src/core/random.ts";
import { openTown } from "../../../src/core/town/open-town.ts";

const [, , root = "", patienceMs = "0"] = process.argv;
const town = openTown(root, { env: {} });
const ledger = await openTownLedger(town);
const access = {
  town,
  ledger,
  clock: systemClock,
  random: systemRandom,
  actor: "web/refinery",
  host: () => Promise.reject(new Error("no sessions here")),
};
const report = await runQueue(access, town.rig("web"), {
  patienceMs: Number(patienceMs),
  tell: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report)}\n`);
await ledger.close();
