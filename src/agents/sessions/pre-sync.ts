import { existsSync } from "node:fs";
import { join } from "node:path";
import { currentBranch } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { type Address, agentHome } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";

/** How long a session waits for a server. */
const timeoutMs = 20_000;

/**
 * Fetches the rig's default branch and brings the workspace up to it, when it is on that branch and clean (spec/03 §5.2).
 * Returns why it could not; a session starts all the same.
 */
export async function preSync(town: Town, address: Address): Promise<string | undefined> {
  const home = agentHome(town, address);
  const rig = address.rig === "" ? undefined : town.findRig(address.rig);
  if (home === undefined || rig === undefined || !existsSync(join(home, ".git"))) return undefined;
  try {
    await runGit(home, ["fetch", "--quiet", "origin", rig.defaultBranch], { timeoutMs });
    const isThere = (await currentBranch(home)) === rig.defaultBranch;
    const changes = await runGit(home, ["status", "--porcelain", "--untracked-files=no"]);
    if (isThere && changes === "")
      await runGit(home, ["merge", "--quiet", "--ff-only", `origin/${rig.defaultBranch}`]);
    return undefined;
  } catch (error) {
    return `${rig.defaultBranch} could not be fetched: ${sanitiseLine((error as Error).message).slice(0, 200)}`;
  }
}
