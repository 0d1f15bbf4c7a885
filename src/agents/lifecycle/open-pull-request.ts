import { runGit } from "../../core/git/git.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { expectGitHub, githubOf } from "../refinery/land-pull-request.ts";
import { queueContext } from "../refinery/queue-context.ts";
import type { TownAccess } from "../town-access.ts";
import type { DoneData } from "./done-data.ts";
import type { DonePlace } from "./done-git.ts";
import { baseRevision } from "./polecat-worktree.ts";

/** GitHub takes 65,536 characters; the rest of the text needs some of them. */
const maxDescription = 50_000;

/**
 * Opens the pull request of a pushed branch, if it has none yet (spec/04 §5.5). Without gh the branch is there all the same,
 * for a person or the queue to open one: that is a warning.
 */
export async function openPullRequest(
  access: TownAccess,
  { rig, agent, data }: DonePlace,
  { bead, head }: { readonly bead: Bead; readonly head: string },
): Promise<Pick<DoneData, "pullRequest" | "warnings">> {
  const context = queueContext(access, rig);
  try {
    expectGitHub(context);
    const base = await baseRevision(rig, data.target);
    const stat = await runGit(rig.repository, ["diff", "--stat", `${base}...${head}`, "--"]);
    const opened = await githubOf(context).open({
      branch: data.branch,
      base: data.target,
      title: `${sanitiseLine(bead.title)} (${bead.id})`,
      body: [
        ...(bead.description === "" ? [] : [bead.description.slice(0, maxDescription).trimEnd(), ""]),
        ...["```", stat.trimEnd(), "```", ""],
        `Issue: ${bead.id}`,
        `Worker: ${agent.name}`,
      ].join("\n"),
    });
    if (opened === undefined) return { warnings: ["the pull request is not listed after its creation"] };
    return { pullRequest: { number: opened.number, url: opened.url }, warnings: [] };
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    const why = [error.message, ...(error.why ?? [])].join(": ");
    return { warnings: [`no pull request was opened for ${data.branch}: ${why}`] };
  }
}
