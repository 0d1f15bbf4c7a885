import { join } from "node:path";
import { GtError } from "../gt-error.ts";
import type { Town } from "../town/town.ts";
import type { PrefixEntry } from "./ledger.ts";
import { type OpenLedgerOptions, openLedger } from "./open-ledger.ts";
import { storageOptions } from "./storage-settings.ts";
import { inheritPrefix, registerPrefix } from "./store/configuration.ts";
import type { SqliteLedger } from "./store/sqlite-ledger.ts";

/** Prefix of the town's own beads. */
export const townPrefix = "hq";

export interface TownLedgerOptions
  extends Partial<Omit<OpenLedgerOptions, "path" | "eventLog" | "routes" | "hooks">> {
  /** Where settings of the storage may come from besides files; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The ledger of a town, made on first use, with the prefixes of the town and its rigs registered (spec/01 §8.3). */
export async function openTownLedger(town: Town, options: TownLedgerOptions = {}): Promise<SqliteLedger> {
  const { env = process.env, ...given } = options;
  const ledger = await openLedger({
    create: true,
    ...(await storageOptions(town.paths.beads, env)),
    ...given,
    path: town.paths.ledger,
    eventLog: town.paths.events,
    routes: town.paths.beads,
    hooks: join(town.paths.beads, "hooks"),
  });
  try {
    if (options.readonly !== true) await registerPrefixes(ledger, town);
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

/** A registry that cannot be read is the matter of whoever needs a rig: taking the town down must not fail for it. */
function rigsIfReadable(town: Town): ReturnType<Town["rigs"]> | undefined {
  try {
    return town.rigs();
  } catch (error) {
    if (error instanceof GtError && error.code === "E_CONFIG") return undefined;
    throw error;
  }
}

async function registerPrefixes(ledger: SqliteLedger, town: Town): Promise<void> {
  const rigs = rigsIfReadable(town);
  // Whose prefix is whose is not known then.
  if (rigs === undefined) return;
  const wanted: PrefixEntry[] = [
    { prefix: townPrefix, scope: "town", path: "." },
    ...rigs.map((rig) => ({ prefix: rig.prefix, scope: rig.name, path: rig.name })),
  ];
  const living = new Set(wanted.map(({ scope }) => scope));
  const owners = new Map((await ledger.prefixes()).map((entry) => [entry.prefix, entry.scope]));
  const missing = wanted.filter(({ prefix }) => !owners.has(prefix));
  // A prefix of a rig that is gone goes over, with its beads, to the rig that has it now. Between two rigs that both live,
  // the first keeps it: nobody may be locked out of the whole ledger because of that.
  const inherited = wanted.filter(({ prefix, scope }) => {
    const owner = owners.get(prefix);
    return owner !== undefined && owner !== scope && !living.has(owner);
  });
  if (missing.length + inherited.length === 0) return;
  await ledger.apply("system", (batch) => {
    for (const entry of inherited) inheritPrefix(batch, entry);
    for (const entry of missing) registerPrefix(batch, entry);
  });
  await ledger.publishPrefixes();
}
