import { branchExists, branches, resolveCommit } from "../../core/git/branch.ts";
import { askGit } from "../../core/git/git.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { rigProperty } from "../../core/town/rig-properties.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { branchName } from "./branch-name.ts";

/** The name of a new assignment's branch, by the rig's template, as no branch is called yet (spec/04 §3.5). */
export async function newBranchName(
  access: TownAccess,
  rig: Rig,
  work: { readonly polecat: string; readonly bead: Bead },
): Promise<string> {
  const { polecat, bead } = work;
  const now = access.clock.now();
  const template = String(
    (await rigProperty(access.town, access.ledger, rig, "polecat_branch_template")) ?? "",
  );
  const subject = { polecat, bead: bead.id, prefix: rig.prefix, title: bead.title, now };
  const user = template.includes("{user}") ? await gitUser(rig) : undefined;
  const wanted = branchName({ ...subject, ...(user === undefined ? {} : { user }) }, template);
  // With another branch above or below it, git could not keep the name at all; the usual form is in nobody's way.
  for (const name of [wanted, `${wanted}-${now.toString(36)}`]) if (await isFree(rig, name)) return name;
  return branchName(subject);
}

async function gitUser(rig: Rig): Promise<string | undefined> {
  const { exitCode, stdout } = await askGit(rig.repository, ["config", "--get", "user.name"]);
  return exitCode === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
}

/** Neither here nor on the remote, and no branch is a directory on its way. */
async function isFree({ repository }: Rig, name: string): Promise<boolean> {
  if ((await resolveCommit(repository, `refs/remotes/origin/${name}`)) !== undefined) return false;
  const parts = name.split("/");
  for (let length = 1; length <= parts.length; length++)
    if (await branchExists(repository, parts.slice(0, length).join("/"))) return false;
  return (await branches(repository, `${name}/`)).length === 0;
}
