import { type Clock, systemClock } from "../clock.ts";
import { crashPoint } from "../crash-point.ts";
import { recordEvents } from "../events/event-log.ts";
import { GtError } from "../gt-error.ts";
import type { Bead } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { withRegistryLock, writeRegistryEntry } from "./change-registry.ts";
import { removeFromPatrolLists } from "./patrol-lists.ts";
import { commitToTown } from "./town-commit.ts";
import type { Rig, Town } from "./town.ts";

export interface RemoveRigRequest {
  readonly rig: Rig;
  /** Beads in somebody's hands go back to open instead of standing in the way. */
  readonly force: boolean;
  readonly actor: string;
  readonly clock?: Clock;
}

/**
 * Takes a rig out of the registry (spec/07 §5.6). Its files and its beads stay, so that `gt rig add --adopt` brings
 * everything back. The caller has ended its sessions. Returns the ids of the beads that went back to open.
 */
export async function removeRig(
  town: Town,
  ledger: Ledger,
  { rig, force, actor, clock = systemClock }: RemoveRigRequest,
): Promise<readonly string[]> {
  return withRegistryLock(town, "rig remove", async () => {
    const held = await heldBeads(ledger, rig);
    if (held.length > 0 && !force) {
      throw new GtError("E_UNSAFE", `rig ${rig.name} still has work in somebody's hands`, {
        why: held
          .slice(0, 10)
          .map((bead) => `${bead.id} is ${bead.status} with ${bead.assignee || "nobody"}`),
        hint: `gt rig remove ${rig.name} --force`,
      });
    }
    const agents = await ledger.agents({ rig: rig.name });
    await ledger.write(actor, [
      ...agents
        .filter((agent) => agent.hookBead !== "")
        .map((agent): Operation => ({ op: "unhook", address: agent.address })),
      ...held.map(
        (bead): Operation => ({ op: "update", id: bead.id, fields: { status: "open", assignee: "" } }),
      ),
      ...agents.flatMap((agent): readonly Operation[] => [
        { op: "setAgent", address: agent.address, fields: { state: "nuked" } },
        { op: "close", id: agent.id, close: { reason: `rig ${rig.name} removed`, force: true } },
      ]),
    ]);
    crashPoint("rig-remove.ledger");
    await removeFromPatrolLists(town.root, rig.name);
    await writeRegistryEntry(town.root, rig.name, undefined);
    crashPoint("rig-remove.registry");
    recordEvents(town.paths.events, [
      {
        ts: new Date(clock.now()).toISOString(),
        source: "gt",
        type: "rig_removed",
        actor,
        payload: { rig: rig.name },
        visibility: "feed",
      },
    ]);
    await commitToTown(town.root, town.overseer(), `chore: remove rig ${rig.name}`, [
      "mayor/rigs.json",
      "mayor/daemon.json",
    ]);
    return held.map((bead) => bead.id);
  });
}

function heldBeads(ledger: Ledger, rig: Rig): Promise<readonly Bead[]> {
  return ledger.find({
    scope: rig.name,
    status: ["hooked", "in_progress"],
    notType: ["agent", "merge-request", "molecule"],
  });
}
