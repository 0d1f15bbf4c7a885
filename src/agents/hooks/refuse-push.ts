/** One line that git gives a pre-push hook. */
export interface PushedRef {
  /** Commit that is pushed; undefined when the branch is deleted. */
  readonly commit: string | undefined;
  /** Full name on the remote, e.g. `refs/heads/main`. */
  readonly ref: string;
}

export interface PushFacts {
  readonly role: string;
  readonly defaultBranch: string;
  /** Targets of open merge requests, with their number. */
  readonly targets: ReadonlyMap<string, number>;
  /** The bead on the agent's hook was slung with `--merge direct`. */
  readonly isDirect: boolean;
  /** The rig wants reviews, so that not even crew members push its default branch. */
  readonly needsReview: boolean;
  /** Integration branches that the default branch would contain for the first time. */
  readonly carried: readonly string[];
  /** The guard `merge-direct` is switched off (`guards.disable`). */
  readonly mayPushTargets: boolean;
}

/** Reads what git writes to a pre-push hook: `<local ref> <local sha> <remote ref> <remote sha>` per line. */
export function parsePushedRefs(text: string): readonly PushedRef[] {
  return text.split("\n").flatMap((line) => {
    const [, commit, ref] = line.split(" ");
    if (commit === undefined || ref === undefined) return [];
    return [{ commit: /^0+$/.test(commit) ? undefined : commit, ref }];
  });
}

/**
 * Why an agent must not push this, or undefined (spec/05 §5.5). Policy that saves detours, no security: gates and leases
 * are the guarantee, and our own pushes do not ask. Pure.
 */
export function refusedPush(pushed: readonly PushedRef[], facts: PushFacts): string | undefined {
  for (const { commit, ref } of pushed) {
    const branch = ref.replace(/^refs\/heads\//, "");
    const waiting = facts.targets.get(branch) ?? 0;
    if (commit === undefined && branch.startsWith("integration/") && waiting > 0)
      return `${waiting} merge requests are for ${branch}: it stays until they have landed.`;
    if (isTheQueues(branch, waiting, facts))
      return `only the merge queue pushes ${branch}. Commit on your branch and run \`gt done\`.`;
    const [integration] = facts.carried;
    if (branch === facts.defaultBranch && integration !== undefined)
      return `that would land ${integration} without its gates. Use \`gt mq integration land\`.`;
  }
  return undefined;
}

function isTheQueues(branch: string, waiting: number, facts: PushFacts): boolean {
  if (facts.mayPushTargets || facts.isDirect) return false;
  if (branch !== facts.defaultBranch) return waiting > 0;
  return facts.role !== "crew" || facts.needsReview;
}
