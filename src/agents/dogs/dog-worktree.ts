import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { addWorktree, isValidWorktree, removeWorktree, resetWorktree } from "../../core/git/worktree.ts";
import { formatAddress } from "../../core/town/address.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import { baseRevision, freshenOrigin } from "../lifecycle/polecat-worktree.ts";
import { maxFileMb, putUnkeptAside } from "../lifecycle/keep-work.ts";
import type { TownAccess } from "../town-access.ts";

export const dogAddress = (name: string): string => formatAddress({ role: "dog", rig: "", name });
export const dogHome = (town: Town, name: string): string => join(town.root, "deacon", "dogs", name);

/** A detached worktree of the rig in the dog's place, at its default branch. Returns warnings. */
export async function readyDogWorktree(
  access: TownAccess,
  rig: Rig,
  dog: string,
): Promise<readonly string[]> {
  const path = join(dogHome(access.town, dog), rig.name);
  const offline = await freshenOrigin(access, rig);
  const start = await baseRevision(rig, rig.defaultBranch);
  if (await keepDogWork(access, rig, dog)) await resetWorktree(path, { start });
  else {
    if (existsSync(path)) await removeWorktree(rig.repository, path);
    mkdirSync(dogHome(access.town, dog), { recursive: true });
    await addWorktree(rig.repository, path, { start });
  }
  return offline === undefined ? [] : [offline];
}

/** Keeps what is in the dog's worktree as a snapshot, and what none can hold in `lost+found`. False when it has none that is whole. */
export async function keepDogWork(access: TownAccess, rig: Rig, dog: string): Promise<boolean> {
  const worktree = join(dogHome(access.town, dog), rig.name);
  if (!(await isValidWorktree(worktree))) return false;
  await takeSnapshot(
    {
      ...{ worktree, place: `dogs/${dog}`, address: dogAddress(dog), email: access.town.overseer().email },
      ...{ bead: "", assignment: 0, hookState: "", session: "", maxFileMb: maxFileMb(access) },
    },
    "pre-reset",
  );
  await putUnkeptAside(access, worktree, `${rig.name}-dogs-${dog}`);
  return true;
}
