import type { Overlay } from "./overlay.ts";
import type { ValueSource } from "./variable-values.ts";

export interface CookRequest {
  /** `runtime` fills in values and decides conditions; `compile` keeps placeholders. */
  readonly mode: "compile" | "runtime";
  /** Strongest first. */
  readonly values?: readonly ValueSource[];
  /** For whom it is cooked: gives `{{mol_id}}` and `{{step_id}}` their values. */
  readonly molecule?: { readonly id: string; readonly isPoured: boolean };
  /** Runtime only. */
  readonly overlay?: Overlay;
}
