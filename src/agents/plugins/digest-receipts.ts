import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { formatSpan } from "../../core/duration.ts";
import type { TownAccess } from "../town-access.ts";
import { digestLabel, receiptLabel } from "./receipts.ts";

/**
 * Makes one bead of a day's receipts of plugins that want a digest (`YYYY-MM-DD`, UTC), which go (spec/04 §11). Undefined
 * when there are none.
 */
export async function digestReceipts(access: TownAccess, date: string): Promise<string | undefined> {
  const from = Date.parse(`${date}T00:00:00Z`);
  const found = await access.ledger.find({ labels: [receiptLabel, digestLabel], status: "closed" });
  const receipts = found.filter((bead) => bead.createdAt >= from && bead.createdAt < from + day);
  if (receipts.length === 0) return undefined;
  const { created } = await access.ledger.write(access.actor, [
    {
      op: "create",
      bead: {
        title: `Plugin Digest ${date}`,
        description: digestOf(receipts),
        scope: "town",
        type: "task",
        status: "closed",
        ephemeral: true,
        labels: ["type:plugin-digest"],
      },
    },
    ...receipts.map(({ id }): Operation => ({ op: "delete", id, reason: `in the digest of ${date}` })),
  ]);
  return created[0];
}

const day = 24 * 3_600_000;

/** One line for each plugin and rig: its runs, what came of them, and how long they took. */
function digestOf(receipts: readonly Bead[]): string {
  const value = (bead: Bead, name: string): string =>
    bead.labels.find((label) => label.startsWith(`${name}:`))?.slice(name.length + 1) ?? "";
  const groups = Map.groupBy(receipts, (bead) => `${value(bead, "plugin")} (${value(bead, "rig")})`);
  return [...groups]
    .sort(([one], [two]) => (one < two ? -1 : 1))
    .map(([who, runs]) => {
      const results = Map.groupBy(runs, (bead) => value(bead, "result"));
      const counts = [...results].map(([result, some]) => `${some.length} ${result}`).sort();
      const totalMs = runs.reduce((sum, bead) => sum + durationOf(bead), 0);
      return `- ${who}: ${counts.join(", ")}, ${formatSpan(totalMs)} in all`;
    })
    .join("\n");
}

function durationOf(bead: Bead): number {
  const plugin = bead.metadata["plugin"] as { readonly duration_ms?: unknown } | undefined;
  return typeof plugin?.duration_ms === "number" ? plugin.duration_ms : 0;
}
