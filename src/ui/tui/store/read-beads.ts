import { feedHeldLabel, skippedLabel, spawnBlockedLabel } from "../../../core/convoys/convoy.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { slingContextLabel } from "../../../core/scheduler/sling-context.ts";
import type { BeadGroup, BeadHold, BeadRow } from "./town-data.ts";

/** Work, not the machinery's own records. */
const workTypes = ["task", "bug", "feature", "chore", "epic", "decision"];
const mostOfGroup = 200;

/** Labels of our own mark beads that are not somebody's work. */
function isWork(bead: Bead): boolean {
  return !bead.labels.includes(slingContextLabel);
}

const holds: readonly (readonly [label: string, hold: BeadHold])[] = [
  [skippedLabel, "skipped"],
  [spawnBlockedLabel, "failed too often"],
  [feedHeldLabel, "failed too often"],
  ["gt:escalated", "asks for help"],
];

function holdOf({ labels, status }: Bead): { readonly hold?: BeadHold } {
  const found = holds.find(([label]) => labels.includes(label));
  return found === undefined || status === "closed" ? {} : { hold: found[1] };
}

/** The beads of the Beads view: what can be done, what is being done, what waits, and what was done last. */
export async function readBeads(ledger: Ledger): Promise<readonly BeadRow[]> {
  const common = { type: workTypes, limit: mostOfGroup } as const;
  const [ready, moving, waiting, marked, deferred, closed] = await Promise.all([
    ledger.ready(common),
    ledger.find({ ...common, status: ["in_progress", "hooked"], sort: "priority" }),
    ledger.blocked(common),
    ledger.find({ ...common, status: "blocked", sort: "priority" }),
    ledger.find({ ...common, status: "deferred", sort: "priority" }),
    ledger.find({ ...common, status: "closed", sort: "closed", limit: 50 }),
  ]);
  const blockers = new Map(waiting.map((bead) => [bead.id, bead.blockedBy]));
  const rows = (group: BeadGroup, beads: readonly Bead[]) =>
    beads.filter(isWork).map(
      (bead): BeadRow => ({
        id: bead.id,
        title: bead.title,
        group,
        priority: bead.priority,
        type: bead.type,
        assignee: bead.assignee,
        blockedBy: blockers.get(bead.id) ?? [],
        ...holdOf(bead),
        description: bead.description,
        updatedAt: bead.updatedAt,
      }),
    );
  return [
    ...rows("in progress", moving),
    ...rows("ready", ready),
    // Not every one of them waits for a bead: some for a person.
    ...rows("blocked", [...marked.filter(({ id }) => !blockers.has(id)), ...waiting]),
    ...rows("deferred", deferred),
    ...rows("closed", closed),
  ];
}
