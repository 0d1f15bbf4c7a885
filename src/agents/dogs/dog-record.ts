import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { processStartTime } from "../sessions/process-identity.ts";

/** What a dog does at the moment. */
export interface DogJob {
  /** Shown to people: a bead's id, or `plugin:<name>`. */
  readonly work: string;
  /** `session`: an agent does it; `code`: a process of ours does. */
  readonly kind: "session" | "code";
  readonly startedAt: number;
  /** How long it may take, when that is not what any chore may. */
  readonly timeoutMs?: number;
  /** The process that runs a `code` job. */
  readonly owner?: { readonly pid: number; readonly startedAt: string };
}

export type DogResult = "done" | "failed" | "timeout" | "cleared";

/** A dog's row in the runtime table `dogs`, by its name (spec/04 §10.3). */
export interface DogRecord {
  readonly job?: DogJob;
  /** How its last job ended. */
  readonly last?: { readonly work: string; readonly result: DogResult; readonly at: number };
  readonly lastActiveAt: number;
}

const table = "dogs";

export async function readDog(ledger: Ledger, name: string): Promise<DogRecord | undefined> {
  return (await ledger.row<DogRecord>(table, name))?.value;
}

export async function readDogs(ledger: Ledger): Promise<ReadonlyMap<string, DogRecord>> {
  return new Map((await ledger.rows<DogRecord>(table)).map(({ key, value }) => [key, value]));
}

export function putDog(name: string, record: DogRecord): Operation {
  return { op: "putRow", table, key: name, value: record };
}

export function forgetDog(name: string): Operation {
  return { op: "deleteRow", table, key: name };
}

export function ownProcess(): NonNullable<DogJob["owner"]> {
  return { pid: process.pid, startedAt: processStartTime(process.pid) ?? "" };
}
