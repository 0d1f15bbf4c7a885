import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gitDirectoryOf } from "../../core/git/git-directory.ts";
import { pruneWorktrees } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { acquireLock } from "../../core/lock/lock.ts";
import { parseSessionName } from "../../core/town/agent-names.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { agentLockName } from "./agent-lock.ts";
import { nextState } from "./agent-transition.ts";
import { putAside } from "./lost-and-found.ts";
import { openOperations } from "./operation-record.ts";
import { polecatDirectories, seatPlaces } from "./polecat-places.ts";

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
  await endStraySessions(access, rig, { byName, changing });
  await pruneWorktrees(rig.repository);
}

/** Somebody's whose work is in the sandbox keeps it, whatever has become of it. */
const isUnused = (agent: Agent | undefined): boolean =>
  agent === undefined || agent.state === "nuked" || (agent.state === "idle" && agent.hookBead === "");

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

async function endStraySessions(
  access: TownAccess,
  rig: Rig,
  known: { readonly byName: ReadonlyMap<string, Agent>; readonly changing: ReadonlySet<string> },
): Promise<void> {
  const host = await access.host({ start: false }).catch(() => undefined);
  if (host === undefined) return;
  for (const record of await host.list()) {
    const parsed = parseSessionName(record.session, access.town.rigs());
    if (record.phase === "exited" || parsed?.role !== "polecat" || parsed.rig !== rig.name) continue;
    const { address, home } = seatPlaces(rig, parsed.name);
    if (known.changing.has(address) || !isUnused(known.byName.get(parsed.name))) continue;
    if (existsSync(join(home, rig.name))) continue;
    await host.stop(record.session, { reason: "stopped" });
  }
}
