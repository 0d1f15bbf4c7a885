import { askGit, runGit } from "./git.ts";

/** Everything here happens in the object database: no branch, index or worktree is touched (spec/05 §2.4). */

export interface CommitInfo {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  /** Seconds since the epoch. */
  readonly committedAt: number;
  readonly message: string;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Git's raw form, e.g. `1700000000 +0100`. */
  readonly date: string;
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
  readonly sign?: "sign";
}

export type MergedTrees =
  | { readonly clean: true; readonly tree: string }
  | { readonly clean: false; readonly files: readonly string[] };

const fields = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%ct%x00%B";

export async function readCommit(repository: string, sha: string): Promise<CommitInfo> {
  return parseCommit(await runGit(repository, ["log", "-1", "--date=raw", `--format=${fields}`, sha, "--"]));
}

/** Commits of `head` that `base` does not have, newest first. */
export async function readCommits(
  repository: string,
  base: string,
  head: string,
): Promise<readonly CommitInfo[]> {
  const text = await runGit(repository, [
    "log",
    "--topo-order",
    "--date=raw",
    `--format=${fields}%x00%x01`,
    `${base}..${head}`,
    "--",
  ]);
  return text
    .split("\0\u0001")
    .map((entry) => entry.replace(/^\n/, ""))
    .filter((entry) => entry !== "")
    .map(parseCommit);
}

function parseCommit(text: string): CommitInfo {
  const [sha = "", tree = "", parents = "", name = "", email = "", date = "", seconds = "0", ...message] =
    text.split("\0");
  return {
    sha,
    tree,
    parents: parents.split(" ").filter((parent) => parent !== ""),
    author: { name, email, date },
    committedAt: Number(seconds),
    message: message.join("\0").trimEnd(),
  };
}

/** Those of the objects that are commits of this repository; asks once for all of them. */
export async function existingCommits(
  repository: string,
  shas: readonly string[],
): Promise<ReadonlySet<string>> {
  const asked = shas.filter((sha) => /^[0-9a-f]{40,64}$/.test(sha));
  if (asked.length === 0) return new Set();
  const text = await runGit(repository, ["cat-file", "--batch-check=%(objectname) %(objecttype)"], {
    input: `${asked.join("\n")}\n`,
  });
  return new Set(
    text
      .split("\n")
      .filter((line) => line.endsWith(" commit"))
      .map((line) => line.slice(0, line.indexOf(" "))),
  );
}

/** Those of the existing commits that are reachable from `tip`; asks once for all of them. */
export async function ancestorsAmong(
  repository: string,
  commits: ReadonlySet<string>,
  tip: string,
): Promise<ReadonlySet<string>> {
  if (commits.size === 0) return new Set();
  const text = await runGit(repository, ["rev-list", "--stdin"], {
    input: `${[...commits, `^${tip}`].join("\n")}\n`,
  });
  const beyond = new Set(text.split("\n"));
  return new Set([...commits].filter((commit) => !beyond.has(commit)));
}

/** Names and commits of all local branches and of the remote's as they were fetched, by full ref name. */
export async function allBranches(repository: string): Promise<ReadonlyMap<string, string>> {
  const text = await runGit(repository, [
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    "refs/heads",
    "refs/remotes/origin",
  ]);
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]),
  );
}

/**
 * The tree of merging `theirs` into `ours`. With `base` that commit is taken for their common ancestor, which lets a
 * branch be stacked that was built on another branch whose squashed form is in `ours` already.
 */
export async function mergeTrees(
  repository: string,
  ours: string,
  theirs: string,
  base?: string,
): Promise<MergedTrees> {
  // git learned --merge-base in 2.40; a commit of our tree on top of the wanted base says the same to older ones.
  const side = base === undefined ? ours : await grafted(repository, ours, base);
  const result = await askGit(repository, [
    "merge-tree",
    "--write-tree",
    "--name-only",
    "--no-messages",
    "-z",
    side,
    theirs,
  ]);
  const [tree = "", ...files] = result.stdout.split("\0").filter((part) => part !== "");
  if (result.exitCode === 0) return { clean: true, tree };
  if (result.exitCode === 1) return { clean: false, files: [...new Set(files)] };
  if (/unrelated histories/.test(result.stderr)) return { clean: false, files: [] };
  throw new Error(`git merge-tree: ${result.stderr.trim() || `exit ${result.exitCode}`}`);
}

const nobody: Signature = { name: "gt", email: "gt@localhost", date: "0 +0000" };

async function grafted(repository: string, sha: string, parent: string): Promise<string> {
  const tree = await runGit(repository, ["rev-parse", "--verify", "--end-of-options", `${sha}^{tree}`]);
  return writeCommit(repository, {
    tree,
    parents: [parent],
    message: "graft",
    author: nobody,
    committer: nobody,
  });
}

/** Writes a commit object and returns its id; equal input gives an equal id unless it is signed. */
export async function writeCommit(repository: string, commit: NewCommit): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ["-p", parent]);
  const sign = commit.sign === undefined ? ["--no-gpg-sign"] : ["-S"];
  return runGit(repository, ["commit-tree", ...sign, ...parents, "-F", "-", commit.tree], {
    input: `${commit.message.trimEnd()}\n`,
    env: {
      GIT_AUTHOR_NAME: commit.author.name,
      GIT_AUTHOR_EMAIL: commit.author.email,
      GIT_AUTHOR_DATE: `@${commit.author.date}`,
      GIT_COMMITTER_NAME: commit.committer.name,
      GIT_COMMITTER_EMAIL: commit.committer.email,
      GIT_COMMITTER_DATE: `@${commit.committer.date}`,
    },
  });
}
