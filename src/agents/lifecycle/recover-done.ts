import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import type { DoneData } from "./done-data.ts";
import { carryOutDone } from "./done-steps.ts";
import { OperationJournal, type OperationRecord } from "./operation-record.ts";

/**
 * Brings a `gt done` whose process died to its end; every step may be repeated (spec/04 §5.3). When the polecat was
 * removed in between, its removal has kept or reopened the work, and there is nothing left to do.
 */
export async function recoverDone(
  access: TownAccess,
  row: RuntimeRow<OperationRecord<never>>,
): Promise<"resumed"> {
  const journal = await OperationJournal.adopt<DoneData>(access, row);
  const { agent, rig } = journal.record.subject;
  if ((await access.ledger.agent(agent))?.state === "nuked") {
    await journal.finish([]);
    return "resumed";
  }
  const report = await carryOutDone(access, access.town.rig(rig), journal);
  if (report.exit !== "ESCALATED") await stopAgentSession(access, agent, "done");
  return "resumed";
}
