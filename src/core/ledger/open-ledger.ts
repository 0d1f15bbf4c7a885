import { existsSync } from "node:fs";
import { type Clock, systemClock } from "../clock.ts";
import type { TownEvent } from "../events/event.ts";
import { type Random, systemRandom } from "../random.ts";
import type { BeadEvent } from "./event-hooks.ts";
import type { PrefixEntry } from "./ledger.ts";
import { openDatabase } from "./store/database.ts";
import { SqliteLedger } from "./store/sqlite-ledger.ts";

export interface OpenLedgerOptions {
  /** The database file. */
  readonly path: string;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Scope of new beads that name none, and home of id fragments. */
  readonly scope?: string;
  /** The event log that `event` operations are appended to after their commit. */
  readonly eventLog?: string;
  /** The `.beads` directory in which `routes.jsonl` follows the prefixes (spec/01 §8.3). */
  readonly routes?: string;
  /** The directory of the event hooks; without it none are called (spec/01 §5.4). */
  readonly hooks?: string;
  /** Makes a missing file; otherwise that is `E_NO_DATABASE`. */
  readonly create?: boolean;
  readonly readonly?: boolean;
  readonly synchronous?: "normal" | "full";
  readonly ignoreSchemaSkew?: boolean;
  readonly allowNetworkFileSystem?: boolean;
  /** For how long a deletion is told to other clones, in milliseconds (spec/01 §9.3). */
  readonly tombstoneTtlMs?: number | undefined;
  /** How long a write waits for other writers before `E_BUSY`, 30 s by default. */
  readonly patienceMs?: number;
}

/** Opens a ledger file, repairing what a killed writer left behind (spec/01 §7). */
export async function openLedger(options: OpenLedgerOptions): Promise<SqliteLedger> {
  const database = await openDatabase(options);
  const { eventLog, routes, hooks } = options;
  const ledger = new SqliteLedger(database, {
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    scope: options.scope,
    tombstoneTtlMs: options.tombstoneTtlMs,
    appendEvents: eventLog === undefined ? undefined : (events) => appendTo(eventLog, events),
    callHooks: hooks === undefined ? undefined : (events, jsonOf) => callHooks(hooks, events, jsonOf),
    publishPrefixes: routes === undefined ? undefined : (entries) => publishTo(routes, entries),
  });
  if (eventLog !== undefined) await ledger.flushOutbox();
  return ledger;
}

/** Loaded on first use: most commands write no event. */
async function appendTo(eventLog: string, events: readonly TownEvent[]): Promise<void> {
  const { appendEvents } = await import("../events/event-log.ts");
  appendEvents(eventLog, events);
}

async function publishTo(beadsDir: string, entries: readonly PrefixEntry[]): Promise<void> {
  const { writeRoutes } = await import("./routes.ts");
  await writeRoutes(beadsDir, entries);
}

/** Most places have no hooks, which costs one look at the directory. */
async function callHooks(
  directory: string,
  events: readonly BeadEvent[],
  jsonOf: (id: string) => string,
): Promise<void> {
  if (!existsSync(directory)) return;
  const { hookCalls, startHooks } = await import("./event-hooks.ts");
  startHooks({ directory }, hookCalls(events), jsonOf);
}
