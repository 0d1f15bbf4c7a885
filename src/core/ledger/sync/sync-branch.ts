import { askGit, runGit } from "../../git/git.ts";
import { withScratchIndex } from "../../git/scratch-index.ts";
import { GtError } from "../../gt-error.ts";

/** Place of the beads in the tree of the sync branch. */
export const syncedPath = ".beads/issues.jsonl";

const noCommit = "0".repeat(40);
const fetchTimeoutMs = 60_000;
const pushTimeoutMs = 120_000;

/** Where a scope's beads are kept in git (spec/01 §9.7). */
export interface SyncPlace {
  /** A repository, bare or not; its working tree, index and HEAD are never touched. */
  readonly repository: string;
  /** Full name, e.g. `refs/heads/beads-sync`. */
  readonly ref: string;
}

/** Commit of the ref, or undefined when there is none. */
export async function tipOf({ repository, ref }: SyncPlace): Promise<string | undefined> {
  const answer = await askGit(repository, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${ref}^{commit}`,
  ]);
  return answer.exitCode === 0 ? answer.stdout.trim() : undefined;
}

/** The beads of a commit; undefined when it has none. */
export async function readSynced(repository: string, commit: string): Promise<string | undefined> {
  const answer = await askGit(repository, ["cat-file", "blob", `${commit}:${syncedPath}`]);
  return answer.exitCode === 0 ? answer.stdout : undefined;
}

export async function mergeBase(repository: string, a: string, b: string): Promise<string | undefined> {
  const answer = await askGit(repository, ["merge-base", "--end-of-options", a, b]);
  return answer.exitCode === 0 ? answer.stdout.trim().split("\n")[0] : undefined;
}

export interface CommitRequest {
  /** File with the content. */
  readonly file: string;
  /** Commit that the ref has now. */
  readonly tip: string | undefined;
  /** Further parents; the first one gives the other files when there is no tip. */
  readonly merged: string | undefined;
  readonly author: { readonly name: string; readonly email: string };
  readonly message: string;
  readonly sign: boolean;
}

export type CommitResult =
  | { readonly state: "committed"; readonly commit: string }
  /** The tree would be that of the tip. */
  | { readonly state: "unchanged"; readonly commit: string }
  /** Somebody else moved the ref meanwhile. */
  | { readonly state: "moved" };

/** Puts a file on the branch by plumbing alone and moves the ref by compare-and-swap. */
export async function commitFile(place: SyncPlace, request: CommitRequest): Promise<CommitResult> {
  const { repository, ref } = place;
  const { tip, merged } = request;
  const tree = await writeTree(repository, request.file, tip ?? merged);
  if (tip !== undefined && merged === undefined && tree === (await treeOf(repository, tip)))
    return { state: "unchanged", commit: tip };
  if (
    merged !== undefined &&
    tree === (await treeOf(repository, merged)) &&
    (await isAncestor(repository, tip, merged))
  )
    return (await moveRef(place, merged, tip)) ? { state: "unchanged", commit: merged } : { state: "moved" };
  const parents = [tip, merged].flatMap((parent) => (parent === undefined ? [] : ["-p", parent]));
  const commit = await runGit(
    repository,
    ["commit-tree", tree, ...parents, ...(request.sign ? ["-S"] : []), "-F", "-"],
    {
      input: `${request.message}\n`,
      env: {
        GIT_AUTHOR_NAME: request.author.name,
        GIT_AUTHOR_EMAIL: request.author.email,
        GIT_COMMITTER_NAME: "gastown-ledger",
        GIT_COMMITTER_EMAIL: "bd@localhost",
      },
    },
  );
  if (!(await moveRef({ repository, ref }, commit, tip))) return { state: "moved" };
  return { state: "committed", commit };
}

async function writeTree(repository: string, file: string, parent: string | undefined): Promise<string> {
  const blob = await runGit(repository, ["hash-object", "-w", "--no-filters", "--", file]);
  return withScratchIndex(repository, async (index) => {
    const env = { GIT_INDEX_FILE: index };
    await runGit(repository, parent === undefined ? ["read-tree", "--empty"] : ["read-tree", parent], {
      env,
    });
    await runGit(repository, ["update-index", "--add", "--cacheinfo", `100644,${blob},${syncedPath}`], {
      env,
    });
    return runGit(repository, ["write-tree"], { env });
  });
}

async function treeOf(repository: string, commit: string): Promise<string> {
  return runGit(repository, ["rev-parse", "--verify", "--end-of-options", `${commit}^{tree}`]);
}

async function isAncestor(
  repository: string,
  ancestor: string | undefined,
  commit: string,
): Promise<boolean> {
  if (ancestor === undefined) return true;
  const answer = await askGit(repository, [
    "merge-base",
    "--is-ancestor",
    "--end-of-options",
    ancestor,
    commit,
  ]);
  return answer.exitCode === 0;
}

async function moveRef(place: SyncPlace, commit: string, tip: string | undefined): Promise<boolean> {
  const answer = await askGit(place.repository, [
    "update-ref",
    "-m",
    "bd sync",
    "--end-of-options",
    place.ref,
    commit,
    tip ?? noCommit,
  ]);
  return answer.exitCode === 0;
}

export type RemoteTip =
  | { readonly state: "found"; readonly commit: string }
  | { readonly state: "absent" }
  /** No such remote is configured. */
  | { readonly state: "no-remote" }
  | { readonly state: "unreachable"; readonly reason: string };

/** Fetches the remote's version of the ref into the object database; the local ref stays. */
export async function fetchRemote(place: SyncPlace, remote: string): Promise<RemoteTip> {
  const { repository, ref } = place;
  if ((await askGit(repository, ["remote", "get-url", "--", remote])).exitCode !== 0)
    return { state: "no-remote" };
  const options = { timeoutMs: fetchTimeoutMs };
  const listed = await askGit(repository, ["ls-remote", "--end-of-options", remote, ref], options);
  if (listed.exitCode !== 0) return { state: "unreachable", reason: firstLine(listed.stderr) };
  const commit = listed.stdout
    .split("\n")
    .find((line) => line.endsWith(`\t${ref}`))
    ?.split("\t")[0];
  if (commit === undefined) return { state: "absent" };
  const fetched = await askGit(
    repository,
    [
      "fetch",
      "--no-tags",
      "--quiet",
      "--no-write-fetch-head",
      "--end-of-options",
      remote,
      `+${ref}:${trackingRef(remote)}`,
    ],
    options,
  );
  if (fetched.exitCode !== 0) return { state: "unreachable", reason: firstLine(fetched.stderr) };
  const tip = await tipOf({ repository, ref: trackingRef(remote) });
  return { state: "found", commit: tip ?? commit };
}

/** Our memory of the remote's tip; out of the way of branch listings. */
export function trackingRef(remote: string): string {
  return `refs/gt/beads-remote/${remote}`;
}

export type PushAnswer =
  | { readonly state: "pushed" | "rejected" }
  | { readonly state: "failed"; readonly reason: string };

/** Pushes one commit, never by force and without the project's hooks. */
export async function pushCommit(place: SyncPlace, remote: string, commit: string): Promise<PushAnswer> {
  const answer = await askGit(
    place.repository,
    ["push", "--no-verify", "--porcelain", "--end-of-options", remote, `${commit}:${place.ref}`],
    { timeoutMs: pushTimeoutMs },
  );
  if (answer.exitCode === 0) {
    await askGit(place.repository, ["update-ref", "--end-of-options", trackingRef(remote), commit]);
    return { state: "pushed" };
  }
  const text = `${answer.stdout}\n${answer.stderr}`;
  // "cannot lock ref" and "failed to update ref": another push won at the remote in this very moment.
  if (
    /non-fast-forward|fetch first|\[rejected\]|stale info|cannot lock ref|failed to update ref|incorrect old value/i.test(
      text,
    )
  )
    return { state: "rejected" };
  return { state: "failed", reason: firstLine(answer.stderr) };
}

/** Refuses a branch that somebody has checked out: moving it would make their tree look changed. */
export async function expectNotCheckedOut({ repository, ref }: SyncPlace): Promise<void> {
  const listing = await runGit(repository, ["worktree", "list", "--porcelain"]);
  for (const entry of listing.split("\n\n")) {
    if (!entry.split("\n").includes(`branch ${ref}`)) continue;
    const path = /^worktree (.*)$/m.exec(entry)?.[1] ?? "";
    const branch = ref.replace("refs/heads/", "");
    throw new GtError(
      "E_CHECKED_OUT",
      `branch ${branch} is checked out at ${path}; switch it or set sync.branch`,
      { hint: `git -C ${path} switch -` },
    );
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
