import type { Bead, BeadId } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";

export const slingContextLabel = "gt:sling-context";
const maxTitle = 200;

export type SlingReason = "sling" | "rework" | "conflict" | "feed" | "rate_limit";

/** A sling that is done later: what was asked for, and how trying went (`metadata.sling`, spec/05 §9.2). */
export interface SlingContext {
  readonly bead: BeadId;
  readonly rig: string;
  readonly reason: SlingReason;
  /** Milliseconds since the epoch. */
  readonly enqueued_at: number;
  readonly args?: string;
  readonly subject?: string;
  readonly message?: string;
  readonly merge?: "mr" | "direct" | "local" | "pr";
  readonly base_branch?: string;
  readonly no_merge?: boolean;
  readonly review_only?: boolean;
  /** Runtime of the assignment. */
  readonly agent?: string;
  /** Login of the runtime. */
  readonly account?: string;
  /** Address of the polecat that knows the work already. */
  readonly prefer_agent?: string;
  readonly mode?: "ralph";
  readonly formula?: string;
  readonly vars?: Readonly<Record<string, string>>;
  /** Without a workflow. */
  readonly raw?: boolean;
  readonly not_before?: number;
  readonly dispatch_failures?: number;
  readonly last_failure?: string;
}

export interface StoredContext extends SlingContext {
  /** Id of the context's own bead. */
  readonly id: BeadId;
}

/**
 * The operations that queue a bead for dispatch, to be part of a larger batch. The caller has made sure with
 * `openContexts` that none is open for it; two by mistake are closed to one at the next pass. The context names its bead
 * in its fields and not by an edge: only convoys track.
 */
export function enqueueSling(context: SlingContext, title: string): readonly Operation[] {
  return [
    {
      op: "create",
      bead: {
        title: `sling-context: ${title}`.slice(0, maxTitle),
        scope: context.rig,
        type: "task",
        ephemeral: true,
        labels: [slingContextLabel],
        metadata: { sling: context },
      },
    },
    { op: "event", event: { type: "scheduler_enqueue", payload: { bead: context.bead, rig: context.rig } } },
  ];
}

/** Open contexts, oldest first. Those that say nothing usable have no `sling` fields and are listed in `broken`. */
export async function openContexts(
  ledger: Ledger,
  bead?: BeadId,
): Promise<{ readonly contexts: readonly StoredContext[]; readonly broken: readonly BeadId[] }> {
  const found = await ledger.find({
    labels: [slingContextLabel],
    notStatus: "closed",
    ephemeral: true,
    sort: "oldest",
    ...(bead === undefined ? {} : { metadata: { "sling.bead": bead } }),
  });
  const contexts: StoredContext[] = [];
  const broken: BeadId[] = [];
  for (const context of found) {
    const fields = contextFields(context);
    if (fields === undefined) broken.push(context.id);
    else contexts.push({ ...fields, id: context.id });
  }
  return { contexts, broken };
}

function contextFields(context: Bead): SlingContext | undefined {
  const value = context.metadata["sling"] as Partial<SlingContext> | undefined;
  const isUsable =
    typeof value?.bead === "string" && typeof value.rig === "string" && typeof value.enqueued_at === "number";
  return isUsable ? (value as SlingContext) : undefined;
}
