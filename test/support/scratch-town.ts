import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopDaemon } from "../../src/agents/daemon/daemon-control.ts";
import { writeDesired } from "../../src/agents/daemon/desired-state.ts";
import { connectHost } from "../../src/agents/sessions/client.ts";
import type { Ledger } from "../../src/core/ledger/ledger.ts";
import { openTownLedger, type TownLedgerOptions } from "../../src/core/ledger/town-ledger.ts";
import { addRig } from "../../src/core/town/add-rig.ts";
import { installTown } from "../../src/core/town/install-town.ts";
import type { Town } from "../../src/core/town/town.ts";
import { type Files, scratchOrigin, scratchRepository } from "./scratch-repository.ts";
import { expectTargetsAlwaysGreen, judgeOrigins, recordTargets } from "./target-history.ts";

export interface ScratchRig {
  readonly name: string;
  readonly prefix: string;
  readonly files?: Files;
  /** The rig's `merge_queue.test_command`. */
  readonly gate?: string;
  readonly mergeQueue?: Readonly<Record<string, unknown>>;
  /** A person's working copy without a remote instead of a bare repository. */
  readonly origin?: "bare" | "checkout";
}

export interface ScratchTown {
  readonly town: Town;
  readonly root: string;
  /** Directory beside the town, e.g. for more repositories. */
  readonly outside: string;
  /** Path of the rig's origin. */
  origin(rig: string): string;
  /** A ledger of the caller's own; closed by `dispose`. */
  ledger(options?: TownLedgerOptions): Promise<Ledger>;
  /** Removes everything. Call it after the test's own processes have ended. */
  dispose(): Promise<void>;
}

/** A real town in a temporary directory, with real rigs on real local origins. */
export async function scratchTown(
  options: { readonly rigs?: readonly ScratchRig[]; readonly git?: boolean } = {},
): Promise<ScratchTown> {
  const outside = realpathSync(mkdtempSync(join(tmpdir(), "gt-town-")));
  const root = join(outside, "town");
  const origin = (rig: string) => join(outside, "origins", rig);
  const ledgers: Ledger[] = [];
  const { town } = await installTown({
    root,
    name: "scratch",
    overseer: { name: "Ada", email: "ada@example.com" },
    env: { ...process.env, XDG_STATE_HOME: join(outside, "state") },
    ...(options.git ? { git: true } : {}),
  });
  const ledger = async (ledgerOptions?: TownLedgerOptions) => {
    const opened = await openTownLedger(town, ledgerOptions);
    ledgers.push(opened);
    return opened;
  };
  for (const rig of options.rigs ?? []) {
    if (rig.origin === "checkout") recordTargets(scratchRepository(origin(rig.name), rig.files));
    else scratchOrigin(origin(rig.name), rig.files);
    await addRig(town, ledgers[0] ?? (await ledger()), {
      name: rig.name,
      source: origin(rig.name),
      prefix: rig.prefix,
      cwd: outside,
      actor: "overseer",
      mergeQueue: { ...(rig.gate === undefined ? {} : { test_command: rig.gate }), ...rig.mergeQueue },
    });
  }
  return {
    town,
    root,
    outside,
    origin,
    ledger,
    dispose: async () => {
      await endServices(town);
      for (const opened of ledgers) await opened.close();
      try {
        expectTargetsAlwaysGreen(town, origin);
        judgeOrigins(outside);
      } finally {
        rmSync(outside, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      }
    },
  };
}

/** A command that changes work starts the daemon on the side; nothing of a test's town may outlive it. */
async function endServices(town: Town): Promise<void> {
  await writeDesired(town, "down", "test");
  await stopDaemon(town, { force: true });
  const host = await connectHost(town, { start: false }).catch(() => undefined);
  await host?.shutdown({ force: true });
  host?.disconnect();
}
