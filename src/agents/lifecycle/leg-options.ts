import { legOf } from "../../core/convoys/leg.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { SlingOptions } from "./sling-request.ts";

/** How a leg of a convoy run wants to be slung, below what is asked for (spec/02 §12.2). */
export function legOptions(bead: Bead): SlingOptions {
  const leg = legOf(bead);
  return {
    ...(leg?.agent === undefined ? {} : { agent: leg.agent }),
    ...(leg?.review_only === true ? { reviewOnly: true, vars: { output_path: leg.output_path } } : {}),
  };
}
