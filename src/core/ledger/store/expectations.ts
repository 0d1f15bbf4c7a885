import type { ActorAddress, BeadId } from "../bead.ts";
import { Conflict } from "../conflict.ts";
import type { AgentPatch, Expectation } from "../operation.ts";
import type { Batch } from "./batch.ts";
import { type AgentRow, type BeadRow, toAgent } from "./bead-row.ts";

/** Stops the batch unless the bead is as expected (spec/01 §7.5). */
export function expectBead(batch: Batch, id: BeadId, expected: Expectation): void {
  const row = batch.findBead(id);
  if (row === undefined) {
    if (expected.exists === false) return;
    throw new Conflict(`conflict: ${id} does not exist`, { details: { id } });
  }
  if (!holds(row, expected))
    throw new Conflict(
      `conflict: ${row.id} is at rev ${row.rev}, status ${row.status}, assignee ${row.assignee || "(none)"}`,
      {
        hint: `bd show ${row.id}`,
        details: {
          id: row.id,
          rev: row.rev,
          status: row.status,
          assignee: row.assignee,
          expected: { ...expected },
        },
      },
    );
}

function holds(row: BeadRow, expected: Expectation): boolean {
  if (expected.exists === false) return false;
  if (expected.rev !== undefined && row.rev !== expected.rev) return false;
  if (expected.status !== undefined && ![expected.status].flat().includes(row.status)) return false;
  if (expected.assignee !== undefined && ![expected.assignee].flat().includes(row.assignee)) return false;
  if (expected.metadata === undefined) return true;
  const metadata: unknown = JSON.parse(row.metadata);
  return Object.entries(expected.metadata).every(([path, value]) => isSame(valueAt(metadata, path), value));
}

function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function isSame(found: unknown, expected: unknown): boolean {
  return JSON.stringify(found) === JSON.stringify(expected);
}

export function expectAgent(batch: Batch, address: ActorAddress, expected: AgentPatch): void {
  const row = batch.database.get<AgentRow>("SELECT * FROM agents WHERE address = ?", address);
  if (row === undefined) throw new Conflict(`conflict: no agent ${address}`, { details: { address } });
  const agent = toAgent(row);
  for (const [property, value] of Object.entries(expected)) {
    const found = agent[property as keyof typeof agent];
    if (!isSame(found, value ?? undefined))
      throw new Conflict(`conflict: ${property} of ${address} is ${JSON.stringify(found) ?? "absent"}`, {
        details: { address, property, found, expected: value },
      });
  }
}
