import { existsSync, rmSync } from "node:fs";
import { gitDirectoryOf } from "../../core/git/git-directory.ts";
import { pruneWorktrees } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { acquireLock } from "../../core/lock/lock.ts";
import type { Rig } from "../../core/town/town.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { agentLockName } from "./agent-lock.ts";
import { nextState } from "./agent-transition.ts";
import { putAside } from "./lost-and-found.ts";
import { openOperations } from "./operation-record.ts";
import { polecatDirectories, seatPlaces } from "./polecat-places.ts";
import { isUnused, straySessions } from "./stray-sessions.ts";

/**
 * Makes directories, sessions and identities of a rig's pool agree before a name is given (spec/04 §3.3): what is left of
 * a sandbox goes to `lost+found`, a session without a sandbox ends. Nothing that works, rests or is being changed is
 * touched: the Witness rebuilds those. The caller holds the pool lock.
 */
export async function reconcilePool(access: TownAccess, rig: Rig, polecats: readonly Agent[]): Promise<void> {
  const operations = await openOperations(access.ledger);
  const changing = new Set(operations.map(({ value }) => value.subject.agent));
  const byName = new Map(polecats.map((agent) => [agent.name, agent]));
  for (const name of polecatDirectories(rig)) {
    const { address, worktree } = seatPlaces(rig, name);
    const isLeft = isUnused(byName.get(name)) && !existsSync(gitDirectoryOf(worktree) ?? "");
    if (isLeft && !changing.has(address)) await removeRest(access, rig, name);
  }
  for (const { address, record } of await straySessions(access, rig, polecats))
    if (!changing.has(address)) await stopAgentSession(access, address, "stopped", { runId: record.runId });
  await pruneWorktrees(rig.repository);
}

async function removeRest(access: TownAccess, rig: Rig, name: string): Promise<void> {
  const { address, home } = seatPlaces(rig, name);
  const lock = await acquireLock(access.town.paths.locks, agentLockName(address), {
    kind: "reconcile",
    subject: address,
  }).catch((error: unknown) => {
    if (error instanceof GtError && error.code === "E_BUSY") return undefined;
    throw error;
  });
  if (lock === undefined) return;
  try {
    const agent = await access.ledger.agent(address);
    if (!isUnused(agent)) return;
    putAside(access.town, home, `${rig.name}-${name}`, access.clock.now());
    rmSync(home, { recursive: true, force: true });
    if (agent?.state !== "idle") return;
    await access.ledger.write(access.actor, [
      { op: "expectAgent", address, expected: { state: "idle", hookBead: "" } },
      {
        op: "setAgent",
        address,
        fields: { state: nextState(address, agent.state, "nuked"), hookState: "archived", branch: "" },
      },
      {
        op: "event",
        event: { type: "nuke", payload: { polecat: name, rig: rig.name, reason: "its sandbox was broken" } },
      },
    ]);
  } finally {
    lock.release();
  }
}
