import { aheadBehind } from "../../core/git/ahead-behind.ts";
import { isBranchName, resolveCommit } from "../../core/git/branch.ts";
import { pushWithLease } from "../../core/git/push.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead, BeadId } from "../../core/ledger/bead.ts";
import { type Submission, submission } from "../../core/merge/submit.ts";
import { resolveTarget } from "./resolve-target.ts";
import { hasOrigin } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";

export interface BranchSubmission {
  readonly branch: string;
  readonly issue?: BeadId;
  readonly target?: string;
  /** The target is this epic's integration branch. */
  readonly epic?: BeadId;
  readonly priority?: number;
}

export interface SubmittedBranch extends Submission {
  readonly branch: string;
  readonly target: string;
  readonly issue: BeadId;
  readonly worker: string;
  readonly warnings: readonly string[];
}

const warnBehind = 50;
const refuseBehind = 200;

/** Checks, pushes and queues a branch (spec/05 §1.3). Throws the codes named there; nothing is queued then. */
export async function submitBranch(
  context: QueueContext,
  request: BranchSubmission,
): Promise<SubmittedBranch> {
  const { rig, access } = context;
  const { branch } = request;
  const warnings: string[] = [];
  if (!(await isBranchName(rig.repository, branch)))
    throw new GtError("E_BRANCH_NAME", `${branch} is not a branch name`, {
      hint: "gt mq submit --branch <name>",
    });
  const issue = request.issue ?? issueOf(branch);
  if (issue === undefined)
    throw new GtError("E_NO_ISSUE", `cannot tell from ${branch} which issue it is for`, {
      hint: `gt mq submit --branch ${branch} --issue <id>`,
    });
  const source = await access.ledger.get(issue);
  if (source === undefined)
    throw new GtError("E_BEAD_NOT_FOUND", `no bead ${issue}`, {
      hint: `gt mq submit --branch ${branch} --issue <id>`,
    });
  const target = await resolveTarget(context, source, request);
  if (branch === target || branch === rig.defaultBranch)
    throw new GtError("E_DEFAULT_BRANCH", `${branch} is the branch that work is merged into`, {
      hint: "git switch -c <branch>",
    });

  const remote = await hasOrigin(rig.repository);
  if (remote) await fetchOrigin(rig.repository, { timeoutMs: 120_000 });
  const head =
    (await resolveCommit(rig.repository, `refs/heads/${branch}`)) ??
    (remote ? await resolveCommit(rig.repository, `refs/remotes/origin/${branch}`) : undefined);
  if (head === undefined)
    throw new GtError("E_NO_BRANCH", `there is no branch ${branch} in ${rig.name}`, {
      hint: `git -C ${rig.repository} branch --all`,
    });
  const base = await resolveCommit(
    rig.repository,
    remote ? `refs/remotes/origin/${target}` : `refs/heads/${target}`,
  );
  if (base === undefined)
    throw new GtError("E_NO_TARGET", `there is no branch ${target} to merge into`, {
      hint: `gt mq submit --branch ${branch} --target ${rig.defaultBranch}`,
    });
  const { ahead, behind } = await aheadBehind(rig.repository, base, head);
  if (ahead === 0)
    throw new GtError("E_NO_COMMITS", `${branch} has no commits that ${target} does not have`, {
      hint: "git log",
    });
  if (behind >= refuseBehind)
    throw new GtError("E_STALE_BRANCH", `${branch} is ${behind} commits behind ${target}`, {
      hint: `git rebase origin/${target}`,
    });
  if (behind >= warnBehind) warnings.push(`${branch} is ${behind} commits behind ${target}`);
  if (remote) await push(context, branch, head);

  const worker = await workerOf(context, branch);
  const result = await submission(access, {
    rig,
    branch,
    commitSha: head,
    target,
    sourceIssue: issue,
    strategy: strategyOf(context, source),
    ...(request.priority === undefined ? {} : { priority: request.priority }),
    ...(worker === undefined ? {} : { worker }),
  });
  await access.ledger.write(access.actor, result.operations);
  return { ...result, branch, target, issue, worker: worker?.name ?? "", warnings };
}

/** How the request lands: the bead's own strategy before the rig's (spec/05 §3.1). */
function strategyOf(context: QueueContext, source: Bead): "mr" | "pr" {
  const attachment = source.metadata["attachment"] as { readonly merge_strategy?: unknown } | undefined;
  const chosen = attachment?.merge_strategy ?? context.settings.strategy;
  return chosen === "pr" ? "pr" : "mr";
}

async function push(context: QueueContext, branch: string, head: string): Promise<void> {
  const { repository } = context.rig;
  const there = await resolveCommit(repository, `refs/remotes/origin/${branch}`);
  if (there === head) return;
  const result = await pushWithLease(repository, { remote: "origin", commit: head, branch, expect: there });
  if (result.result !== "pushed")
    throw new GtError("E_PUSH", `${branch} cannot be pushed`, {
      why: [result.reason],
      hint: `git push origin ${branch}`,
    });
}

/** The issue that a branch name speaks of (spec/05 §1.3). */
function issueOf(branch: string): BeadId | undefined {
  const own = /^polecat\/[^/]+\/([^/@]+)(?:@[^/]*)?$/.exec(branch)?.[1];
  return own ?? /[a-z]+-[a-z0-9]+(?:\.[0-9]+)*/.exec(branch)?.[0];
}

async function workerOf(
  context: QueueContext,
  branch: string,
): Promise<{ readonly name: string; readonly address: string; readonly agentBead: string } | undefined> {
  const name = /^polecat\/([^/]+)\//.exec(branch)?.[1];
  if (name === undefined) return undefined;
  const agent = await context.access.ledger.agent(`${context.rig.name}/polecats/${name}`);
  return agent === undefined ? undefined : { name, address: agent.address, agentBead: agent.id };
}
