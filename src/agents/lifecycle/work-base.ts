import { resolveCommit } from "../../core/git/branch.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { settingAt } from "../../core/town/setting.ts";
import type { Rig } from "../../core/town/town.ts";
import { nearestIntegration } from "../refinery/resolve-target.ts";
import type { TownAccess } from "../town-access.ts";
import { baseRevision, freshenOrigin } from "./polecat-worktree.ts";

/**
 * The branch on which work on the bead is based: the wished one, the integration branch of the epic that it belongs to, or
 * the rig's default branch (spec/04 §2.6). `E_BASE_BRANCH` when the project has no such branch.
 */
export async function workBase(
  access: TownAccess,
  rig: Rig,
  bead: Pick<Bead, "id">,
  wish: string | undefined,
): Promise<string> {
  const base = wish ?? (await inherited(access, rig, bead)) ?? rig.defaultBranch;
  await expectBase(access, rig, base);
  return base;
}

/** `E_BASE_BRANCH` when the project has no such branch. */
export async function expectBase(access: TownAccess, rig: Rig, base: string): Promise<void> {
  // One that was made a minute ago is known only after a fetch.
  if (!(await isKnown(rig, base))) await freshenOrigin(access, rig, { freshForMs: 0 });
  await baseRevision(rig, base);
}

async function inherited(access: TownAccess, rig: Rig, bead: Pick<Bead, "id">): Promise<string | undefined> {
  const settings = access.town.rigSettings(rig.name);
  if (settingAt(settings, "merge_queue.integration_branch_polecat_enabled") === false) return undefined;
  return nearestIntegration(access.ledger, bead.id);
}

const isKnown = async (rig: Rig, branch: string): Promise<boolean> =>
  (await resolveCommit(rig.repository, `refs/remotes/origin/${branch}`)) !== undefined;
