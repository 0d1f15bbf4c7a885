import { sanitise } from "../sanitise.ts";
import { askGit, networkTimeoutMs } from "./git.ts";

export interface PushRequest {
  /** Remote name or URL. */
  readonly remote: string;
  readonly commit: string;
  /** Branch on the remote, without `refs/heads/`. */
  readonly branch: string;
  /** Where the branch must be now for the push to be right; undefined: it must not exist; `"any"`: no lease. */
  readonly expect: string | undefined | "any";
  /** Moves the checkout of a non-bare local origin along; git refuses while that has changes (spec/05 §2.8). */
  readonly updateCheckout?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * `moved`: the branch is not where it was expected. `denied`: a hook, protection or missing rights. `checkout`: the
 * origin is somebody's working directory, which is in the way. `unreachable`: nobody knows whether it arrived: fetch.
 */
export type PushResult =
  | { readonly result: "pushed" }
  | { readonly result: "moved" | "denied" | "checkout" | "unreachable"; readonly reason: string };

/** Pushes one commit to one branch as a compare-and-swap. The project's push hooks are not run (spec/05 §2.8). */
export async function pushWithLease(repository: string, request: PushRequest): Promise<PushResult> {
  const ref = `refs/heads/${request.branch}`;
  const { exitCode, stdout, stderr } = await askGit(
    repository,
    [
      "push",
      "--no-verify",
      "--porcelain",
      ...(request.expect === "any" ? [] : [`--force-with-lease=${ref}:${request.expect ?? ""}`]),
      ...(request.updateCheckout
        ? ["--receive-pack=git -c receive.denyCurrentBranch=updateInstead receive-pack"]
        : []),
      "--end-of-options",
      request.remote,
      `${request.commit}:${ref}`,
    ],
    {
      timeoutMs: request.timeoutMs ?? networkTimeoutMs,
      ...(request.signal ? { signal: request.signal } : {}),
      ...(request.env ? { env: request.env } : {}),
    },
  );
  if (exitCode === 0) return { result: "pushed" };
  return { result: classify(`${stdout}\n${stderr}`), reason: reasonOf(stdout, stderr) };
}

/** Deletes a remote branch if it is still at `expected`. */
export async function deleteRemoteBranch(
  repository: string,
  remote: string,
  branch: string,
  expected: string,
): Promise<PushResult> {
  const ref = `refs/heads/${branch}`;
  const { exitCode, stdout, stderr } = await askGit(
    repository,
    [
      "push",
      "--no-verify",
      "--porcelain",
      `--force-with-lease=${ref}:${expected}`,
      "--end-of-options",
      remote,
      `:${ref}`,
    ],
    { timeoutMs: networkTimeoutMs },
  );
  if (exitCode === 0) return { result: "pushed" };
  return { result: classify(`${stdout}\n${stderr}`), reason: reasonOf(stdout, stderr) };
}

function classify(output: string): Exclude<PushResult["result"], "pushed"> {
  if (
    /branch is currently checked out|working directory|unstaged changes|Up-to-date check failed|not a clean/i.test(
      output,
    )
  )
    return "checkout";
  if (/stale info|fetch first|non-fast-forward|cannot lock ref|incorrect old value/i.test(output))
    return "moved";
  if (
    /hook declined|protected branch|permission|denied|403|not authorized|authentication|could not read Username|read-only|prohibited/i.test(
      output,
    )
  )
    return "denied";
  return /\[remote rejected\]/.test(output) ? "denied" : "unreachable";
}

/** The remote's own words: the rejected ref's line, or what git complained about last. */
function reasonOf(stdout: string, stderr: string): string {
  const rejected = stdout.split("\n").find((line) => line.startsWith("!"));
  const told = stderr
    .split("\n")
    .filter((line) => /^(remote|fatal|error):/.test(line))
    .join("; ");
  return sanitise(rejected?.split("\t").slice(2).join(" ") || told || stderr.trim() || "git push failed");
}
