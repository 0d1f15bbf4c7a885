import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PrefixEntry } from "../../../core/ledger/ledger.ts";
import { type ScopePlace, townScopes } from "../../../core/ledger/town-scopes.ts";
import { openTown } from "../../../core/town/open-town.ts";
import type { Town } from "../../../core/town/town.ts";
import type { BeadsPlace } from "./find-beads.ts";

/** Everything that belongs to a ledger, also when its database cannot be opened. */
export interface LedgerPlace {
  readonly databasePath: string;
  readonly scopes: readonly ScopePlace[];
  /** Prefixes that are known without the database: those of a town. */
  readonly prefixes: readonly PrefixEntry[];
}

type Source = { readonly place: BeadsPlace; readonly town?: Town; readonly env?: NodeJS.ProcessEnv };

export function ledgerPlace({ place, town, env }: Source): LedgerPlace {
  if (place.kind === "town") return inTown(town ?? openTown(place.root, env === undefined ? {} : { env }));
  const databasePath = place.kind === "file" ? place.path : join(place.beadsDir, "beads.db");
  const root = dirname(dirname(databasePath));
  const repository = existsSync(join(root, ".git")) ? { repository: root } : {};
  return {
    databasePath,
    scopes: [{ scope: "local", path: join(dirname(databasePath), "issues.jsonl"), ...repository }],
    prefixes: [],
  };
}

function inTown(town: Town): LedgerPlace {
  return {
    databasePath: town.paths.ledger,
    scopes: townScopes(town),
    prefixes: [
      { prefix: "hq", scope: "town", path: "." },
      ...town.rigs().map((rig) => ({ prefix: rig.prefix, scope: rig.name, path: rig.name })),
    ],
  };
}
