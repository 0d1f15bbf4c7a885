import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { submitBranch } from "../../../agents/refinery/submit-branch.ts";
import { currentBranch } from "../../../core/git/branch.ts";
import { repositoryAround } from "../../../core/git/repository.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq submit` (spec/05 §4.1, §1.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const rig = await chooseRig(context);
  const priority = flags.integer("priority");
  if (priority !== undefined && (priority < 0 || priority > 4)) throw usageError("--priority is 0 to 4");
  const issue = flags.string("issue");
  const target = flags.string("target");
  const epic = flags.string("epic");
  if (target !== undefined && epic !== undefined) throw usageError("--target and --epic exclude each other");
  const submitted = await submitBranch(queueContext(await context.access(), rig), {
    branch: flags.string("branch") ?? (await branchHere(context)),
    ...(issue === undefined ? {} : { issue }),
    ...(target === undefined ? {} : { target }),
    ...(epic === undefined ? {} : { epic }),
    ...(priority === undefined ? {} : { priority }),
  });
  for (const warning of submitted.warnings) out.warn(sanitiseLine(warning));
  out.document({
    ok: true,
    mr: submitted.mr,
    branch: submitted.branch,
    target: submitted.target,
    issue: submitted.issue,
    worker: submitted.worker,
    outcome: submitted.outcome,
    superseded: submitted.superseded,
  });
  const way = `${sanitiseLine(submitted.branch)} -> ${sanitiseLine(submitted.target)}`;
  out.done(
    submitted.outcome === "already-queued"
      ? `already queued as ${submitted.mr}`
      : `queued ${submitted.mr} (${way})`,
  );
  out.line(`  issue ${submitted.issue}${submitted.worker === "" ? "" : `, worker ${submitted.worker}`}`);
}

async function branchHere(context: CommandContext): Promise<string> {
  const worktree = await repositoryAround(context.cwd);
  const branch = worktree === undefined ? undefined : await currentBranch(worktree);
  if (branch === undefined)
    throw new GtError("E_NO_BRANCH", "no branch is checked out here", {
      hint: "gt mq submit --branch <name>",
    });
  return branch;
}
