/** Runtime table of the notes, by address. */
export const handoffTable = "handoffs";

/** What a successor reads about its predecessor; a runtime row until the next handoff. */
export interface HandoffNote {
  readonly subject: string;
  readonly message: string;
  readonly reason: string;
  readonly from: string;
  readonly at: number;
  /** Run of the predecessor's session. */
  readonly run: string;
  /** Run of the successor that has read it. */
  readonly takenBy?: string;
}

/** Whether the note is meant for the session with this run: it was left by another one and not read by a third. */
export function isForRun(note: HandoffNote, run: string): boolean {
  return note.run !== run && (note.takenBy === undefined || note.takenBy === run);
}
