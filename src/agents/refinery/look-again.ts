import { GtError } from "../../core/gt-error.ts";

const attempts = 5;

/** Repeats work that reads, decides and writes while somebody else changes the same bead in between. */
export async function lookAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || attempt >= attempts) throw error;
    }
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof GtError && error.code === "E_CONFLICT";
}
