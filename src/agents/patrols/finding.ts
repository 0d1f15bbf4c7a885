import type { Detection } from "./worker-action.ts";

/** Something that the Witness would act upon. */
export interface Finding {
  readonly detection: Detection;
  /** Agent, bead or merge request. */
  readonly subject: string;
  readonly action: string;
  readonly reason: string;
  /** The work that it is about, who holds it, and for how long nothing has moved. */
  readonly bead?: string;
  readonly polecat?: string;
  readonly minutes?: number;
  readonly exitCode?: number;
}
