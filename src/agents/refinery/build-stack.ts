import { isAncestor, mergeBase } from "../../core/git/ancestry.ts";
import { resolveCommit } from "../../core/git/branch.ts";
import { askGit, runGit } from "../../core/git/git.ts";
import {
  type CommitInfo,
  type MergedTrees,
  mergeTrees,
  readCommit,
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
    const head = await resolveCommit(repository, mr.commitSha);
    if (head === undefined) {
      out.push({ id: mr.id, kind: "missing" });
      continue;
    }
    if (await isAncestor(repository, head, tip.sha)) {
      items.push({ id: mr.id, head, landing: tip.sha, tree: tip.tree, kind: "already" });
      continue;
    }
    const earlier = items.map((item) => item.head);
    const landing = await land(repository, tip, head, member, { ...style, committer, earlier });
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
    const onBase = items.length === 0 ? landing : await mergedTree(repository, base, head, []);
    out.push(
      "clean" in onBase && onBase.clean
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

async function land(
  repository: string,
  tip: Tip,
  head: string,
  member: StackMember,
  options: LandingOptions,
): Promise<Landing> {
  switch (options.style) {
    case "ff-only": {
      if (!(await isAncestor(repository, tip.sha, head))) return { state: "not_ff" };
      return { state: "landed", tip: await readCommit(repository, head) };
    }
    case "rebase":
      return replay(repository, tip, head, member, options);
    case "merge":
    case "squash": {
      const merged = await mergedTree(repository, tip.sha, head, options.earlier);
      if (!merged.clean) return { state: "conflict", files: merged.files };
      if (merged.tree === tip.tree) return { state: "landed", tip };
      const newest = await readCommit(repository, head);
      const parents = options.style === "merge" ? [tip.sha, head] : [tip.sha];
      const message =
        options.style === "merge"
          ? `Merge ${member.mr.branch}: ${member.title}`
          : squashMessage(newest.message, await subjectsOf(repository, tip.sha, head));
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
  head: string,
  member: StackMember,
  options: LandingOptions,
): Promise<Landing> {
  const commits = await ownCommits(repository, tip.sha, head);
  const landed = options.earlier.filter((sha) => commits.includes(sha));
  const fresh = commits.slice(commits.findLastIndex((sha) => landed.includes(sha)) + 1);
  let at: Tip = tip;
  for (const [index, sha] of fresh.entries()) {
    const original = await readCommit(repository, sha);
    const merged = await mergeTrees(repository, at.sha, sha, original.parents[0]);
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
  head: string,
  earlier: readonly string[],
): Promise<MergedTrees> {
  const base = await mergeBase(repository, tip, head);
  const squashed = base === undefined ? [] : await squashedHeads(repository, base, tip);
  let below: string | undefined;
  for (const sha of [...squashed, ...earlier]) {
    if (sha === head || !(await isAncestor(repository, sha, head))) continue;
    if (below === undefined || (await isAncestor(repository, below, sha))) below = sha;
  }
  return mergeTrees(repository, tip, head, below);
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

/** The branch's commits without merges, oldest first. */
async function ownCommits(repository: string, tip: string, head: string): Promise<readonly string[]> {
  const text = await runGit(repository, [
    "rev-list",
    "--reverse",
    "--topo-order",
    "--no-merges",
    `${tip}..${head}`,
  ]);
  return text === "" ? [] : text.split("\n");
}

async function subjectsOf(repository: string, tip: string, head: string): Promise<readonly string[]> {
  const text = await runGit(repository, [
    "log",
    "--reverse",
    "--no-merges",
    "--max-count=100",
    "--format=%s",
    `${tip}..${head}`,
  ]);
  return text === "" ? [] : text.split("\n");
}

/** Who commits what lands: the repository's git identity, else the refinery itself. */
export async function refineryIdentity(repository: string): Promise<Omit<Signature, "date">> {
  const read = async (key: string) => (await askGit(repository, ["config", "--get", key])).stdout.trim();
  const [name, email] = [await read("user.name"), await read("user.email")];
  return name !== "" && email !== ""
    ? { name, email }
    : { name: "Gas Town Refinery", email: "refinery@localhost" };
}
