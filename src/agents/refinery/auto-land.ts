import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { escalation } from "./escalate.ts";
import { integrationStatus, landIntegration } from "./integration.ts";
import type { QueueContext } from "./queue-context.ts";

const table = "merge_auto_land";

/** Open epics of the rig with an integration branch, if the rig lands them by itself (spec/05 §5.4). */
export async function autoLandCandidates(context: QueueContext): Promise<readonly Bead[]> {
  const { settings, rig, access } = context;
  if (!settings.integrationRefinery || !settings.integrationAutoLand) return [];
  const epics = await access.ledger.find({ type: "epic", notStatus: "closed", scope: rig.name });
  return epics.filter((epic) => typeof epic.metadata["integration_branch"] === "string");
}

/** Lands each epic that is complete. One that fails is tried again only when its branch has changed. */
export async function autoLand(context: QueueContext, signal: AbortSignal): Promise<void> {
  const { access, rig } = context;
  for (const epic of await autoLandCandidates(context)) {
    const status = await integrationStatus(context, epic.id);
    if (!status.isReady || signal.aborted) continue;
    const key = `${rig.name}/${epic.id}`;
    const failed = await access.ledger.row<string>(table, key);
    if (failed?.value === status.head) continue;
    try {
      await landIntegration(context, epic.id, { signal, locked: "locked" });
      context.tell(`✓ landed ${status.branch} on ${status.base}`);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      await access.ledger.write(context.actor, [
        { op: "putRow", table, key, value: status.head ?? "" },
        ...(await escalation(context, {
          severity: "medium",
          topic: `auto_land:${epic.id}`,
          title: `${status.branch} cannot be landed`,
          reason: [error.message, ...error.why].join("\n"),
          related: epic.id,
        })),
      ]);
    }
  }
}
