import { currentBranch } from "../../core/git/branch.ts";
import { askGit, networkTimeoutMs, runGit } from "../../core/git/git.ts";
import { changedFiles } from "../../core/git/changed-files.ts";
import { GtError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { Rig } from "../../core/town/town.ts";
import { overlayFiles } from "./overlay-files.ts";

/** Where a member's clone fetches from and pushes to: the rig's places, which may have moved (spec/04 §4). */
export async function syncRemotes(rig: Rig, path: string): Promise<void> {
  const url = rig.gitUrl === "" ? rig.repository : rig.gitUrl;
  const wanted = [
    { args: ["remote", "get-url", "origin"], set: ["remote", "set-url", "origin", url], url },
    {
      args: ["remote", "get-url", "--push", "origin"],
      set: ["remote", "set-url", "--push", "origin", rig.pushUrl || url],
      url: rig.pushUrl || url,
    },
  ];
  for (const remote of wanted) {
    const now = await askGit(path, remote.args);
    if (now.stdout.trim() !== remote.url) await runGit(path, remote.set);
  }
}

export interface Pull {
  readonly hadChanges: boolean;
  readonly pulled: boolean;
  /** git's own words; "" when it went well. */
  readonly error: string;
}

/** Brings the clone up to date by fast-forward; uncommitted changes are never touched, git refuses before it would. */
export async function pullClone(rig: Rig, path: string): Promise<Pull> {
  const hadChanges = (await changedFiles(path, overlayFiles(rig))).length > 0;
  const pull = await askGit(path, ["pull", "--quiet", "--ff-only"], { timeoutMs: networkTimeoutMs });
  const error = pull.exitCode === 0 ? "" : (pull.stderr.trim().split("\n").at(-1) ?? "git pull failed");
  return { hadChanges, pulled: error === "", error: sanitiseLine(error) };
}

/** Back to the default branch, up to date. `E_DIRTY` while anything is uncommitted. */
export async function returnToDefaultBranch(rig: Rig, path: string): Promise<void> {
  const changes = await changedFiles(path, overlayFiles(rig));
  if (changes.length > 0)
    throw new GtError("E_DIRTY", `${path} has ${changes.length} uncommitted files; nothing was changed`, {
      why: changes.slice(0, 5).map((file) => file.path),
      hint: `git -C ${path} status`,
    });
  if ((await currentBranch(path)) !== rig.defaultBranch)
    await runGit(path, ["checkout", "--quiet", rig.defaultBranch]);
  const { error } = await pullClone(rig, path);
  if (error !== "")
    throw new GtError("E_PULL", `${path} is on ${rig.defaultBranch} but cannot be brought up to date`, {
      why: [error],
      hint: `git -C ${path} pull`,
    });
}
