import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import type { NewBead } from "../../../src/core/ledger/operation.ts";
import { type OpenLedgerOptions, openLedger } from "../../../src/core/ledger/open-ledger.ts";
import type { SqliteLedger } from "../../../src/core/ledger/store/sqlite-ledger.ts";

/** A clock that stands still until it is turned. */
export class TestClock {
  private time: number;

  constructor(start = Date.parse("2026-01-06T09:00:00Z")) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  advance(ms: number): void {
    this.time += ms;
  }
}

/** A directory that is gone after the test. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "ledger-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

export interface ScratchLedger {
  readonly ledger: SqliteLedger;
  readonly clock: TestClock;
  readonly directory: string;
  /** Creates a bead and returns it. */
  create(fields: Partial<NewBead>): Promise<Bead>;
  close(id: string, reason?: string): Promise<void>;
  depend(from: string, to: string, type?: string, metadata?: string): Promise<void>;
  readyIds(): Promise<readonly string[]>;
  blockedIds(): Promise<readonly string[]>;
}

/** A town-like ledger with the prefixes `hq` (town) and `gt` (rig gastown, the default scope). */
export async function scratchLedger(options: Partial<OpenLedgerOptions> = {}): Promise<ScratchLedger> {
  const directory = await scratchDirectory();
  const clock = new TestClock();
  const ledger = await openLedger({
    path: join(directory, "beads.db"),
    create: true,
    clock,
    scope: "gastown",
    ...options,
  });
  onTestFinished(() => ledger.close());
  await ledger.write("system", [
    { op: "registerPrefix", prefix: "hq", scope: "town", path: "." },
    { op: "registerPrefix", prefix: "gt", scope: "gastown", path: "gastown" },
  ]);
  return {
    ledger,
    clock,
    directory,
    async create(fields) {
      const { created } = await ledger.write("overseer", [
        { op: "create", bead: { title: "Work", ...fields } },
      ]);
      const bead = await ledger.get(created[0] ?? "");
      if (bead === undefined) throw new Error("the bead was not created");
      return bead;
    },
    async close(id, reason = "done") {
      await ledger.write("overseer", [{ op: "close", id, close: { reason } }]);
    },
    async depend(from, to, type = "blocks", metadata) {
      await ledger.write("overseer", [
        {
          op: "addDependency",
          edge: { from, to, type, ...(metadata === undefined ? {} : { metadata }) },
        },
      ]);
    },
    async readyIds() {
      return (await ledger.ready()).map(({ id }) => id);
    },
    async blockedIds() {
      return (await ledger.blocked()).map(({ id }) => id);
    },
  };
}
