import { copyFile, readFile, writeFile } from "node:fs/promises";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import { exportState, hashOfFile, stamp } from "./export-scope.ts";
import { type ImportReport, importParsed } from "./import-records.ts";
import { parseFile } from "./parse-file.ts";
import type { RecordSet } from "./record-set.ts";
import { baseOfLine } from "./decide-import.ts";
import type { BeadRecord } from "./bead-record.ts";

export interface ChangedFile {
  readonly scope: string;
  readonly path: string;
  readonly actor: string;
  readonly now: number;
}

/**
 * Takes in what others did to the scope's file since we wrote it: a pull, a switch of branches, an edit (spec/01 §9.2).
 * Never deletes for absence and never takes a bead back. Undefined when the file is as we left it.
 */
export async function importChangedFile(
  ledger: SqliteLedger,
  file: ChangedFile,
): Promise<ImportReport | undefined> {
  const { database } = ledger;
  const hash = await hashOfFile(file.path);
  if (hash === undefined || hash === exportState(database, file.scope)?.hash) return undefined;
  const text = await readFile(file.path, "utf8");
  // An empty file says nothing; it surely does not mean that every bead shall go.
  if (text.trim() === "") return undefined;
  const statuses = ledger.statuses();
  const parsed = parseFile(text, {
    now: file.now,
    base: () => exportedSet(ledger, file.scope, file.now),
    isSettled: (status) => statuses.isSettled(status),
  });
  if (parsed.invalid.length > 0) {
    await copyFile(file.path, `${file.path}.corrupt-${stamp(file.now)}`);
    await writeFile(`${file.path}.rejects`, parsed.invalid.map(({ text: line }) => `${line}\n`).join(""));
  }
  return importParsed(ledger, parsed, {
    actor: file.actor,
    now: file.now,
    scope: file.scope,
    mode: "automatic",
    allowForeign: true,
  });
}

/** What the scope's file said when we last wrote it. */
export function exportedSet(ledger: SqliteLedger, scope: string, now: number): RecordSet {
  const beads = new Map<string, BeadRecord>();
  const lines = ledger.database.values<string>("SELECT line FROM export_lines WHERE scope = ?", scope);
  for (const line of lines) {
    const record = baseOfLine(line, now);
    if (record !== undefined) beads.set(record.id, record);
  }
  return { beads, tombstones: new Map(), memories: new Map() };
}
