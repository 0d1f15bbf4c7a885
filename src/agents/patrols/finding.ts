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

/** What each detection looks for, in words for people (spec/04 §9.2). */
const conditions: Readonly<Partial<Record<Detection, string>>> = {
  W1: "its session ended with work on the hook",
  W2: "its program is gone while its terminal lives",
  W3: "its session outlives its work",
  W5: "its bead was closed by somebody else",
  W6: "its session does not begin",
  W7: "it sits at its prompt with work on the hook",
  W8: "it is stalled",
  W9: "it makes no progress with work on the hook",
  W11: "its idle sandbox holds work",
  W12: "a taken bead that nobody works on",
  W14: "hook and bead disagree",
  W15: "its worktree is gone",
  W16: "a session without an identity",
  W17: "its gt done was recorded but not ended",
  W18: "handing in failed",
  W19: "a bead that failed too often",
  W20: "it keeps ending",
  W21: "a bead that waits for a merge that is over",
  W22: "a merge request that nobody works on",
  W23: "it closed its bead without handing in",
};

export const conditionOf = (detection: Detection): string => conditions[detection] ?? detection;
