import { GtError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { ConvoySnapshot } from "../../core/convoys/convoy-snapshot.ts";
import { judgeBead, judgeLabel, judgeTimeoutMs } from "../../core/convoys/mountain-judge.ts";
import type { Judgement } from "../../core/convoys/mountain-memory.ts";
import { hasFreeDog } from "../dogs/dog-pool.ts";
import { sendDog } from "../dogs/send-dog.ts";
import type { TownAccess } from "../town-access.ts";

/**
 * Sends a dog to judge a mountain (spec/05 §8.3, `mountain.judge=agent`); `noted` is written before, so that there is at most
 * one an hour whatever happens. Nothing when all dogs are busy: the next audit asks again.
 */
export async function sendJudge(
  access: TownAccess,
  snapshot: ConvoySnapshot,
  task: Judgement,
  noted: Operation,
): Promise<void> {
  if (!(await hasFreeDog(access))) return;
  const { ledger, actor } = access;
  const earlier = await ledger.find({
    ...{ labels: [judgeLabel], notStatus: "closed", ephemeral: true },
    metadata: { "judge.convoy": snapshot.convoy.id },
  });
  const { named } = await ledger.write(actor, [
    noted,
    ...earlier
      .filter((bead) => bead.assignee === "")
      .map((bead) => ({ op: "close", id: bead.id, close: { reason: "nobody works on it" } }) as const),
    { op: "create", as: "errand", bead: judgeBead(snapshot, task) },
  ]);
  const bead = await ledger.get(named["errand"] ?? "");
  if (bead === undefined) return;
  try {
    await sendDog(access, { bead, timeoutMs: judgeTimeoutMs });
  } catch (error) {
    // The mayor has had the report, with or without a dog; the audit goes on.
    if (!(error instanceof GtError)) throw error;
  }
}
