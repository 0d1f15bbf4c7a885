import { runGit } from "../../core/git/git.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { GtError } from "../../core/gt-error.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";
import type { WaitingRequest } from "../../core/merge/open-requests.ts";
import type { LandingCommit } from "../../core/merge/run-record.ts";
import { GitHub, type PullRequest } from "./github.ts";
import { type TargetPlace, targetCommit } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";

export type PullRequestOutcome =
  /** `isExact`: the target's tree is the one that was gated. */
  | {
      readonly outcome: "merged";
      readonly commit: string;
      readonly isExact: boolean;
      readonly by: "queue" | "pr";
    }
  | {
      readonly outcome: "waiting";
      readonly reason: "awaiting_checks" | "awaiting_approval";
      readonly until: number;
    }
  | { readonly outcome: "failed"; readonly type: "ci-checks" | "review"; readonly text: string }
  | { readonly outcome: "closed" }
  | { readonly outcome: "refused"; readonly text: string };

/** The project's pull requests. */
export function githubOf(context: QueueContext): GitHub {
  return new GitHub(context.rig.pushUrl || context.rig.gitUrl, context.rig.repository);
}

/** `E_VCS_PROVIDER` when the project's pull requests are not on GitHub. */
export function expectGitHub({ rig, settings }: QueueContext): void {
  if (settings.vcsProvider !== "github")
    throw new GtError("E_VCS_PROVIDER", `merge_queue.vcs_provider=${settings.vcsProvider} is not supported`, {
      hint: `gt rig settings set ${rig.name} merge_queue.vcs_provider github`,
    });
}

/** Brings one gated item onto its target through its pull request (spec/05 §3.3). `E_GH` when gh cannot be used. */
export async function landPullRequest(
  context: QueueContext,
  { mr, source, target }: WaitingRequest,
  item: LandingCommit,
  place: TargetPlace,
): Promise<PullRequestOutcome> {
  const { settings, access } = context;
  expectGitHub(context);
  const github = githubOf(context);
  const request = await openRequest(context, github, mr, target, source?.title ?? mr.title);
  if (request === undefined)
    return { outcome: "refused", text: "the pull request is not listed after its creation" };
  await remember(context, mr, request);
  if (request.state === "MERGED") return arrived(context, place, item, request.mergeCommit, "pr");
  if (request.state === "CLOSED") return { outcome: "closed" };
  if (request.base !== target) await github.setBase(request.number, target);

  const until = access.clock.now() + settings.pollMs;
  if (settings.prWaitChecks) {
    const checks = await github.checks(request.number);
    if (checks.state === "failed")
      return { outcome: "failed", type: "ci-checks", text: `checks failed: ${checks.names.join(", ")}` };
    if (checks.state === "pending") {
      await rememberChecks(context, mr, access.clock.now());
      return { outcome: "waiting", reason: "awaiting_checks", until };
    }
    await rememberChecks(context, mr, null);
  }
  if (settings.requireReview && request.review !== "APPROVED")
    return request.review === "CHANGES_REQUESTED"
      ? { outcome: "failed", type: "review", text: `changes requested: ${request.url}` }
      : { outcome: "waiting", reason: "awaiting_approval", until };
  if (settings.prMerge === "human") return { outcome: "waiting", reason: "awaiting_approval", until };

  const style = settings.style === "ff-only" ? "rebase" : settings.style;
  const refusal = await github.merge(request.number, style, mr.commitSha);
  const after = await github.view(request.number);
  if (after?.state === "MERGED") return arrived(context, place, item, after.mergeCommit, "queue");
  return { outcome: "refused", text: refusal ?? "the server did not merge it" };
}

/** The pull requests of open requests that were merged on the server, by request. */
export async function mergedPullRequests(
  context: QueueContext,
  requests: readonly MergeRequest[],
): Promise<ReadonlyMap<string, string>> {
  const merged = new Map<string, string>();
  const known = requests.filter((mr) => mr.strategy === "pr" && mr.prNumber > 0);
  if (known.length === 0) return merged;
  const github = githubOf(context);
  for (const mr of known) {
    // Without gh nothing is known; the run that needs it will say so.
    const request = await github.view(mr.prNumber).catch(() => undefined);
    if (request?.state === "MERGED" && request.mergeCommit !== "") merged.set(mr.id, request.mergeCommit);
  }
  return merged;
}

function openRequest(
  context: QueueContext,
  github: GitHub,
  mr: MergeRequest,
  target: string,
  title: string,
): Promise<PullRequest | undefined> {
  return github.open({
    branch: mr.branch,
    base: target,
    title: `${title} (${mr.sourceIssue || mr.id})`,
    body: [
      title,
      "",
      `Issue: ${mr.sourceIssue || "-"}`,
      `Worker: ${mr.worker || "-"}`,
      `Gates: ${context.settings.gates.map((gate) => gate.name).join(", ") || "none"}`,
      `Merge request: ${mr.id}`,
    ].join("\n"),
  });
}

async function remember(context: QueueContext, mr: MergeRequest, request: PullRequest): Promise<void> {
  if (mr.prNumber === request.number && mr.prUrl === request.url) return;
  const { ledger } = context.access;
  const source = mr.sourceIssue === "" ? undefined : await ledger.get(mr.sourceIssue);
  await ledger.write(context.actor, [
    {
      op: "update",
      id: mr.id,
      fields: { metadata: { mr: { pr_number: request.number, pr_url: request.url } } },
    },
    // Whoever looks at the work finds the page on which it is discussed.
    ...(source === undefined
      ? []
      : [{ op: "update", id: source.id, fields: { metadata: { pr_url: request.url } } } as const]),
  ]);
}

/** Since when the checks run, so that somebody can be asked when they do not end. */
async function rememberChecks(context: QueueContext, mr: MergeRequest, since: number | null): Promise<void> {
  if ((since === null) === (mr.checksSince === undefined)) return;
  await context.access.ledger.write(context.actor, [
    { op: "update", id: mr.id, fields: { metadata: { mr: { checks_since: since } } } },
  ]);
}

/** The server wrote the target: look whether it wrote what was gated. */
async function arrived(
  context: QueueContext,
  place: TargetPlace,
  item: LandingCommit,
  commit: string,
  by: "queue" | "pr",
): Promise<PullRequestOutcome> {
  const { repository } = context.rig;
  await fetchOrigin(repository, { timeoutMs: 120_000 });
  const target = await targetCommit(context.rig, place);
  const tree =
    target === undefined ? "" : await runGit(repository, ["rev-parse", "--verify", `${target}^{tree}`]);
  return { outcome: "merged", commit: commit || (target ?? ""), isExact: tree === item.tree, by };
}
