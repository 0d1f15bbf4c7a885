import { GtError } from "../../gt-error.ts";
import { isPrefix } from "../new-id.ts";
import { parseCustomStatuses, Statuses } from "../statuses.ts";
import { invalid } from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import { recomputeBlockedState } from "./blocked-state.ts";

/** Sets or removes a key of the ledger's configuration; a wrong value is refused before it is written. */
export function setConfig(batch: Batch, key: string, value: string | null): void {
  const { database } = batch;
  if (key === "status.custom") checkStatuses(batch, value ?? "");
  const changed =
    value === null
      ? database.run("DELETE FROM config WHERE key = ?", key)
      : database.run(
          "INSERT INTO config (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
          key,
          value,
        );
  if (changed === 0) return;
  batch.changedSilently();
  // A custom status may have become (or ceased to be) a settled one.
  if (key === "status.custom")
    recomputeBlockedState(database, new Statuses(parseCustomStatuses(value ?? "")));
}

function checkStatuses(batch: Batch, text: string): void {
  const next = new Statuses(parseCustomStatuses(text));
  const orphan = batch.database.value<string>(
    `SELECT status FROM issues WHERE status NOT IN (${[...next.categories.keys(), "staged_ready", "staged_warnings"].map((name) => `'${name}'`).join(", ")}) LIMIT 1`,
  );
  if (orphan !== undefined) throw invalid(`custom status "${orphan}" is in use`);
}

export function putValue(batch: Batch, namespace: string, key: string, value: string | null): void {
  const changed =
    value === null
      ? batch.database.run("DELETE FROM kv WHERE ns = ? AND key = ?", namespace, key)
      : batch.database.run(
          "INSERT INTO kv (ns, key, value) VALUES (?, ?, ?) ON CONFLICT (ns, key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
          namespace,
          key,
          value,
        );
  if (changed > 0) batch.changedSilently();
}

interface Registration {
  readonly prefix: string;
  readonly scope: string;
  readonly path: string;
}

/** Gives a prefix to a scope; one that belongs to another scope is refused (spec/01 §8.3). */
export function registerPrefix(batch: Batch, { prefix, scope, path }: Registration): void {
  if (!isPrefix(prefix)) throw invalid(`invalid prefix "${prefix}"`);
  const owner = batch.database.get<{ scope: string; path: string }>(
    "SELECT scope, path FROM prefixes WHERE prefix = ?",
    prefix,
  );
  if (owner !== undefined && owner.scope !== scope)
    throw new GtError("E_PREFIX", `prefix "${prefix}" is already used by ${owner.scope}`, { exitCode: 4 });
  if (owner?.path === path) return;
  batch.database.run(
    "INSERT INTO prefixes (prefix, scope, path) VALUES (?, ?, ?) ON CONFLICT (prefix) DO UPDATE SET path = excluded.path",
    prefix,
    scope,
    path,
  );
  batch.changedSilently();
}

/** Hands a prefix and its beads over from a scope that no longer exists. */
export function inheritPrefix(batch: Batch, { prefix, scope, path }: Registration): void {
  const { database } = batch;
  const ids = database.values<string>(
    "SELECT id FROM issues WHERE scope = (SELECT scope FROM prefixes WHERE prefix = ?1) AND substr(id, 1, ?2) = ?1 || '-'",
    { 1: prefix, 2: prefix.length + 1 },
  );
  database.run("UPDATE prefixes SET scope = ?, path = ? WHERE prefix = ?", scope, path, prefix);
  for (const id of ids) {
    database.run("UPDATE issues SET scope = ? WHERE id = ?", scope, id);
    batch.markDirty(scope, id);
  }
  batch.changedSilently();
}
