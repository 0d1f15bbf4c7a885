import { GtError } from "../../gt-error.ts";
import type { ActorAddress, BeadId } from "../bead.ts";
import { Conflict } from "../conflict.ts";
import type { AgentPatch, NewAgent } from "../operation.ts";
import { agentColumn, agentJson, isLiveness } from "./agent-columns.ts";
import type { Batch } from "./batch.ts";
import { type AgentRow, agentColumns, type BeadRow } from "./bead-row.ts";
import { createBead } from "./create-bead.ts";
import { storeColumns } from "./store-columns.ts";

type Column = string | number | null;

/** Columns that end with an assignment or a life; a fresh start clears them. */
const freshStart = {
  hookBead: "",
  hookState: "",
  cleanupStatus: "",
  activeMr: "",
  exitType: "",
  mrId: "",
  mrFailed: false,
  pushFailed: false,
  completionTime: null,
} as const satisfies AgentPatch;

/** The agent's bead and row: made, or brought back to life under the same id (spec/01 §6.1). */
export function ensureAgent(batch: Batch, agent: NewAgent): void {
  const known = findAgent(batch, agent.address);
  if (known === undefined) {
    createAgent(batch, agent);
    return;
  }
  const bead = batch.bead(known.id);
  const isGone = bead.status === "closed" || known.agent_state === "nuked";
  if (!isGone) return;
  if (bead.status === "closed")
    storeColumns(batch, bead, {
      status: "open",
      closed_at: null,
      close_reason: "",
      outcome: "",
      closed_by_session: "",
    });
  setAgent(batch, agent.address, { ...freshStart, state: agent.state ?? "idle" });
}

function createAgent(batch: Batch, agent: NewAgent): void {
  if (batch.findBead(agent.id) === undefined)
    createBead(batch, { id: agent.id, title: agent.address, type: "agent", noHistory: true });
  batch.database.run(
    "INSERT INTO agents (id, address, role_type, rig, agent_name, agent_state) VALUES (?,?,?,?,?,?)",
    agent.id,
    agent.address,
    agent.role,
    agent.rig ?? "",
    agent.name ?? "",
    agent.state ?? "idle",
  );
  const { scope } = batch.bead(agent.id);
  batch.record({
    id: agent.id,
    scope,
    type: "agent_updated",
    new: { address: agent.address, role_type: agent.role, agent_state: agent.state ?? "idle" },
  });
}

/** Sets columns of the agent; records only what differs. */
export function setAgent(batch: Batch, address: ActorAddress, patch: AgentPatch): void {
  const row = agentRow(batch, address);
  const before = row as unknown as Readonly<Record<string, Column>>;
  const columns: Record<string, Column> = {};
  for (const [property, value] of Object.entries(patch)) {
    if (!isAgentProperty(property) || value === undefined) continue;
    const column = agentColumns[property];
    const stored = agentColumn(column, typeof value === "string" ? batch.fillIn(value) : value);
    if (stored !== before[column]) columns[column] = stored;
  }
  const names = Object.keys(columns);
  if (names.length === 0) return;
  batch.database.run(
    `UPDATE agents SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE id = ?`,
    ...names.map((name) => columns[name]),
    row.id,
  );
  const loud = names.filter((name) => !isLiveness(name));
  if (loud.length === 0) {
    batch.changedSilently();
    return;
  }
  batch.touch(row.id);
  batch.record({
    id: row.id,
    scope: batch.bead(row.id).scope,
    type: "agent_updated",
    old: Object.fromEntries(loud.map((name) => [name, agentJson(name, before[name] ?? null)])),
    new: Object.fromEntries(loud.map((name) => [name, agentJson(name, columns[name] ?? null)])),
  });
}

function isAgentProperty(property: string): property is keyof typeof agentColumns {
  return Object.hasOwn(agentColumns, property);
}

/** Puts a bead on the agent's hook, or says who holds what (spec/01 §6.1). */
export function hookBead(
  batch: Batch,
  address: ActorAddress,
  id: BeadId,
  options: { readonly replace: boolean },
): void {
  const agent = agentRow(batch, address);
  const bead = batch.bead(id);
  const isHeld = bead.status === "hooked" || bead.status === "in_progress";
  if (isHeld && bead.assignee === address && agent.hook_bead === bead.id) return;
  if (isHeld && bead.assignee !== address && !options.replace)
    throw new Conflict(`${bead.id} is already ${bead.status} for ${bead.assignee}`, {
      code: "E_HOOKED",
      hint: `bd show ${bead.id}`,
      details: { id: bead.id, status: bead.status, assignee: bead.assignee },
    });
  if (bead.status === "closed" || (bead.status === "pinned" && !options.replace))
    throw new Conflict(`cannot hook ${bead.id}: it is ${bead.status}`, { hint: `bd reopen ${bead.id}` });
  for (const other of heldBeads(batch, address, bead.id)) {
    if (!options.replace)
      throw new Conflict(`${address} already holds ${other.id}: ${other.title}`, {
        code: "E_HOOKED",
        details: { id: other.id, address },
      });
    releaseBead(batch, other);
  }
  if (isHeld && bead.assignee !== address) leaveHook(batch, bead.id);
  storeColumns(batch, bead, {
    status: "hooked",
    ...(bead.assignee === address ? {} : { assignee: address }),
    ...(bead.status === "deferred" && bead.defer_until !== null ? { defer_until: null } : {}),
  });
  setAgent(batch, address, {
    hookBead: bead.id,
    hookState: "active",
    hookSeq: agent.hook_seq + 1,
    ...(agent.role_type === "crew" ? { state: "working" } : {}),
  });
}

/**
 * A crew member with work is `working` and one without is not (spec/04 §1.3). Whether it then has a session is not known
 * here: `running` holds until somebody who knows says `stopped`.
 */
const withoutWork = ({ role_type, agent_state }: AgentRow): AgentPatch =>
  role_type === "crew" && agent_state !== "nuked" && agent_state !== "stopped" ? { state: "running" } : {};

/** Takes whatever is on the agent's hook away; its bead is open again unless it is settled. */
export function unhook(batch: Batch, address: ActorAddress): void {
  const agent = agentRow(batch, address);
  if (agent.hook_bead === "") return;
  const bead = batch.findBead(agent.hook_bead);
  if (
    bead !== undefined &&
    bead.assignee === address &&
    (bead.status === "hooked" || bead.status === "in_progress")
  )
    releaseBead(batch, bead);
  setAgent(batch, address, { hookBead: "", hookState: "", ...withoutWork(agent) });
}

/** Work that the agent holds apart from `exceptId`: neither what waits for its merge nor the steps by which it works. */
function heldBeads(batch: Batch, address: ActorAddress, exceptId: BeadId): readonly BeadRow[] {
  return batch.database.all<BeadRow>(
    `SELECT * FROM issues WHERE assignee = ? AND assignee <> '' AND status IN ('hooked', 'in_progress') AND id <> ?
       AND ifnull(json_extract(metadata, '$.awaiting_merge'), 0) IN (0, '')
       AND (status = 'hooked' OR json_extract(metadata, '$.attachment') IS NOT NULL
         OR (json_extract(metadata, '$.step') IS NULL AND json_extract(metadata, '$.mol.base') IS NULL))`,
    address,
    exceptId,
  );
}

function releaseBead(batch: Batch, bead: BeadRow): void {
  storeColumns(batch, bead, { status: "open", assignee: "" });
}

function leaveHook(batch: Batch, id: BeadId): void {
  const holders = batch.database.all<AgentRow>(
    "SELECT * FROM agents WHERE hook_bead = ? AND hook_bead <> ''",
    id,
  );
  for (const holder of holders)
    setAgent(batch, holder.address, { hookBead: "", hookState: "archived", ...withoutWork(holder) });
}

function findAgent(batch: Batch, address: ActorAddress): AgentRow | undefined {
  return batch.database.get<AgentRow>("SELECT * FROM agents WHERE address = ?", address);
}

function agentRow(batch: Batch, address: ActorAddress): AgentRow {
  const row = findAgent(batch, address);
  if (row !== undefined) return row;
  throw new GtError("E_AGENT_UNKNOWN", `no agent ${address}`, { exitCode: 3, hint: "gt agents" });
}
