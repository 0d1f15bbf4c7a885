import Database from "better-sqlite3";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

type Rows = readonly Readonly<Record<string, unknown>>[];

/** `bd sql Q`: one statement on the ledger's tables; what is no question needs `--write` (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const text = [...context.args, ...context.rest].join(" ");
  const sql = text === "-" ? await context.input() : text;
  if (sql.trim() === "") throw usageError("missing argument <query>", { hint: "bd sql 'SELECT ...'" });
  const { database } = (await openWorkspace(context)).ledger;
  const statement = inSql(() => database.prepare(sql));
  const isQuestion =
    statement.reader && statement.readonly && /^\s*(?:select|with|values|explain)\b/i.test(sql);
  if (isQuestion) {
    showRows(context, inSql(() => statement.all()) as Rows);
    return;
  }
  if (!flags.boolean("write")) {
    throw new GtError("E_REFUSED", "this statement may change the ledger behind its back", {
      hint: "bd sql --write does it all the same",
    });
  }
  if (flags.boolean("readonly"))
    throw new GtError("E_REFUSED", "operation 'sql --write' is not allowed in read-only mode");
  const changed = await database.write(() =>
    inSql(() => (statement.reader ? statement.all().length : statement.run().changes)),
  );
  out.document({ changes: changed });
  if (!out.json) out.done(`${changed} row(s)`);
}

function showRows({ flags, out }: CommandContext, rows: Rows): void {
  const columns = Object.keys(rows[0] ?? {});
  if (flags.boolean("csv")) {
    const line = (cells: readonly unknown[]) => `${cells.map(csvCell).join(",")}\n`;
    out.raw([columns, ...rows.map((row) => columns.map((name) => row[name]))].map(line).join(""));
    return;
  }
  out.document(rows);
  if (rows.length === 0) out.line("No rows");
  else
    out.table(
      columns.map(sanitiseLine),
      rows.map((row) => columns.map((name) => sanitiseLine(String(row[name] ?? "")))),
    );
}

function csvCell(value: unknown): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** SQLite's complaints about a statement are about the caller's words. */
function inSql<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isDamage =
      error instanceof Database.SqliteError && /^SQLITE_(?:BUSY|CORRUPT|NOTADB)/.test(error.code);
    if (isDamage || !(error instanceof Error)) throw error;
    throw usageError(sanitiseLine(error.message), { hint: 'bd sql "SELECT name FROM sqlite_master"' });
  }
}
