import type { Agent, Bead } from "../../core/ledger/bead.ts";
import { parseAddress } from "../../core/town/address.ts";
import { assignmentEvent } from "../lifecycle/assignment-event.ts";
import { hookedAt, hostSnapshot } from "./agent-health.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";

/** A bead on the hook of somebody who is no polecat; polecats' are the Witness's (spec/04 §10.1). */
export interface HookedElsewhere {
  readonly bead: Bead;
  /** Nothing when there is no such agent any more. */
  readonly agent?: Agent;
  readonly session: "alive" | "dead" | "unknown";
}

export type StaleHook =
  | { readonly kind: "open"; readonly reason: string }
  /** A person's own desk: only said. */
  | { readonly kind: "report"; readonly reason: string };

/** Whether the bead is on a hook from which nobody takes it. Pure. */
export function decideStaleHook(
  { bead, agent, session }: HookedElsewhere,
  now: number,
  maxAgeMs: number,
): StaleHook | undefined {
  const role = parseAddress(bead.assignee)?.role;
  if (now - (hookedAt(bead) ?? bead.updatedAt) < maxAgeMs || session === "alive") return undefined;
  const isGone = agent === undefined || agent.state === "nuked";
  if (role === "crew" && !isGone) return { kind: "report", reason: `${bead.assignee} has no session` };
  if (isGone) return { kind: "open", reason: `${bead.assignee} is gone` };
  if (session === "unknown") return undefined;
  // Their work waits for their next session: the Mayor's comes back unless somebody has stopped it.
  if (role === "dog" || (role === "mayor" && agent.state === "running")) return undefined;
  return { kind: "open", reason: `${bead.assignee} has no session` };
}

export interface FoundStale extends HookedElsewhere {
  readonly stale: StaleHook;
}

export async function findStaleHooks(access: TownAccess, maxAgeMs: number): Promise<readonly FoundStale[]> {
  const { ledger, town } = access;
  const beads = (await ledger.find({ status: "hooked" })).filter((bead) => {
    const role = parseAddress(bead.assignee)?.role;
    return role !== undefined && role !== "polecat" && role !== "overseer" && bead.type !== "message";
  });
  if (beads.length === 0) return [];
  const host = await hostSnapshot(access);
  const agents = new Map((await ledger.agents()).map((agent) => [agent.address, agent]));
  const now = access.clock.now();
  return beads.flatMap((bead): readonly FoundStale[] => {
    const agent = agents.get(bead.assignee);
    const address = parseAddress(bead.assignee);
    const isKnownRig =
      address !== undefined && (address.rig === "" || town.findRig(address.rig) !== undefined);
    const record = isKnownRig ? host.sessions.get(sessionOfAddress(town, bead.assignee)) : undefined;
    const isAlive = record !== undefined && record.phase !== "exited";
    const session = isAlive ? "alive" : host.isKnown && !host.isByHand ? "dead" : "unknown";
    const found = { bead, ...(agent === undefined ? {} : { agent }), session } as const;
    const stale = decideStaleHook(found, now, maxAgeMs);
    return stale === undefined ? [] : [{ ...found, stale }];
  });
}

/** Gives such a bead back; whoever changed it meanwhile is right. */
export async function openStaleHook(access: TownAccess, { bead, agent, stale }: FoundStale): Promise<void> {
  await access.ledger.write(access.actor, [
    { op: "expect", id: bead.id, expected: { rev: bead.rev } },
    ...(agent?.hookBead === bead.id
      ? [
          { op: "unhook", address: agent.address } as const,
          { op: "setAgent", address: agent.address, fields: { hookState: "archived" } } as const,
          assignmentEvent(agent, "archived", { reason: stale.reason, source: "daemon" }),
        ]
      : []),
    { op: "update", id: bead.id, fields: { status: "open", assignee: "" } },
    { op: "comment", id: bead.id, text: `Open again: ${stale.reason}` },
    {
      op: "event",
      event: { type: "unhook", payload: { bead: bead.id, agent: bead.assignee, reason: stale.reason } },
    },
  ]);
}
