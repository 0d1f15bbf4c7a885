import type { BeadId } from "../ledger/bead.ts";
import { namedBead } from "../ledger/named-bead.ts";
import type { Operation } from "../ledger/operation.ts";
import { type ConvoyFields, ownedLabel } from "./convoy.ts";

export interface NewConvoy {
  readonly title: string;
  readonly owner: string;
  readonly issues: readonly BeadId[];
  /** First line of the description; `Convoy tracking N issues` by default. */
  readonly prose?: string;
  readonly owned?: boolean;
  readonly fields?: Partial<ConvoyFields>;
  readonly labels?: readonly string[];
  readonly status?: "open" | "staged_ready" | "staged_warnings";
}

/**
 * The operations that create a convoy and track its issues, to be part of a larger batch. The new bead is named
 * `as`, so that later operations of the batch can refer to it (spec/05 §6.1-6.3).
 */
export function newConvoy(convoy: NewConvoy, as = "convoy"): readonly Operation[] {
  const count = convoy.issues.length;
  return [
    {
      op: "create",
      as,
      bead: {
        title: convoy.title,
        type: "convoy",
        scope: "town",
        infix: "cv",
        status: convoy.status ?? "open",
        description: convoy.prose ?? `Convoy tracking ${count} ${count === 1 ? "issue" : "issues"}`,
        labels: [...(convoy.owned === true ? [ownedLabel] : []), ...(convoy.labels ?? [])],
        metadata: { convoy: { owner: convoy.owner, ...convoy.fields } },
      },
    },
    ...convoy.issues.map((issue): Operation => trackIssue(`$${as}`, issue)),
    {
      op: "event",
      event: {
        type: "convoy_created",
        payload: { convoy: namedBead(as), title: convoy.title, total: count },
      },
    },
  ];
}

/** Tracking never blocks the issue. */
export function trackIssue(convoy: BeadId, issue: BeadId): Operation {
  return { op: "addDependency", edge: { from: convoy, to: issue, type: "tracks" } };
}
