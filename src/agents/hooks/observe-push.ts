import { askGit } from "../../core/git/git.ts";
import { openRequests } from "../../core/merge/open-requests.ts";
import { parseAddress } from "../../core/town/address.ts";
import { isObject } from "../../core/town/json-file.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import { attachmentOf } from "../lifecycle/attachment.ts";
import type { TownAccess } from "../town-access.ts";
import type { PushedRef, PushFacts } from "./refuse-push.ts";

/** What decides about an agent's push; undefined when it goes to no rig's remote, or nothing about it matters. */
export async function observePush(
  access: TownAccess,
  pushed: readonly PushedRef[],
  place: { readonly url: string; readonly cwd: string },
): Promise<PushFacts | undefined> {
  const { town, ledger, actor } = access;
  const address = parseAddress(actor);
  const isOwnBranch = pushed.every(({ ref }) => ref.startsWith("refs/heads/polecat/"));
  if (address === undefined || address.role === "overseer" || isOwnBranch) return undefined;
  const rig = await rigAt(town, place.url, address.rig);
  if (rig === undefined) return undefined;
  const settings = town.rigSettings(rig.name);
  const queue = isObject(settings["merge_queue"]) ? settings["merge_queue"] : {};
  const guards = isObject(settings["guards"]) ? settings["guards"]["disable"] : undefined;
  const agent = await ledger.agent(actor);
  const bead = agent?.hookBead ? await ledger.get(agent.hookBead) : undefined;
  const targets = new Map<string, number>();
  for (const { target } of await openRequests(ledger, rig))
    targets.set(target, (targets.get(target) ?? 0) + 1);
  return {
    role: address.role,
    defaultBranch: rig.defaultBranch,
    targets,
    isDirect: bead !== undefined && attachmentOf(bead).merge_strategy === "direct",
    needsReview: queue["require_review"] === true || queue["merge_strategy"] === "pr",
    carried: await carriedBy(pushed, rig, place.cwd),
    mayPushTargets: Array.isArray(guards) && guards.includes("merge-direct"),
  };
}

/** The rig whose remote has this address, as it is registered or as git knows it after its own rewriting. */
async function rigAt(town: Town, url: string, own: string): Promise<Rig | undefined> {
  const registered = town.rigs().find((rig) => url !== "" && [rig.gitUrl, rig.pushUrl].includes(url));
  const rig = town.findRig(own);
  if (registered !== undefined || rig === undefined) return registered;
  const { stdout } = await askGit(rig.repository, ["remote", "get-url", "--push", "origin"]);
  return stdout.trim() === url ? rig : undefined;
}

/** Integration branches of the remote that a push of the default branch would bring into it. */
async function carriedBy(pushed: readonly PushedRef[], rig: Rig, cwd: string): Promise<readonly string[]> {
  const commit = pushed.find(({ ref }) => ref === `refs/heads/${rig.defaultBranch}`)?.commit;
  if (commit === undefined) return [];
  const { stdout } = await askGit(cwd, [
    ...["for-each-ref", "--format=%(refname)", `--merged=${commit}`],
    `--no-merged=refs/remotes/origin/${rig.defaultBranch}`,
    "refs/remotes/origin/integration/",
  ]);
  return stdout.split("\n").flatMap((ref) => (ref === "" ? [] : [ref.replace("refs/remotes/origin/", "")]));
}
