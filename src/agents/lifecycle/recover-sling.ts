import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { hasSessions } from "../sessions/backend.ts";
import { startAgentSession, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession, livesForItsBead } from "./agent-session.ts";
import { nextState } from "./agent-transition.ts";
import { attachmentOf } from "./attachment.ts";
import { confirm } from "./dispatch-polecat.ts";
import { dispatcherNote } from "./dispatcher-note.ts";
import { OperationJournal, type OperationRecord } from "./operation-record.ts";
import { runtimeOf } from "./runtime-choice.ts";
import type { SlingData } from "./sling-data.ts";
import { unlockSandbox } from "./start-hook-session.ts";
import { undoDispatch } from "./undo-dispatch.ts";

/**
 * Ends a sling whose process died: before its batch the bead was never touched, so it is undone; after it the session
 * is started, so that no bead is on a hook that nothing will ever start (spec/04 §2.8).
 */
export async function recoverSling(
  access: TownAccess,
  row: RuntimeRow<OperationRecord<never>>,
): Promise<"resumed" | "undone"> {
  const journal = await OperationJournal.adopt<SlingData>(access, row);
  const { agent: address, bead: beadId, rig: rigName } = journal.record.subject;
  const rig = access.town.rig(rigName);
  if (!journal.data.isCommitted) {
    await leaveOnFailure(journal, () => undoDispatch(access, rig, journal));
    return "undone";
  }
  const agent = await access.ledger.agent(address);
  const bead = await access.ledger.get(beadId);
  if (agent?.hookBead !== beadId || bead === undefined) {
    // Unslung meanwhile: nothing is left to start.
    await journal.finish(
      agent?.state === "spawning"
        ? [{ op: "setAgent", address, fields: { state: nextState(address, "spawning", "spawn-finished") } }]
        : [],
    );
    return "undone";
  }
  if (agent.state !== "spawning") {
    await journal.finish();
    return "resumed";
  }
  const { takeOver, agentOverride } = journal.data;
  const { account } = attachmentOf(bead);
  const note = dispatcherNote(attachmentOf(bead));
  try {
    if (takeOver !== undefined && takeOver !== address && livesForItsBead(takeOver))
      await stopAgentSession(access, takeOver, "stopped");
    if (hasSessions(access.town) && (await liveSession(access, address)) === undefined) {
      unlockSandbox(access.town, address);
      await startAgentSession(access, {
        address,
        topic: `assigned:${beadId}`,
        bead: beadId,
        agentOverride: runtimeOf(access.town, rig, bead, agentOverride).name,
        ...(account === undefined ? {} : { account }),
        note,
      });
    }
  } catch {
    // The same rule as for a sling that fails while it is watched: as if it had never been.
    await leaveOnFailure(journal, () => undoDispatch(access, rig, journal));
    return "undone";
  }
  await confirm(access, journal, address);
  return "resumed";
}

async function leaveOnFailure(
  journal: OperationJournal<SlingData>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    await journal.leave(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
