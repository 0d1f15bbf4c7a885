import type { Operation } from "../../core/ledger/operation.ts";
import { memoryKey } from "../lifecycle/forget-restarts.ts";
import type { WorkerMemory, WorkerView } from "./worker-view.ts";

/** Table of what the patrols remember. */
export const patrolTable = "patrols";

/** Whatever changed since the sweep looked cancels the action. */
export function sameAssignment(view: WorkerView): Operation {
  const { address, state, hookBead, hookSeq, hookState } = view.agent;
  return { op: "expectAgent", address, expected: { state, hookBead, hookSeq, hookState } };
}

export function remember(address: string, memory: WorkerMemory): Operation {
  return { op: "putRow", table: patrolTable, key: memoryKey(address), value: memory };
}

/** Counts one act of a detection; acts before `since` are of something else and forgotten. */
export function withAct(memory: WorkerMemory, key: string, now: number, since = 0): WorkerMemory {
  const before = memory.acted[key];
  const count = before !== undefined && before.at >= since ? before.count : 0;
  return { ...memory, acted: { ...memory.acted, [key]: { count: count + 1, at: now } } };
}
