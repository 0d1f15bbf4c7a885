import type { BeadFilter } from "../ledger.ts";

/** Conditions on `issues i` with their parameters. */
export interface Conditions {
  readonly where: readonly string[];
  readonly params: readonly (string | number)[];
}

export function conditionsOf(filter: BeadFilter): Conditions {
  const where: string[] = [];
  const params: (string | number)[] = [];
  const add = (condition: string, ...values: readonly (string | number)[]): void => {
    where.push(condition);
    params.push(...values);
  };
  const addList = (column: string, operator: "IN" | "NOT IN", values: readonly string[]): void => {
    if (values.length === 1 && values[0] !== undefined)
      add(`${column} ${operator === "IN" ? "=" : "<>"} ?`, values[0]);
    else add(`${column} ${operator} (SELECT value FROM json_each(?))`, JSON.stringify(values));
  };

  if (filter.ids !== undefined) addList("i.id", "IN", filter.ids);
  if (filter.scope !== undefined) add("i.scope = ?", filter.scope);
  if (filter.status !== undefined) addList("i.status", "IN", [filter.status].flat());
  if (filter.notStatus !== undefined) addList("i.status", "NOT IN", [filter.notStatus].flat());
  if (filter.type !== undefined) addList("i.issue_type", "IN", [filter.type].flat());
  if (filter.notType !== undefined) addList("i.issue_type", "NOT IN", [filter.notType].flat());
  if (filter.assignee !== undefined) add("i.assignee = ?", filter.assignee);
  if (filter.unassigned === true) add("i.assignee = ''");
  for (const label of filter.labels ?? [])
    add("EXISTS (SELECT 1 FROM labels l WHERE l.issue_id = i.id AND l.label = ?)", label);
  if (filter.anyLabel !== undefined)
    add(
      "EXISTS (SELECT 1 FROM labels l WHERE l.issue_id = i.id AND l.label IN (SELECT value FROM json_each(?)))",
      JSON.stringify(filter.anyLabel),
    );
  if (filter.parent !== undefined)
    add(
      "EXISTS (SELECT 1 FROM dependencies d WHERE d.issue_id = i.id AND d.type = 'parent-child' AND d.depends_on_id = ?)",
      filter.parent,
    );
  if (filter.priority !== undefined) add("i.priority = ?", filter.priority);
  if (filter.priorityMax !== undefined) add("i.priority <= ?", filter.priorityMax);
  if (filter.titleContains !== undefined)
    add("i.title LIKE ? ESCAPE '\\'", likeContains(filter.titleContains));
  if (filter.textContains !== undefined) {
    const pattern = likeContains(filter.textContains);
    add(
      "(i.title LIKE ? ESCAPE '\\' OR i.id LIKE ? ESCAPE '\\' OR i.external_ref LIKE ? ESCAPE '\\' OR i.description LIKE ? ESCAPE '\\')",
      pattern,
      pattern,
      pattern,
      pattern,
    );
  }
  if (filter.createdAfter !== undefined) add("i.created_at > ?", filter.createdAfter);
  if (filter.updatedAfter !== undefined) add("i.updated_at > ?", filter.updatedAfter);
  if (filter.closedAfter !== undefined) add("i.closed_at > ?", filter.closedAfter);
  for (const [path, value] of Object.entries(filter.metadata ?? {}))
    add(`${metadataAt(path)} = ?`, typeof value === "boolean" ? Number(value) : value);
  if (filter.ephemeral !== undefined) add("i.ephemeral = ?", Number(filter.ephemeral));
  return { where, params };
}

function likeContains(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

/** The expression is spelled like those of the expression indexes, so that they can serve it. */
function metadataAt(path: string): string {
  const keys = path.split(".");
  const isPlain = keys.every((key) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(key));
  const spelled = isPlain ? path : keys.map((key) => `"${key.replace(/["']/g, "")}"`).join(".");
  return `json_extract(i.metadata, '$.${spelled}')`;
}

/** The order of a list; ids break ties, so that the same query gives the same list. */
export function orderOf(filter: BeadFilter, now: number): string {
  const order = orders(now)[filter.sort ?? "priority"];
  if (filter.reverse !== true) return order.join(", ");
  return order.map(flip).join(", ");
}

const hybridWindowMs = 48 * 3600 * 1000;

function orders(now: number): Readonly<Record<NonNullable<BeadFilter["sort"]>, readonly string[]>> {
  const isRecent = `i.created_at >= ${now - hybridWindowMs}`;
  return {
    priority: ["i.priority", "i.created_at DESC", "i.id"],
    created: ["i.created_at DESC", "i.id"],
    updated: ["i.updated_at DESC", "i.id"],
    closed: ["i.closed_at DESC", "i.id"],
    id: ["i.id"],
    oldest: ["i.created_at", "i.id"],
    hybrid: [`(${isRecent}) DESC`, `iif(${isRecent}, i.priority, 0)`, "i.created_at", "i.id"],
  };
}

function flip(term: string): string {
  return term.endsWith(" DESC") ? term.slice(0, -5) : `${term} DESC`;
}
