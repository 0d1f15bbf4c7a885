import type { Ledger } from "../../core/ledger/ledger.ts";
import { type HandoffNote, handoffTable } from "../lifecycle/handoff-note.ts";

/** The note is this run's from now on: a later one is not told about it again. */
export async function takeHandoffNote(
  ledger: Ledger,
  actor: string,
  note: HandoffNote | undefined,
  run: string,
): Promise<void> {
  if (note === undefined || note.takenBy === run) return;
  await ledger.write(actor, [
    { op: "putRow", table: handoffTable, key: actor, value: { ...note, takenBy: run } },
  ]);
}
