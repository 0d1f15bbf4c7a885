import type { Town } from "../town/town.ts";
import type { PrefixEntry } from "./ledger.ts";
import { type ScopePlace, townScopes } from "./town-scopes.ts";

/** Everything that belongs to a ledger, also when its database cannot be opened. */
export interface LedgerPlace {
  readonly databasePath: string;
  readonly scopes: readonly ScopePlace[];
  /** Prefixes that are known without the database: those of a town. */
  readonly prefixes: readonly PrefixEntry[];
  /** Where the processes that keep the ledger open hold their locks; a ledger of its own has none. */
  readonly locks?: string;
}

export function townLedgerPlace(town: Town): LedgerPlace {
  return {
    databasePath: town.paths.ledger,
    scopes: townScopes(town),
    prefixes: [
      { prefix: "hq", scope: "town", path: "." },
      ...town.rigs().map((rig) => ({ prefix: rig.prefix, scope: rig.name, path: rig.name })),
    ],
    locks: town.paths.locks,
  };
}
