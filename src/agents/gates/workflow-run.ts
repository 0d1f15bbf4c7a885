import type { Time } from "../../core/ledger/bead.ts";

/** A run of a workflow, as GitHub tells of it. */
export interface WorkflowRun {
  readonly number: number;
  /** `queued`, `in_progress`, `completed`, ... */
  readonly status: string;
  /** `success`, `failure`, `skipped`, ...; empty until it has completed. */
  readonly conclusion: string;
  readonly workflow: string;
  readonly workflowId: number;
  readonly branch: string;
  readonly commit: string;
  readonly createdAt: Time;
}

export interface Workflow {
  readonly id: number;
  readonly name: string;
  /** `.github/workflows/ci.yml`. */
  readonly path: string;
}

/** Which run a gate means. */
export interface RunWish {
  /** Name or file of a workflow, with or without its extension; empty for any. */
  readonly workflow: string;
  readonly branch: string;
  readonly commit: string;
  readonly createdAfter: Time;
}

/**
 * The run that a gate waits for: of the wished workflow, of the same commit rather than of the same branch, of the same branch
 * rather than any, and of those the newest (spec/02 §14.2). Without a workflow another branch's run never counts. Pure.
 */
export function chooseRun(
  runs: readonly WorkflowRun[],
  workflows: readonly Workflow[],
  wish: RunWish,
): WorkflowRun | undefined {
  const isNamed = (workflow: Workflow) => {
    const file = workflow.path.split("/").at(-1) ?? "";
    return [workflow.name, file, file.replace(/\.ya?ml$/i, "")].some(
      (name) => name.toLowerCase() === wish.workflow.toLowerCase(),
    );
  };
  const ids = new Set(workflows.filter(isNamed).map(({ id }) => id));
  const rank = (run: WorkflowRun) => {
    if (wish.commit !== "" && run.commit === wish.commit) return 2;
    return run.branch === wish.branch ? 1 : 0;
  };
  const [best] = runs
    .filter((run) => run.createdAt >= wish.createdAfter)
    .filter((run) => wish.workflow === "" || ids.has(run.workflowId))
    .filter((run) => wish.workflow !== "" || rank(run) > 0)
    .toSorted((a, b) => rank(b) - rank(a) || b.createdAt - a.createdAt);
  return best;
}
