import { GtError } from "../../core/gt-error.ts";
import type { GhAnswer, RunGh } from "../github/run-gh.ts";
import type { GateFacts } from "./decide-gate.ts";
import { chooseRun, type RunWish, type Workflow, type WorkflowRun } from "./workflow-run.ts";

const runFields = "databaseId,status,conclusion,workflowName,workflowDatabaseId,headBranch,headSha,createdAt";

/** State of a pull request, by its number or URL. Throws `E_GH` when it cannot be told. */
export async function pullRequestFacts(gh: RunGh, reference: string): Promise<GateFacts> {
  const answer = await gh(["pr", "view", "--json", "state", "--", reference]);
  if (answer.code !== 0) {
    // A repository that cannot be seen is not a pull request that is not there.
    if (/could not resolve to a pullrequest|no pull requests found/i.test(answer.stderr))
      return { kind: "pull-request", state: undefined };
    throw failure("gh pr view", answer);
  }
  const { state } = parse(answer, "gh pr view") as { readonly state?: unknown };
  if (state === "OPEN" || state === "MERGED" || state === "CLOSED") return { kind: "pull-request", state };
  throw failure("gh pr view", answer);
}

/** A run by its number. Throws `E_GH` when it cannot be told. */
export async function runFacts(gh: RunGh, number: string): Promise<GateFacts> {
  const answer = await gh(["run", "view", "--json", runFields, "--", number]);
  if (answer.code !== 0) {
    if (/\bHTTP 404\b/.test(answer.stderr)) return { kind: "run", run: undefined };
    throw failure("gh run view", answer);
  }
  const run = readRun(parse(answer, "gh run view"));
  if (run === undefined) throw failure("gh run view", answer);
  return { kind: "run", run };
}

/** The run that a gate without a number means; undefined while there is none. Throws `E_GH` when it cannot be told. */
export async function discoverRun(
  gh: RunGh,
  wish: RunWish,
  options: { readonly limit?: number } = {},
): Promise<WorkflowRun | undefined> {
  const limit = String(options.limit ?? 50);
  const onBranch = wish.workflow === "" && wish.branch !== "" ? ["--branch", wish.branch] : [];
  const answer = await gh(["run", "list", "--limit", limit, ...onBranch, "--json", runFields]);
  const runs = list(answer, "gh run list").flatMap((each) => readRun(each) ?? []);
  const workflows = wish.workflow === "" || runs.length === 0 ? [] : await readWorkflows(gh);
  return chooseRun(runs, workflows, wish);
}

async function readWorkflows(gh: RunGh): Promise<readonly Workflow[]> {
  const answer = await gh(["workflow", "list", "--all", "--limit", "200", "--json", "id,name,path"]);
  return list(answer, "gh workflow list").map((each) => {
    const { id, name, path } = each as Readonly<Record<string, unknown>>;
    return { id: Number(id), name: String(name ?? ""), path: String(path ?? "") };
  });
}

function readRun(value: unknown): WorkflowRun | undefined {
  const run = value as Readonly<Record<string, unknown>> | null;
  if (typeof run?.["databaseId"] !== "number") return undefined;
  const text = (name: string) => String(run[name] ?? "");
  return {
    number: run["databaseId"],
    status: text("status").toLowerCase(),
    conclusion: text("conclusion").toLowerCase(),
    workflow: text("workflowName"),
    workflowId: Number(run["workflowDatabaseId"] ?? 0),
    branch: text("headBranch"),
    commit: text("headSha"),
    createdAt: Date.parse(text("createdAt")),
  };
}

function list(answer: GhAnswer, what: string): readonly unknown[] {
  if (answer.code !== 0) throw failure(what, answer);
  const value = parse(answer, what);
  if (!Array.isArray(value)) throw failure(what, answer);
  return value;
}

function parse(answer: GhAnswer, what: string): unknown {
  try {
    const value: unknown = JSON.parse(answer.stdout);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw failure(what, answer);
}

function failure(what: string, answer: GhAnswer): GtError {
  const said = answer.stderr.trim().split("\n")[0] || `exit code ${answer.code}`;
  return new GtError("E_GH", `${what} failed`, { why: [said], hint: "gh auth status" });
}
