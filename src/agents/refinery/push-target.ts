import { isAncestor } from "../../core/git/ancestry.ts";
import { moveRef, resolveCommit } from "../../core/git/branch.ts";
import { askGit, runGit } from "../../core/git/git.ts";
import { type PushResult, pushWithLease } from "../../core/git/push.ts";
import type { MergeSettings } from "../../core/merge/merge-settings.ts";
import type { Rig } from "../../core/town/town.ts";

/** Where a target branch lives: on the remote, or in the shared repository when there is none to push to. */
export interface TargetPlace {
  /** `remote`: `origin`; `local`: `refs/heads` of the shared repository. */
  readonly kind: "remote" | "local";
  readonly target: string;
  /** Branch as it is called there; differs from the target only with `local_origin=branch`. */
  readonly branch: string;
  /** Ref of the shared repository that says where the branch is, after a fetch. */
  readonly ref: string;
  /** Path of a local origin whose checkout is on the target. */
  readonly checkout?: string;
  /** `local_origin=refuse`: nobody's checkout is moved. */
  readonly isRefused: boolean;
}

const pushMs = 60_000;

export async function hasOrigin(repository: string): Promise<boolean> {
  return (await askGit(repository, ["remote", "get-url", "origin"])).exitCode === 0;
}

/** Decides how a target is reached (spec/05 §2.2 step 2, §2.8). */
export async function placeOf(
  rig: Rig,
  target: string,
  settings: Pick<MergeSettings, "autoPush" | "localOrigin">,
): Promise<TargetPlace> {
  const url = settings.autoPush ? await pushUrl(rig.repository) : undefined;
  if (url === undefined)
    return { kind: "local", target, branch: target, ref: `refs/heads/${target}`, isRefused: false };
  const checkout = await checkoutOf(rig.repository, url, target);
  const branch = checkout !== undefined && settings.localOrigin === "branch" ? `gt/${target}` : target;
  return {
    kind: "remote",
    target,
    branch,
    ref: `refs/remotes/origin/${branch}`,
    ...(checkout === undefined ? {} : { checkout }),
    isRefused: checkout !== undefined && settings.localOrigin === "refuse",
  };
}

async function pushUrl(repository: string): Promise<string | undefined> {
  const answer = await askGit(repository, ["remote", "get-url", "--push", "origin"]);
  return answer.exitCode === 0 ? answer.stdout.trim() : undefined;
}

/** Path of the origin if it is a local repository whose checkout is on the branch. */
async function checkoutOf(repository: string, url: string, target: string): Promise<string | undefined> {
  const path = url.startsWith("file://") ? decodeURIComponent(new URL(url).pathname) : url;
  if (!path.startsWith("/")) return undefined;
  const facts = await askGit(repository, [
    "-C",
    path,
    "rev-parse",
    "--is-bare-repository",
    "--symbolic-full-name",
    "HEAD",
  ]);
  const [isBare, head] = facts.stdout.trim().split("\n");
  return isBare === "false" && head === `refs/heads/${target}` ? path : undefined;
}

/** The target's commit as of the last fetch; undefined when there is no such branch. */
export async function targetCommit(rig: Rig, place: TargetPlace): Promise<string | undefined> {
  const found = await resolveCommit(rig.repository, place.ref);
  if (place.branch === place.target) return found;
  // The branch beside the person's own starts where that one is, and takes over what they commit there.
  const own = await resolveCommit(rig.repository, `refs/remotes/origin/${place.target}`);
  if (found === undefined || own === undefined) return found ?? own;
  return (await isAncestor(rig.repository, found, own)) ? own : found;
}

/**
 * Moves the target from `expect` to `sha`, which descends from it: compare-and-swap, never anything else (spec/05 §2.8).
 * Network trouble is tried again after 1, 2, 4 and 8 s; then only a fetch can tell whether the push arrived.
 */
export async function pushTarget(
  rig: Rig,
  place: TargetPlace,
  expect: string,
  sha: string,
  wait: (ms: number) => Promise<void>,
): Promise<PushResult> {
  if (place.isRefused)
    return {
      result: "denied",
      reason: `${place.checkout} has ${place.target} checked out (local_origin=refuse)`,
    };
  if (place.kind === "local") return updateLocal(rig, place, expect, sha);
  const isBeside = place.branch !== place.target;
  const lease = isBeside ? await resolveCommit(rig.repository, place.ref) : expect;
  for (let delayMs = 1000; ; delayMs *= 2) {
    const result = await pushWithLease(rig.repository, {
      remote: "origin",
      commit: sha,
      branch: place.branch,
      expect: lease,
      ...(place.checkout === undefined || isBeside ? {} : { updateCheckout: true }),
      timeoutMs: pushMs,
      env: { GT_REFINERY: "1" },
    });
    if (result.result === "pushed") await runGit(rig.repository, ["update-ref", place.ref, sha]);
    if (result.result !== "unreachable" || delayMs > 8000) return result;
    await wait(delayMs);
  }
}

async function updateLocal(rig: Rig, place: TargetPlace, expect: string, sha: string): Promise<PushResult> {
  if (await moveRef(rig.repository, place.ref, sha, expect)) return { result: "pushed" };
  const now = await resolveCommit(rig.repository, place.ref);
  if (now !== undefined && (await isAncestor(rig.repository, sha, now))) return { result: "pushed" };
  return now === expect
    ? { result: "denied", reason: `${place.ref} cannot be written` }
    : { result: "moved", reason: `${place.ref} has moved` };
}
