import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { legOf } from "../../core/convoys/leg.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";

/** What a leg leaves behind in its file when it is handed in (spec/02 §12.2); nothing for other beads. */
export function recordingOutput(bead: Bead): readonly Operation[] {
  const leg = legOf(bead);
  if (leg === undefined) return [];
  const content = contentOf(leg.output_path);
  const facts =
    content === undefined
      ? { output_exists: false }
      : {
          output_exists: true,
          output_size: content.length,
          output_sha256: createHash("sha256").update(content).digest("hex"),
        };
  return [{ op: "update", id: bead.id, fields: { metadata: { leg: facts } } }];
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    // Whatever the reason: whoever reads the findings does not have them either.
    return undefined;
  }
}
