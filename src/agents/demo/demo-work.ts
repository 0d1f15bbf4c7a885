import { newConvoy } from "../../core/convoys/new-convoy.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { type DemoBead, demoBeads, demoConvoys, describeDemoBead } from "./demo-bead.ts";

/** Writes the demo's beads, what depends on what, and its convoys, in one batch: there is all of it or nothing. */
export async function createDemoWork(ledger: Ledger, pauseSeconds: number): Promise<void> {
  await ledger.write("overseer", [
    ...demoBeads.map(
      (bead): Operation => ({ op: "create", as: bead.key, bead: newBead(bead, pauseSeconds) }),
    ),
    ...demoBeads.flatMap((bead) =>
      bead.needs.map(
        (need): Operation => ({
          op: "addDependency",
          edge: { from: `$${bead.key}`, to: `$${need}`, type: "blocks" },
        }),
      ),
    ),
    ...demoConvoys.flatMap((convoy, number) =>
      newConvoy(
        { title: convoy.title, owner: "overseer", issues: convoy.keys.map((key) => `$${key}`) },
        `convoy${number}`,
      ),
    ),
  ]);
}

const newBead = (bead: DemoBead, pauseSeconds: number) => ({
  title: bead.title,
  description: describeDemoBead(bead, pauseSeconds),
  scope: bead.rig,
  type: "task",
  priority: bead.priority,
  labels: ["runtime:shell"],
});
