import { GtError } from "../../../core/gt-error.ts";
import type { BeadId } from "../../../core/ledger/bead.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";

/** The id that a word means, also by a piece of it; a word that means none is left to whoever looks the bead up. */
export async function beadIdOf(ledger: Ledger, word: string): Promise<BeadId> {
  try {
    return await ledger.resolve(word);
  } catch (error) {
    if (error instanceof GtError && error.code === "E_NOT_FOUND") return word;
    throw error;
  }
}
