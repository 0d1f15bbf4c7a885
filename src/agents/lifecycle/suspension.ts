import type { Agent, AgentState } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { TownAccess } from "../town-access.ts";
import { assignmentEvent } from "./assignment-event.ts";

/** Why an agent's hook was suspended, and so who may resume it: a person's own reason is resumed by a person. */
export interface Suspension {
  readonly reason: "town-down" | "estop" | "parked" | "docked" | (string & {});
  readonly since: number;
}

const prefix = "suspended:";
/** Before the id of a gate: the work waits for it. */
export const gateReason = "gate:";

/** Where the reason is kept while the agent rests. */
export const suspensionRow = (address: string) => ({ table: "patrols", key: `${prefix}${address}` }) as const;

/** Why work rests, in words; empty when nobody has said so. */
export function describeSuspension(reason: string): string {
  if (reason.startsWith(gateReason)) return `waits for gate ${reason.slice(gateReason.length)}`;
  return words[reason] ?? sanitiseLine(reason);
}

const words: Readonly<Record<string, string>> = {
  "town-down": "the town was put down",
  estop: "emergency stop",
  parked: "its rig is parked",
  docked: "its rig is docked",
  "by hand": "suspended by hand",
};

/** Why each resting agent rests, by address. */
export async function suspensionReasons(ledger: Ledger): Promise<ReadonlyMap<string, string>> {
  const rows = await ledger.rows<Suspension>("patrols", { prefix });
  return new Map(rows.map(({ key, value }) => [key.slice(prefix.length), describeSuspension(value.reason)]));
}

/** Work rests: bead and worktree stay (spec/04 §1.4 row 13). Expects the agent to be as it was read. */
export function suspendOperations(agent: Agent, { reason, since }: Suspension): readonly Operation[] {
  return [
    { op: "expectAgent", address: agent.address, expected: { state: agent.state, hookBead: agent.hookBead } },
    { op: "setAgent", address: agent.address, fields: { state: "paused", hookState: "suspended" } },
    { op: "putRow", ...suspensionRow(agent.address), value: { reason, since } },
    assignmentEvent(agent, "suspended", { reason }),
  ];
}

/** Back on the active hook, in the given state; the time of rest is no idleness. Expects what was read. */
export function resumeOperations(
  agent: Agent,
  state: Extract<AgentState, "spawning" | "working">,
  now: number,
): readonly Operation[] {
  return [
    { op: "expectAgent", address: agent.address, expected: { state: agent.state, hookBead: agent.hookBead } },
    {
      op: "setAgent",
      address: agent.address,
      fields: { state, hookState: "active", lastProgressAt: now },
    },
    { op: "deleteRow", ...suspensionRow(agent.address) },
    assignmentEvent(agent, "resumed"),
  ];
}

/** Agents that rest for the given reason, in one rig or everywhere. */
export async function suspendedFor(
  { ledger }: TownAccess,
  reason: Suspension["reason"],
  rig?: string,
): Promise<readonly Agent[]> {
  const rows = await ledger.rows<Suspension>("patrols", { prefix });
  const resting = new Set(rows.filter((row) => row.value.reason === reason).map((row) => row.key));
  const agents = await ledger.agents({ state: "paused", ...(rig === undefined ? {} : { rig }) });
  return agents.filter(
    (agent) => agent.hookState === "suspended" && resting.has(`${prefix}${agent.address}`),
  );
}
