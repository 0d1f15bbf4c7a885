import { runGit } from "./git.ts";

/** A commit as histories show it. */
export interface CommitFacts {
  readonly hash: string;
  readonly shortHash: string;
  readonly author: string;
  readonly email: string;
  /** Milliseconds since the epoch. */
  readonly date: number;
  readonly subject: string;
}

export interface CommitQuery {
  /** Newest so many. */
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  /** Every branch, the fetched ones too, instead of HEAD alone. */
  readonly branches: "all" | "head";
}

/** Newest first. An unborn HEAD has none. */
export async function readCommits(directory: string, query: CommitQuery): Promise<readonly CommitFacts[]> {
  const output = await runGit(directory, [
    "log",
    "--format=%H%x1f%h%x1f%an%x1f%ae%x1f%at%x1f%s%x1e",
    `--max-count=${query.limit}`,
    ...(query.since === undefined ? [] : [`--since=@${Math.floor(query.since / 1000)}`]),
    // Snapshots and other hidden refs are nobody's history.
    ...(query.branches === "all" ? ["--branches", "--remotes"] : []),
    "--",
  ]);
  return output
    .split("\u001e")
    .map((record) => record.trim().split("\u001f"))
    .filter((fields) => fields.length === 6)
    .map(([hash = "", shortHash = "", author = "", email = "", date = "", subject = ""]) => ({
      hash,
      shortHash,
      author,
      email,
      date: Number(date) * 1000,
      subject,
    }));
}
