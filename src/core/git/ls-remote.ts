import { GtError } from "../gt-error.ts";
import { sanitise } from "../sanitise.ts";
import { askGit } from "./git.ts";
import { redactUrl } from "./git-url.ts";

export interface RemoteBranches {
  /** Branch that the remote's HEAD names, if it says so. */
  readonly defaultBranch: string | undefined;
  /** Commit by branch name. */
  readonly branches: ReadonlyMap<string, string>;
}

/** What a remote offers. Throws `E_AUTH`, `E_NETWORK` or `E_NOT_FOUND` with what to do about it. */
export async function listRemote(
  directory: string,
  url: string,
  options: { readonly timeoutMs: number },
): Promise<RemoteBranches> {
  const answer = await askGit(directory, ["ls-remote", "--symref", "--end-of-options", url], options).catch(
    (error: unknown) => {
      throw new GtError("E_NETWORK", `no answer from ${redactUrl(url)}`, {
        hint: `git ls-remote ${redactUrl(url)}`,
        cause: error,
      });
    },
  );
  if (answer.exitCode !== 0) throw remoteError(url, answer.stderr);
  let defaultBranch: string | undefined;
  const branches = new Map<string, string>();
  for (const line of answer.stdout.split("\n")) {
    const [value = "", name = ""] = line.split("\t");
    if (name === "HEAD" && value.startsWith("ref: refs/heads/"))
      defaultBranch = value.slice("ref: refs/heads/".length);
    else if (name.startsWith("refs/heads/")) branches.set(name.slice("refs/heads/".length), value);
  }
  return { defaultBranch, branches };
}

/** git's complaint about a remote as an error that says what to do. */
export function remoteError(url: string, stderr: string): GtError {
  const shown = redactUrl(url);
  const why = sanitise(stderr.replaceAll(url, shown))
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, 3);
  if (/could not read Username|Authentication failed|403|401|terminal prompts disabled/i.test(stderr)) {
    const ssh = sshForm(url);
    return new GtError("E_AUTH", `not allowed to read ${shown}`, {
      why,
      hint: ssh ? `use ${ssh}, or: gh auth login` : "gh auth login",
    });
  }
  if (/Permission denied|Host key verification failed/i.test(stderr)) {
    return new GtError("E_AUTH", `not allowed to read ${shown}`, { why, hint: `ssh -T ${sshHost(url)}` });
  }
  if (/not found|does not appear to be a git repository|does not exist|no such/i.test(stderr)) {
    return new GtError("E_NOT_FOUND", `there is no git repository at ${shown}`, {
      why,
      hint: `git ls-remote ${shown}`,
    });
  }
  return new GtError("E_NETWORK", `cannot reach ${shown}`, { why, hint: `git ls-remote ${shown}` });
}

function sshForm(url: string): string | undefined {
  const match = /^https?:\/\/(?:[^/@]*@)?(github\.com|gitlab\.com|bitbucket\.org)\/(.+)$/i.exec(url);
  return match ? `git@${match[1]}:${match[2]}` : undefined;
}

function sshHost(url: string): string {
  const match = /^(?:ssh:\/\/)?((?:[\w.-]+@)?[\w.-]+)/.exec(url);
  return match?.[1] ?? "git@host";
}
