import { GtError } from "../../core/gt-error.ts";
import { type GhAnswer, ghIn, type RunGh } from "../github/run-gh.ts";

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: "OPEN" | "MERGED" | "CLOSED";
  readonly head: string;
  readonly base: string;
  /** Commit as which it was merged. */
  readonly mergeCommit: string;
  readonly review: "APPROVED" | "CHANGES_REQUESTED" | "REVIEW_REQUIRED" | "";
}

export type Checks =
  | { readonly state: "passed" }
  | { readonly state: "pending" }
  | { readonly state: "failed"; readonly names: readonly string[] };

const fields = "number,url,state,headRefOid,baseRefName,mergeCommit,reviewDecision";

/** Pull requests through the `gh` program (spec/05 §3.3). Every call throws `E_GH` when gh cannot be used. */
export class GitHub {
  readonly #repository: string;
  readonly #gh: RunGh;

  /** `repository`: URL of the project; `directory`: where gh runs. */
  constructor(repository: string, directory: string) {
    this.#repository = repository;
    this.#gh = ghIn(directory);
  }

  /** The branch's pull request: the open one, else the newest. */
  async find(branch: string): Promise<PullRequest | undefined> {
    const text = await this.#run([
      "pr",
      "list",
      "--head",
      branch,
      "--state",
      "all",
      "--limit",
      "10",
      "--json",
      fields,
    ]);
    const all = readAll(text);
    return all.find((each) => each.state === "OPEN") ?? all[0];
  }

  /** The branch's pull request, made if it has none; undefined when the server does not list what it has made. */
  async open(request: Parameters<GitHub["create"]>[0]): Promise<PullRequest | undefined> {
    const found = await this.find(request.branch);
    if (found !== undefined) return found;
    await this.create(request);
    return this.find(request.branch);
  }

  async view(number: number): Promise<PullRequest | undefined> {
    const text = await this.#run(["pr", "view", String(number), "--json", fields]);
    return readAll(`[${text}]`)[0];
  }

  async create(request: {
    readonly branch: string;
    readonly base: string;
    readonly title: string;
    readonly body: string;
  }): Promise<void> {
    const { branch, base, title, body } = request;
    await this.#run(["pr", "create", "--base", base, "--head", branch, "--title", title, "--body", body]);
  }

  async setBase(number: number, base: string): Promise<void> {
    await this.#run(["pr", "edit", String(number), "--base", base]);
  }

  /** State of the checks that the project requires. */
  async checks(number: number): Promise<Checks> {
    // Its exit code tells of failed and pending checks; the list says which.
    const answer = await this.#ask(["pr", "checks", String(number), "--required", "--json", "name,state"]);
    const list = parse(answer.stdout);
    if (!Array.isArray(list)) return { state: "passed" }; // the project requires none
    const states = list as readonly { readonly name?: string; readonly state?: string }[];
    const failed = states.filter((each) =>
      /FAIL|ERROR|CANCEL|TIMED_OUT|ACTION_REQUIRED/i.test(each.state ?? ""),
    );
    if (failed.length > 0) return { state: "failed", names: failed.map((each) => each.name ?? "?") };
    return states.every((each) => /SUCCESS|NEUTRAL|SKIPP/i.test(each.state ?? ""))
      ? { state: "passed" }
      : { state: "pending" };
  }

  /** Merges exactly the given head. False when the server refuses. */
  async merge(
    number: number,
    style: "squash" | "merge" | "rebase",
    head: string,
  ): Promise<string | undefined> {
    const answer = await this.#ask([
      "pr",
      "merge",
      String(number),
      `--${style}`,
      "--match-head-commit",
      head,
    ]);
    return answer.code === 0 ? undefined : answer.stderr.trim() || `gh exited with ${answer.code}`;
  }

  async #run(args: readonly string[]): Promise<string> {
    const answer = await this.#ask(args);
    if (answer.code === 0) return answer.stdout;
    throw new GtError("E_GH", `gh ${args.slice(0, 2).join(" ")} failed`, {
      why: answer.stderr.trim().split("\n").slice(0, 5),
      hint: "gh auth status",
    });
  }

  #ask(args: readonly string[]): Promise<GhAnswer> {
    return this.#gh([...args, "--repo", this.#repository]);
  }
}

function readAll(text: string): readonly PullRequest[] {
  const list = parse(text);
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const value = entry as Readonly<Record<string, unknown>>;
    const state = value["state"];
    if (typeof value["number"] !== "number") return [];
    if (state !== "OPEN" && state !== "MERGED" && state !== "CLOSED") return [];
    const merge = value["mergeCommit"] as { readonly oid?: unknown } | null | undefined;
    return [
      {
        number: value["number"],
        url: String(value["url"] ?? ""),
        state,
        head: String(value["headRefOid"] ?? ""),
        base: String(value["baseRefName"] ?? ""),
        mergeCommit: typeof merge?.oid === "string" ? merge.oid : "",
        review: String(value["reviewDecision"] ?? "") as PullRequest["review"],
      },
    ];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // gh said something else than JSON: nothing is known
  }
}
