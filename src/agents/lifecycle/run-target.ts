import { askGit } from "../../core/git/git.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Rig } from "../../core/town/town.ts";
import type { RunGh } from "../github/run-gh.ts";

/** What a convoy run is about (spec/02 §12.1). */
export interface RunTarget {
  /** Values of the inputs `pr`, `files` and `branch`, as far as they were given. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What is known of them: `pr_number`, `pr_title`, `changed_files`, `target_description`. */
  readonly facts: Readonly<Record<string, string>>;
  /** For people. */
  readonly title: string;
}

export interface TargetWish {
  readonly pr?: number | undefined;
  readonly branch?: string | undefined;
  /** Globs below the rig's reference checkout. */
  readonly files: readonly string[];
  /** The code host cannot be asked: go on without what it knows. */
  readonly onMissingGh?: ((reason: string) => void) | undefined;
}

/** Looks up the pull request and the files. `E_GH` when the code host cannot be asked, `E_NOT_FOUND` for globs without a file. */
export async function findTarget(rig: Rig, wish: TargetWish, gh: RunGh): Promise<RunTarget> {
  const files = wish.files.length === 0 ? [] : await matchingFiles(rig, wish.files);
  const request = wish.pr === undefined ? undefined : await pullRequest(wish.pr, wish, gh);
  const bullets = files.map((file) => `- ${file}`).join("\n");
  const title =
    request !== undefined
      ? `PR ${request.number}${request.title === "" ? "" : ` ${request.title}`}`
      : (wish.branch ?? files.join(", "));
  return {
    title,
    inputs: {
      ...(wish.pr === undefined ? {} : { pr: String(wish.pr) }),
      ...(wish.branch === undefined ? {} : { branch: wish.branch }),
      ...(files.length === 0 ? {} : { files: bullets }),
    },
    facts: {
      target_description: title,
      ...(request === undefined
        ? {}
        : { pr_number: String(request.number), pr_title: request.title, changed_files: request.files }),
    },
  };
}

async function matchingFiles(rig: Rig, globs: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const glob of globs) {
    const { exitCode, stdout } = await askGit(rig.reference, ["ls-files", "-z", "--", `:(glob)${glob}`]);
    const files = exitCode === 0 ? stdout.split("\0").filter((file) => file !== "") : [];
    if (files.length === 0)
      throw new GtError("E_NOT_FOUND", `no file of ${rig.name} matches "${glob}"`, {
        why: [`globs are relative to ${rig.reference}`],
        hint: `git -C ${rig.reference} ls-files`,
      });
    for (const file of files) found.add(file);
  }
  return [...found].sort();
}

interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** Markdown bullets. */
  readonly files: string;
}

async function pullRequest(number: number, { onMissingGh }: TargetWish, gh: RunGh): Promise<PullRequest> {
  try {
    const answer = await gh(["pr", "view", String(number), "--json", "number,title,files"]);
    if (answer.code !== 0)
      throw new GtError("E_GH", `gh knows nothing of pull request ${number}`, {
        why: [answer.stderr.trim().split("\n")[0] ?? ""],
        hint: "gh auth status",
      });
    return parseRequest(number, answer.stdout);
  } catch (error) {
    if (onMissingGh === undefined || !(error instanceof GtError)) throw error;
    onMissingGh(error.message);
    return { number, title: "", files: "" };
  }
}

function parseRequest(number: number, text: string): PullRequest {
  const value = JSON.parse(text) as {
    readonly title?: unknown;
    readonly files?: readonly {
      readonly path?: unknown;
      readonly additions?: unknown;
      readonly deletions?: unknown;
    }[];
  };
  const files = (value.files ?? []).map(
    ({ path, additions, deletions }) => `- ${String(path)} (+${Number(additions)}/-${Number(deletions)})`,
  );
  return { number, title: typeof value.title === "string" ? value.title : "", files: files.join("\n") };
}
