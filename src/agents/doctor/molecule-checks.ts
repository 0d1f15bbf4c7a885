import { moleculeProgress } from "../../core/formulas/molecule.ts";
import { moleculeRecord } from "../../core/formulas/molecule-record.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { attachmentOf, withoutMolecule } from "../lifecycle/attachment.ts";
import type { Check } from "./check.ts";

/** What can be left of workflows when others than our own commands change beads (spec/02 §7.8). */
interface Leftovers {
  /** Roots whose steps are all closed. */
  readonly complete: readonly Bead[];
  /** Open steps of a closed root. */
  readonly orphans: readonly Bead[];
  /** Beads that name a molecule which is gone. */
  readonly dangling: readonly Bead[];
}

export const moleculeChecks: readonly Check[] = [
  {
    id: "molecules-whole",
    category: "Ledger",
    severity: "warning",
    summary: "workflows and their steps end together",
    run: async (context) => {
      const { complete, orphans, dangling } = await leftovers(await context.ledger());
      const details = [
        ...complete.map(({ id }) => `${id} is open, but all of its steps are closed`),
        ...orphans.map(({ id }) => `${id} is open, but its molecule is closed`),
        ...dangling.map((bead) => `${bead.id} names molecule ${attachmentOf(bead).molecule}, which is gone`),
      ];
      return details.length === 0
        ? undefined
        : { message: `${details.length} leftovers of workflows`, details, hint: "bd mol stale" };
    },
    fix: async (context) => {
      const { ledger, actor } = await context.access();
      const { complete, orphans, dangling } = await leftovers(ledger);
      const close = (id: string, reason: string, outcome: "success" | "skipped"): Operation => ({
        op: "close",
        id,
        close: { reason, outcome, force: true },
      });
      await ledger.write(actor, [
        ...complete.map(({ id }) => close(id, "all steps complete", "success")),
        ...orphans.map(({ id }) => close(id, "orphaned: root closed", "skipped")),
        ...dangling.map(
          ({ id }): Operation => ({
            op: "update",
            id,
            fields: { metadata: { attachment: withoutMolecule } },
          }),
        ),
      ]);
      return [
        ...[...complete, ...orphans].map(({ id }) => `closed ${id}`),
        ...dangling.map(({ id }) => `${id} goes on without a molecule`),
      ].join(", ");
    },
  },
];

async function leftovers(ledger: Ledger): Promise<Leftovers> {
  const roots = (await ledger.find({ type: "molecule" })).filter(
    (root) => moleculeRecord(root)?.mode === "poured",
  );
  const complete: Bead[] = [];
  const orphans: Bead[] = [];
  for (const root of roots) {
    if (root.status === "closed")
      orphans.push(...(await ledger.find({ under: root.id, notStatus: "closed", hasMetadata: "step" })));
    // One that is slung by itself is handed in by whoever does it.
    else if (root.metadata["attachment"] === undefined) {
      const { total, done } = await moleculeProgress(ledger, root.id);
      if (total > 0 && done === total) complete.push(root);
    }
  }
  const attached = await ledger.find({ hasMetadata: "attachment.molecule", notStatus: "closed" });
  const known = await ledger.getMany(attached.map((bead) => attachmentOf(bead).molecule ?? ""));
  return {
    complete,
    orphans,
    dangling: attached.filter((bead) => !known.has(attachmentOf(bead).molecule ?? "")),
  };
}
