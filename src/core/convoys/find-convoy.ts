import { GtError } from "../gt-error.ts";
import type { Bead } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { isConvoy } from "./convoy.ts";

/** The convoy meant by an id, a unique beginning of one, or the number that `gt convoy list` shows (spec/05 §6.2). */
export async function findConvoy(ledger: Ledger, word: string): Promise<Bead> {
  if (/^\d{1,4}$/.test(word)) {
    const open = await ledger.find({ type: "convoy", notStatus: "closed", sort: "oldest" });
    const numbered = open[Number(word) - 1];
    if (numbered !== undefined) return numbered;
    throw notFound(word);
  }
  const exact = await ledger.get(word);
  if (exact !== undefined) {
    if (isConvoy(exact)) return exact;
    throw new GtError("E_NOT_CONVOY", `${exact.id} is no convoy but of type ${exact.type}`, {
      hint: "gt convoy list",
    });
  }
  const convoys = await ledger.find({ type: "convoy" });
  const matching = convoys.filter(({ id }) => id.startsWith(word) || id.startsWith(`hq-cv-${word}`));
  const [only, second] = matching;
  if (only === undefined) throw notFound(word);
  if (second !== undefined)
    throw new GtError("E_AMBIGUOUS", `"${word}" may be ${matching.map((convoy) => convoy.id).join(" or ")}`, {
      hint: `gt convoy show ${only.id}`,
    });
  return only;
}

function notFound(word: string): GtError {
  return new GtError("E_CONVOY_NOT_FOUND", `no convoy "${word}"`, { hint: "gt convoy list --all" });
}
