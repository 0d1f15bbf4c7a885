import { isAncestor, mergeBase } from "../../core/git/ancestry.ts";
import { askGit, runGit } from "../../core/git/git.ts";
import {
  type CommitInfo,
  type MergedTrees,
  existingCommits,
  mergeTrees,
  readCommit,
  readCommits,
  type Signature,
  writeCommit,
} from "../../core/git/stack.ts";
import { squashMessage, withTrailers } from "../../core/merge/landing-message.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";
import type { MergeStyle } from "../../core/merge/merge-settings.ts";
import type { LandingCommit } from "../../core/merge/run-record.ts";
import type { StackRefusal } from "../../core/merge/queue-state.ts";

export interface StackMember {
  readonly mr: MergeRequest;
  /** Title of the source issue. */
  readonly title: string;
  readonly dependsOn: readonly string[];
}

export interface StackStyle {
  readonly style: MergeStyle;
  readonly trailers: boolean;
  readonly sign: boolean;
}

interface Tip {
  readonly sha: string;
  readonly tree: string;
  readonly committedAt: number;
}

/**
 * Builds the landing commits of a batch on `base`, one on top of the other, in the object database alone (spec/05 §2.4).
 * The same base and order give the same commits again, unless they are signed.
 */
export async function buildStack(
  repository: string,
  base: string,
  members: readonly StackMember[],
  style: StackStyle,
): Promise<{ readonly items: readonly LandingCommit[]; readonly out: readonly StackRefusal[] }> {
  const committer = await refineryIdentity(repository);
  const baseCommit = await readCommit(repository, base);
  const existing = await existingCommits(
    repository,
    members.map(({ mr }) => mr.commitSha),
  );
  const items: LandingCommit[] = [];
  const out: StackRefusal[] = [];
  let tip: Tip = baseCommit;
  for (const member of members) {
    const { mr } = member;
    const gone = member.dependsOn.filter((id) => out.some((refusal) => refusal.id === id));
    if (gone.length > 0) {
      out.push({ id: mr.id, kind: "deferred", behind: gone });
      continue;
    }
    const head = mr.commitSha;
    if (!existing.has(head)) {
      out.push({ id: mr.id, kind: "missing" });
      continue;
    }
    const own = await readCommits(repository, tip.sha, head);
    if (own.length === 0) {
      items.push({ id: mr.id, head, landing: tip.sha, tree: tip.tree, kind: "already" });
      continue;
    }
    const earlier = items.map((item) => item.head);
    const landing = await land(repository, tip, { head, own }, member, { ...style, committer, earlier });
    if (landing.state === "landed") {
      const kind = landing.tip.tree === tip.tree ? "empty" : "commit";
      // A member that changes nothing lands as its predecessor: there is nothing to push for it.
      if (kind === "commit") tip = landing.tip;
      items.push({ id: mr.id, head, landing: tip.sha, tree: tip.tree, kind });
      continue;
    }
    if (landing.state === "not_ff") {
      const alone = items.length === 0 || !(await isAncestor(repository, base, head));
      out.push(
        alone
          ? { id: mr.id, kind: "not_ff" }
          : { id: mr.id, kind: "deferred", behind: items.map((item) => item.id) },
      );
      continue;
    }
    const files = landing.files;
    const isAlone = items.length === 0 || !(await mergedTree(repository, base, { head, own }, [])).clean;
    out.push(
      !isAlone
        ? { id: mr.id, kind: "deferred", behind: items.map((item) => item.id), files }
        : { id: mr.id, kind: "conflict", files },
    );
  }
  return { items, out };
}

type Landing =
  | { readonly state: "landed"; readonly tip: Tip }
  | { readonly state: "not_ff" }
  | { readonly state: "conflict"; readonly files: readonly string[] };

interface LandingOptions extends StackStyle {
  readonly committer: Omit<Signature, "date">;
  /** Heads stacked below, whose squashed form is in the tip. */
  readonly earlier: readonly string[];
}

/** The branch: its head and the commits that the tip does not have, newest first. */
interface Branch {
  readonly head: string;
  readonly own: readonly CommitInfo[];
}

async function land(
  repository: string,
  tip: Tip,
  branch: Branch,
  member: StackMember,
  options: LandingOptions,
): Promise<Landing> {
  const { head, own } = branch;
  switch (options.style) {
    case "ff-only": {
      if (!(await isAncestor(repository, tip.sha, head))) return { state: "not_ff" };
      return { state: "landed", tip: await readCommit(repository, head) };
    }
    case "rebase":
      return replay(repository, tip, branch, member, options);
    case "merge":
    case "squash": {
      const merged = await mergedTree(repository, tip.sha, branch, options.earlier);
      if (!merged.clean) return { state: "conflict", files: merged.files };
      if (merged.tree === tip.tree) return { state: "landed", tip };
      const [newest] = own;
      if (newest === undefined) return { state: "landed", tip };
      const parents = options.style === "merge" ? [tip.sha, head] : [tip.sha];
      const message =
        options.style === "merge"
          ? `Merge ${member.mr.branch}: ${member.title}`
          : squashMessage(newest.message, subjectsOf(own));
      return {
        state: "landed",
        tip: await commit(repository, tip, merged.tree, parents, message, newest, member, options),
      };
    }
  }
}

/** Each commit of the branch on its own; the last one carries the trailers. */
async function replay(
  repository: string,
  tip: Tip,
  { own }: Branch,
  member: StackMember,
  options: LandingOptions,
): Promise<Landing> {
  const commits = own.filter((each) => each.parents.length < 2).toReversed();
  const fresh = commits.slice(commits.findLastIndex((each) => options.earlier.includes(each.sha)) + 1);
  let at: Tip = tip;
  for (const [index, original] of fresh.entries()) {
    const merged = await mergeTrees(repository, at.sha, original.sha, original.parents[0]);
    if (!merged.clean) return { state: "conflict", files: merged.files };
    if (merged.tree === at.tree && index < fresh.length - 1) continue;
    const isLast = index === fresh.length - 1;
    at = await commit(repository, at, merged.tree, [at.sha], original.message, original, member, {
      ...options,
      trailers: options.trailers && isLast,
    });
  }
  return { state: "landed", tip: at };
}

async function commit(
  repository: string,
  tip: Tip,
  tree: string,
  parents: readonly string[],
  message: string,
  original: CommitInfo,
  member: StackMember,
  options: LandingOptions,
): Promise<Tip> {
  const { mr } = member;
  // Deterministic dates: the same base and order give the same ids, so that a repeated push is a no-op.
  const committedAt = Math.max(tip.committedAt + 1, Math.floor(mr.createdAt / 1000));
  const trailers = { mr: mr.id, issue: mr.sourceIssue, worker: mr.agentAddress, head: mr.commitSha };
  const sha = await writeCommit(repository, {
    tree,
    parents,
    message: withTrailers(message, options.trailers ? trailers : undefined),
    author: { ...original.author, name: original.author.name || "unknown" },
    committer: { ...options.committer, date: `${committedAt} +0000` },
    ...(options.sign ? { sign: "sign" as const } : {}),
  });
  return { sha, tree, committedAt };
}

/**
 * The merge of a branch into the tip. A branch built on another one, whose squashed form the tip has, is merged from
 * that one's head, or both would seem to have made the same changes differently.
 */
async function mergedTree(
  repository: string,
  tip: string,
  { head, own }: Branch,
  earlier: readonly string[],
): Promise<MergedTrees> {
  // A branch with one commit cannot be built on another one.
  if (own.length < 2) return mergeTrees(repository, tip, head);
  const base = await mergeBase(repository, tip, head);
  const squashed = base === undefined ? [] : await squashedHeads(repository, base, tip);
  const known = new Set([...squashed, ...earlier]);
  const below = own.find((commit) => commit.sha !== head && known.has(commit.sha));
  return mergeTrees(repository, tip, head, below?.sha);
}

/** Heads that the commits between say they are the squashed form of. */
async function squashedHeads(repository: string, base: string, tip: string): Promise<readonly string[]> {
  const text = await runGit(repository, [
    "log",
    "--first-parent",
    "--max-count=200",
    "--grep=^Gastown-Head: ",
    "--format=%(trailers:key=Gastown-Head,valueonly,separator=%x0A)",
    `${base}..${tip}`,
  ]);
  return text.split("\n").filter((line) => /^[0-9a-f]{40,64}$/.test(line));
}

/** Subjects of the branch's own commits, oldest first, without merges. */
function subjectsOf(own: readonly CommitInfo[]): readonly string[] {
  return own
    .filter((commit) => commit.parents.length < 2)
    .slice(0, 100)
    .map((commit) => commit.message.split("\n")[0] ?? "")
    .toReversed();
}

/** Who commits what lands: the repository's git identity, else the refinery itself. */
export async function refineryIdentity(repository: string): Promise<Omit<Signature, "date">> {
  const read = async (key: string) => (await askGit(repository, ["config", "--get", key])).stdout.trim();
  const [name, email] = [await read("user.name"), await read("user.email")];
  return name !== "" && email !== ""
    ? { name, email }
    : { name: "Gas Town Refinery", email: "refinery@localhost" };
}
