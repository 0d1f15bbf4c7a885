import { readFile } from "node:fs/promises";
import type { Clock } from "../../clock.ts";
import { GtError } from "../../gt-error.ts";
import { isLocked } from "../../lock/lock.ts";
import type { LedgerPlace } from "../ledger-place.ts";
import { guessPrefix } from "../new-id.ts";
import { findSyncedBeads } from "../sync/sync-scope.ts";
import { isInUse } from "./backup.ts";
import { type RecoveryReport, recoverDatabase, type ScopeFile } from "./recover-database.ts";

/**
 * Builds a damaged ledger anew from its backups, from what can still be read of it and from the exported beads of its
 * scopes (spec/01 §9.6, spec/04 §12). `E_BUSY` while others have it open: they would go on writing to the damaged file.
 */
export async function recoverLedger(
  place: LedgerPlace,
  options: { readonly clock: Clock; readonly fromFilesOnly?: boolean },
): Promise<RecoveryReport> {
  expectUnused(place);
  const files = await readFiles(place);
  return recoverDatabase({
    ...options,
    path: place.databasePath,
    actor: "system",
    prefixes: place.prefixes.length > 0 ? place.prefixes : prefixesIn(files),
    files,
  });
}

function expectUnused({ databasePath, locks }: LedgerPlace): void {
  // Of a file that is no database any more SQLite cannot say who has it open, but those who always do hold a lock.
  const isServed = locks !== undefined && ["daemon", "host"].some((name) => isLocked(locks, name));
  if (!isServed && !isInUse(databasePath)) return;
  throw new GtError(
    "E_BUSY",
    "other processes have the ledger open and would go on writing to the damaged file",
    {
      exitCode: 5,
      hint: "gt down --all, then again; then: gt up --restore",
    },
  );
}

/** The working file of each scope, else what its sync branch holds. */
async function readFiles({ scopes }: LedgerPlace): Promise<readonly ScopeFile[]> {
  const files: ScopeFile[] = [];
  for (const { scope, path, repository } of scopes) {
    const text =
      (await readFile(path, "utf8").catch(() => undefined)) ??
      (repository === undefined ? undefined : await findSyncedBeads({ repository }));
    if (text !== undefined) files.push({ scope, text });
  }
  return files;
}

/** A standalone ledger's prefix, from the ids of its beads. */
function prefixesIn(files: readonly ScopeFile[]): LedgerPlace["prefixes"] {
  const id = /"id":"([^"]+)"/.exec(files[0]?.text ?? "")?.[1];
  return id === undefined ? [] : [{ prefix: guessPrefix(id), scope: "local", path: "." }];
}
