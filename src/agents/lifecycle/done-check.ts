import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { attachmentOf } from "./attachment.ts";

/** What `gt done` has seen before it begins (spec/04 §5.4). */
export interface DoneFacts {
  readonly address: string;
  readonly bead: Bead | undefined;
  readonly hasWorktree: boolean;
  readonly branch: string | undefined;
  readonly defaultBranch: string;
  readonly target: string;
  readonly operation: string | undefined;
  /** Commits of the branch that the target does not have, and the other way round. */
  readonly ahead: number;
  readonly behind: number;
  /** Changes that will be committed first. */
  readonly hasChanges: boolean;
  /** What became of the merge request that this very head was handed in with already; undefined: there is none. */
  readonly submitted?: "open" | "closed" | undefined;
  /** Steps of the workflow that are not settled, by their names. */
  readonly unfinishedSteps: readonly string[];
  /** File with findings that the bead owes and that is not there (spec/02 §12.2). */
  readonly missingOutput?: string;
  /** `--cleanup-status clean`: a report-only workflow that is expected to change nothing. */
  readonly isReportOnly: boolean;
}

export type DoneCheck =
  /** Something is handed in. */
  | { readonly verdict: "submit"; readonly warnings: readonly string[] }
  /** Nothing was changed, and nothing had to be (the no-op rule). */
  | { readonly verdict: "nothing"; readonly warnings: readonly string[] }
  /** The bead is somebody else's by now. */
  | { readonly verdict: "lost"; readonly warnings: readonly string[] };

const warnBehind = 50;
const refuseBehind = 200;

/** Whether the work may be handed in as completed. Pure; throws the first reason against it. */
export function checkCompleted(facts: DoneFacts): DoneCheck {
  const { bead, branch, target } = facts;
  const warnings: string[] = [];
  if (!facts.hasWorktree) throw noWorktree();
  if (facts.operation !== undefined)
    throw new GtError("E_MID_OPERATION", `a ${facts.operation} is in progress`, {
      hint: facts.operation === "bisect" ? "git bisect reset" : `git ${facts.operation} --continue`,
    });
  if (branch !== undefined && [facts.defaultBranch, "main", "master"].includes(branch))
    throw new GtError("E_DEFAULT_BRANCH", `${branch} is not a work branch`, {
      hint: "git switch -c <branch>",
    });
  // Elsewhere such a name is an option, or means something else.
  if (branch === "HEAD" || branch?.startsWith("-") === true)
    throw new GtError("E_BRANCH_NAME", `${branch} is no name for a branch that others are to use`, {
      hint: "git branch -m <branch>",
    });
  if (bead === undefined) throw noIssue();
  if (branch === undefined)
    throw new GtError("E_NO_BRANCH", "HEAD is detached; the work is on no branch", {
      hint: "git switch -c <branch>",
    });
  if (bead.assignee !== facts.address && bead.status !== "closed") return { verdict: "lost", warnings };
  if (bead.status === "closed")
    warnings.push(`${bead.id} is closed already; a merge request opens it again until it is merged`);

  if (facts.missingOutput !== undefined)
    throw new GtError("E_NO_OUTPUT", `expected findings at ${facts.missingOutput}`, {
      why: ["write them, or say with --no-output that there are none"],
      hint: "gt done --no-output",
    });
  if (facts.ahead === 0 && !facts.hasChanges) {
    const { no_merge: noMerge, review_only: reviewOnly } = attachmentOf(bead);
    // The queue has it already: the request is taken up again, not made twice.
    if (facts.submitted === "open") return { verdict: "submit", warnings };
    if (noMerge === true || reviewOnly === true || facts.isReportOnly || facts.submitted === "closed")
      return { verdict: "nothing", warnings: [...warnings, ...leftOpen(bead)] };
    throw new GtError(
      "E_NO_COMMITS",
      `nothing to submit: ${branch} has no commits that ${target} does not have`,
      {
        why: ["use --status DEFERRED if it is fixed elsewhere already, ESCALATED if you are blocked"],
        hint: 'gt done --status ESCALATED -m "<what you need>"',
      },
    );
  }
  if (facts.behind >= refuseBehind)
    throw new GtError(
      "E_STALE_BRANCH",
      `${branch} is ${facts.behind} commits behind ${target}; rebase onto ${target} first`,
      {
        hint: `git fetch origin && git rebase origin/${target}`,
      },
    );
  if (facts.behind >= warnBehind) warnings.push(`${branch} is ${facts.behind} commits behind ${target}`);
  if (facts.unfinishedSteps.length > 0)
    warnings.push(`steps of the workflow are not done: ${facts.unfinishedSteps.join(", ")}`);
  const unchecked = uncheckedCriteria(bead);
  if (unchecked > 0) warnings.push(`${unchecked} acceptance criteria of ${bead.id} are not ticked`);
  return { verdict: "submit", warnings };
}

export const noWorktree = (): GtError =>
  new GtError("E_NO_WORKTREE", "the worktree is gone; there is nothing to hand in from", {
    hint: 'gt done --status ESCALATED -m "worktree is gone"',
  });

export const noIssue = (): GtError =>
  new GtError("E_NO_ISSUE", "it is not known which bead this work belongs to; pass --issue", {
    hint: "gt done --issue <bead>",
  });

/** Whether a bead without code changes is done, its criteria say. */
function leftOpen(bead: Bead): readonly string[] {
  const unchecked = attachmentOf(bead).review_only === true ? 0 : uncheckedCriteria(bead);
  return unchecked === 0
    ? []
    : [`${bead.id} stays open for a look: ${unchecked} of its acceptance criteria are not ticked`];
}

/** Unticked items of the acceptance criteria (spec/01 §2.1). */
export function uncheckedCriteria(bead: Bead): number {
  return bead.acceptanceCriteria.split("\n").filter((line) => line.startsWith("- [ ] ")).length;
}
