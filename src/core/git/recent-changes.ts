import { askGit } from "./git.ts";

/** One commit of a branch's first line of descent. */
export interface RecentChange {
  readonly subject: string;
  /** Issue that its trailer names; empty without one (spec/05 §2.4). */
  readonly issue: string;
  readonly files: readonly string[];
}

/** The last `count` changes of a branch up to a commit, newest first. Empty where git cannot tell. */
export async function recentChanges(
  repository: string,
  commit: string,
  count: number,
): Promise<readonly RecentChange[]> {
  const { exitCode, stdout } = await askGit(repository, [
    ...["log", "--first-parent", "-m", "--name-only", "-z", `--max-count=${count}`],
    "--format=%x1e%s%x1f%(trailers:key=Gastown-Issue,valueonly,separator=%x20)%x1f",
    ...[commit, "--"],
  ]);
  if (exitCode !== 0) return [];
  return stdout.split("\u001e").flatMap((record): readonly RecentChange[] => {
    const [subject, issue = "", paths = ""] = record.split("\u001f");
    if (subject === undefined || subject === "") return [];
    const files = paths.split("\0").map((path) => path.replace(/^\n/, ""));
    return [{ subject, issue: issue.split(" ")[0] ?? "", files: files.filter((path) => path !== "") }];
  });
}
