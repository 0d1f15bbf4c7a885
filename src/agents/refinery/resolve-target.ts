import { GtError } from "../../core/gt-error.ts";
import type { Bead, BeadId } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { QueueContext } from "./queue-context.ts";

const maxLevels = 10;

/** The branch that a bead's work is to reach (spec/05 §3.2). `E_NO_INTEGRATION` when a named epic has none. */
export async function resolveTarget(
  context: QueueContext,
  source: Bead,
  wish: { readonly target?: string; readonly epic?: BeadId } = {},
): Promise<string> {
  if (wish.target !== undefined) return withoutRemote(wish.target);
  if (wish.epic !== undefined) {
    const epic = await context.access.ledger.get(wish.epic);
    const branch = epic === undefined ? undefined : integrationBranchOf(epic);
    if (branch === undefined)
      throw new GtError("E_NO_INTEGRATION", `${wish.epic} has no integration branch`, {
        hint: `gt mq integration create ${wish.epic}`,
      });
    return branch;
  }
  const attachment = source.metadata["attachment"] as { readonly base_branch?: unknown } | undefined;
  if (typeof attachment?.base_branch === "string" && attachment.base_branch !== "")
    return withoutRemote(attachment.base_branch);
  if (context.settings.integrationRefinery) {
    const inherited = await nearestIntegration(context.access.ledger, source.id);
    if (inherited !== undefined) return inherited;
  }
  return context.rig.defaultBranch;
}

/** Integration branch of the nearest open ancestor epic. */
export async function nearestIntegration(ledger: Ledger, id: BeadId): Promise<string | undefined> {
  let at = id;
  for (let level = 0; level < maxLevels; level++) {
    const up = (await ledger.dependencies(at)).find((edge) => edge.type === "parent-child");
    const parent = up === undefined ? undefined : await ledger.get(up.to);
    if (parent === undefined) return undefined;
    const branch = parent.status === "closed" ? undefined : integrationBranchOf(parent);
    if (branch !== undefined) return branch;
    at = parent.id;
  }
  return undefined;
}

export function integrationBranchOf(epic: Bead): string | undefined {
  const branch = epic.metadata["integration_branch"];
  return typeof branch === "string" && branch !== "" ? branch : undefined;
}

function withoutRemote(branch: string): string {
  return branch.replace(/^origin\//, "");
}
