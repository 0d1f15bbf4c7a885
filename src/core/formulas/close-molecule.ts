import { formatTime } from "../clock.ts";
import type { ActorAddress, Bead, Time } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { moleculeRecord } from "./molecule-record.ts";
import { rootOnlySteps } from "./step-states.ts";

/**
 * Ends a molecule before all of its steps are done, because the work that it guides is: what is open counts as skipped
 * (spec/02 §8.7). `keepRoot`: the root is the work itself and is closed by whoever ends that.
 */
export async function closingMolecule(
  ledger: Ledger,
  root: Bead,
  end: {
    readonly reason: string;
    readonly actor: ActorAddress;
    readonly now: Time;
    readonly keepRoot?: boolean;
  },
): Promise<readonly Operation[]> {
  if (root.status === "closed") return [];
  const skipped = `skipped: ${end.reason}`;
  const record = moleculeRecord(root);
  const close: readonly Operation[] =
    end.keepRoot === true
      ? []
      : [{ op: "close", id: root.id, close: { reason: end.reason, outcome: "success", force: true } }];
  if (record?.mode === "root-only") {
    const open = rootOnlySteps(root.id, record).filter(
      ({ isSettled, isContainer }) => !isSettled && !isContainer,
    );
    const mark = { s: "skipped", at: formatTime(end.now), by: end.actor, reason: skipped };
    const progress = Object.fromEntries(open.map(({ step }) => [step, mark]));
    return open.length === 0
      ? close
      : [{ op: "update", id: root.id, fields: { metadata: { mol: { progress } } } }, ...close];
  }
  const open = await ledger.find({ under: root.id, notStatus: "closed" });
  return [
    // The root first: closed steps would complete it for another reason.
    ...close,
    ...open.map(
      ({ id }): Operation => ({
        op: "close",
        id,
        close: { reason: skipped, outcome: "skipped", force: true },
      }),
    ),
  ];
}
