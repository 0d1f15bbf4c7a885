import type { Bead } from "../ledger/bead.ts";

/** What a bead of a convoy run knows of its part in it (`metadata.leg`, spec/02 §12.2). */
export interface LegFields {
  /** Id of the leg, or `synthesis`. */
  readonly id: string;
  /** Absolute path of the file in which its findings are expected. */
  readonly output_path: string;
  /** Nothing is committed; without its file it cannot be handed in. */
  readonly review_only?: boolean;
  /** Runtime that it wants. */
  readonly agent?: string;
}

/** Undefined for a bead that is no leg. */
export function legOf(bead: Bead): LegFields | undefined {
  const value = bead.metadata["leg"] as Partial<LegFields> | null | undefined;
  const isLeg =
    typeof value === "object" && typeof value?.id === "string" && typeof value.output_path === "string";
  return isLeg ? (value as LegFields) : undefined;
}
