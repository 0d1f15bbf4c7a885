import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type LedgerPlace, townLedgerPlace } from "../../../core/ledger/ledger-place.ts";
import { openTown } from "../../../core/town/open-town.ts";
import type { Town } from "../../../core/town/town.ts";
import type { BeadsPlace } from "./find-beads.ts";

type Source = { readonly place: BeadsPlace; readonly town?: Town; readonly env?: NodeJS.ProcessEnv };

/** What belongs to the ledger of a command: that of a town, or of a repository. */
export function ledgerPlace({ place, town, env }: Source): LedgerPlace {
  if (place.kind === "town")
    return townLedgerPlace(town ?? openTown(place.root, env === undefined ? {} : { env }));
  const databasePath = place.kind === "file" ? place.path : join(place.beadsDir, "beads.db");
  const root = dirname(dirname(databasePath));
  const repository = existsSync(join(root, ".git")) ? { repository: root } : {};
  return {
    databasePath,
    scopes: [{ scope: "local", path: join(dirname(databasePath), "issues.jsonl"), ...repository }],
    prefixes: [],
  };
}
