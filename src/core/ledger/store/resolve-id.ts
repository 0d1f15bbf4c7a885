import { GtError } from "../../gt-error.ts";
import type { BeadId } from "../bead.ts";
import { prefixOfId } from "../new-id.ts";
import type { LedgerDatabase } from "./database.ts";
import type { PrefixTable } from "./prefix-table.ts";

/** The one bead meant by a fragment of an id: the first rule of spec/01 §3.5 that gives exactly one. */
export function resolveId(
  database: LedgerDatabase,
  prefixes: PrefixTable,
  input: string,
  scope: string | undefined,
): BeadId {
  const text = input.trim();
  const exists = (id: string): boolean =>
    database.value("SELECT 1 FROM issues WHERE id = ?", id) !== undefined;
  if (exists(text)) return text;
  if (!/^[A-Za-z0-9._-]{2,}$/.test(text)) throw notFound(input);
  const prefix = defaultPrefix(prefixes, scope);
  if (prefix !== undefined && exists(`${prefix}-${text}`)) return `${prefix}-${text}`;
  const unhyphenated = prefixes.prefixes
    .filter((known) => text.startsWith(known))
    .sort((a, b) => b.length - a.length)
    .map((known) => `${known}-${text.slice(known.length)}`)
    .find(exists);
  if (unhyphenated !== undefined) return unhyphenated;

  const candidates = database.all<{ id: string; scope: string }>(
    "SELECT id, scope FROM issues WHERE instr(id, ?) > 0",
    text,
  );
  const withRest = candidates.map((row) => ({ ...row, rest: restOf(row.id, prefixes) }));
  const equal = withRest.filter(({ rest }) => rest === text);
  if (equal.length === 1 && equal[0] !== undefined) return equal[0].id;
  const containing = withRest.filter(({ rest }) => rest.includes(text));
  const home = scope === undefined ? [] : containing.filter((row) => row.scope === scope);
  const found = onlyOne(home) ?? onlyOne(containing);
  if (found !== undefined) return found;
  const matches = home.length > 1 ? home : containing;
  if (matches.length === 0) throw notFound(input);
  throw ambiguous(input, matches.map(({ id }) => id).sort());
}

function defaultPrefix(prefixes: PrefixTable, scope: string | undefined): string | undefined {
  const home = scope ?? (prefixes.isTown ? "town" : prefixes.entries[0]?.scope);
  return prefixes.entries.find((entry) => entry.scope === home)?.prefix;
}

function restOf(id: BeadId, prefixes: PrefixTable): string {
  const prefix = prefixOfId(id, prefixes.prefixes);
  return prefix === undefined ? id : id.slice(prefix.length + 1);
}

/** A bead together with its own children still names that bead. */
function onlyOne(matches: readonly { readonly id: string }[]): BeadId | undefined {
  const ids = new Set(matches.map(({ id }) => id));
  const tops = [...ids].filter((id) => {
    for (let dot = id.lastIndexOf("."); dot > 0; dot = id.lastIndexOf(".", dot - 1))
      if (ids.has(id.slice(0, dot))) return false;
    return true;
  });
  return tops.length === 1 ? tops[0] : undefined;
}

function notFound(input: string): GtError {
  return new GtError("E_NOT_FOUND", `no issue found matching "${input}"`, { exitCode: 3, hint: "bd list" });
}

function ambiguous(input: string, ids: readonly string[]): GtError {
  return new GtError(
    "E_AMBIGUOUS",
    `ambiguous ID "${input}" matches ${ids.length} issues: ${ids.slice(0, 10).join(", ")}; use more characters`,
    { exitCode: 4, details: { matches: ids } },
  );
}
