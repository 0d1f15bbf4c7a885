import type { Bead } from "../../../core/ledger/bead.ts";
import { absorbLegacyText } from "../../../core/ledger/jsonl/legacy-text.ts";
import type { BeadFields } from "../../../core/ledger/operation.ts";

/**
 * `key: value` lines of a description that are fields of the bead's type go where those are stored (spec/01 §6.4). An agent's
 * facts are columns and not set this way.
 */
export function withStructuredText<T extends BeadFields>(
  fields: T,
  { type, labels }: Pick<Bead, "type" | "labels">,
): T {
  if (fields.description === undefined || type === "agent") return fields;
  const { description, metadata } = absorbLegacyText({
    issue_type: type,
    labels,
    description: fields.description,
    ...(fields.metadata === undefined ? {} : { metadata: fields.metadata }),
  });
  return { ...fields, description, ...(metadata === undefined ? {} : { metadata }) };
}
