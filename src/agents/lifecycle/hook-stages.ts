import type { HookState } from "../../core/ledger/bead.ts";

type Stage = Exclude<HookState, "">;

/** The life of an assignment in the order of its stages (spec/04 §1.5); `suspended` is a rest on the way. */
const stages: Readonly<Record<Stage, string>> = {
  created: "the sandbox is ready, no work on it yet",
  active: "work is on the hook; the agent runs or is being started",
  suspended: "work rests on the hook until somebody resumes it",
  completed: "handed in; waits until the work has landed",
  archived: "over; snapshots are kept for a while",
};

export interface HookStage {
  /** `Created`, `Active`, ... as shown to people. */
  readonly name: string;
  readonly isNow: boolean;
}

/** The five stages with the present one marked, for a line like `Created › Active › [Suspended] › Completed › Archived`. */
export function hookStages(state: HookState): readonly HookStage[] {
  return Object.keys(stages).map((stage) => ({
    name: `${stage.charAt(0).toUpperCase()}${stage.slice(1)}`,
    isNow: stage === state,
  }));
}

/** The stages as one line of plain text, the present one in brackets; "" for a hook that never was used. */
export function hookStageLine(state: HookState): string {
  if (state === "") return "";
  return hookStages(state)
    .map(({ name, isNow }) => (isNow ? `[${name}]` : name))
    .join(" › ");
}

/** What the present stage means, in one sentence without a full stop; "" for a hook that never was used. */
export const describeHookStage = (state: HookState): string => (state === "" ? "" : stages[state]);
