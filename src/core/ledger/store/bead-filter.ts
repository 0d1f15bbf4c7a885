import type { BeadFilter, BeadSort } from "../ledger.ts";

/** Conditions on `issues i` with their parameters. */
export interface Conditions {
  readonly where: readonly string[];
  readonly params: readonly (string | number)[];
}

export function conditionsOf(filter: BeadFilter): Conditions {
  const conditions = new ConditionList();
  addIdentity(conditions, filter);
  addLabels(conditions, filter);
  addPlace(conditions, filter);
  addTexts(conditions, filter);
  for (const [key, column] of timeColumns) {
    conditions.addIf(filter[`${key}After`], `i.${column} > ?`);
    conditions.addIf(filter[`${key}Before`], `i.${column} < ?`);
  }
  for (const [path, value] of Object.entries(filter.metadata ?? {}))
    conditions.add(`${metadataAt(path)} = ?`, typeof value === "boolean" ? Number(value) : value);
  if (filter.hasMetadata !== undefined) conditions.add(`${metadataAt(filter.hasMetadata)} IS NOT NULL`);
  return conditions;
}

class ConditionList implements Conditions {
  readonly where: string[] = [];
  readonly params: (string | number)[] = [];

  add(condition: string, ...values: readonly (string | number)[]): void {
    this.where.push(condition);
    this.params.push(...values);
  }

  addIf(value: string | number | boolean | undefined, condition: string): void {
    if (value !== undefined) this.add(condition, typeof value === "boolean" ? Number(value) : value);
  }

  addList(column: string, operator: "IN" | "NOT IN", value: string | readonly string[] | undefined): void {
    if (value === undefined) return;
    const values = [value].flat();
    const only = values.length === 1 ? values[0] : undefined;
    if (only !== undefined) this.add(`${column} ${operator === "IN" ? "=" : "<>"} ?`, only);
    else this.add(`${column} ${operator} (SELECT value FROM json_each(?))`, JSON.stringify(values));
  }
}

const timeColumns = [
  ["created", "created_at"],
  ["updated", "updated_at"],
  ["started", "started_at"],
  ["closed", "closed_at"],
  ["due", "due_at"],
  ["defer", "defer_until"],
] as const;

function addIdentity(conditions: ConditionList, filter: BeadFilter): void {
  conditions.addList("i.id", "IN", filter.ids);
  if (filter.idPrefix !== undefined)
    conditions.add(
      "i.id >= ? AND substr(i.id, 1, ?) = ?",
      filter.idPrefix,
      filter.idPrefix.length,
      filter.idPrefix,
    );
  conditions.addIf(filter.scope, "i.scope = ?");
  conditions.addList("i.status", "IN", filter.status);
  conditions.addList("i.status", "NOT IN", filter.notStatus);
  // Spelled out, so that the partial index on beads that are not closed can serve it.
  if ([filter.notStatus ?? []].flat().includes("closed")) conditions.add("i.status <> 'closed'");
  conditions.addList("i.issue_type", "IN", filter.type);
  conditions.addList("i.issue_type", "NOT IN", filter.notType);
  // Spelled so that the partial index on assignees can serve it.
  if (filter.assignee !== undefined)
    conditions.add(
      filter.assignee === "" ? "i.assignee = ?" : "i.assignee = ? AND i.assignee <> ''",
      filter.assignee,
    );
  conditions.addIf(filter.assigneeGlob, "i.assignee GLOB ?");
  if (filter.unassigned === true) conditions.add("i.assignee = ''");
  conditions.addIf(filter.owner, "i.owner = ?");
  conditions.addIf(filter.createdBy, "i.created_by = ?");
  conditions.addIf(filter.priority, "i.priority = ?");
  conditions.addIf(filter.priorityMin, "i.priority >= ?");
  conditions.addIf(filter.priorityMax, "i.priority <= ?");
  conditions.addIf(filter.ephemeral, "i.ephemeral = ?");
  conditions.addIf(filter.pinned, "i.pinned = ?");
  conditions.addIf(filter.template, "i.is_template = ?");
  conditions.addIf(filter.molType, "i.mol_type = ?");
  conditions.addIf(filter.wispType, "i.wisp_type = ?");
  conditions.addIf(filter.target, "i.target = ?");
  conditions.addIf(filter.externalRef, "i.external_ref = ?");
}

function addLabels(conditions: ConditionList, filter: BeadFilter): void {
  const has = (condition: string) =>
    `EXISTS (SELECT 1 FROM labels l WHERE l.issue_id = i.id AND ${condition})`;
  const inList = "l.label IN (SELECT value FROM json_each(?))";
  // From the label to its beads: few beads have it, and there is an index that way.
  for (const label of filter.labels ?? [])
    conditions.add("i.id IN (SELECT issue_id FROM labels WHERE label = ?)", label);
  if (filter.anyLabel !== undefined)
    conditions.add(
      "i.id IN (SELECT issue_id FROM labels WHERE label IN (SELECT value FROM json_each(?)))",
      JSON.stringify(filter.anyLabel),
    );
  if (filter.notLabel !== undefined) conditions.add(`NOT ${has(inList)}`, JSON.stringify(filter.notLabel));
  conditions.addIf(filter.labelGlob, has("l.label GLOB ?"));
  if (filter.unlabelled === true) conditions.add(`NOT ${has("true")}`);
}

function addPlace(conditions: ConditionList, filter: BeadFilter): void {
  const edge = "EXISTS (SELECT 1 FROM dependencies d WHERE d.issue_id = i.id AND d.type = 'parent-child'";
  conditions.addIf(filter.parent, `${edge} AND d.depends_on_id = ?)`);
  if (filter.topLevel === true) conditions.add(`NOT ${edge})`);
  conditions.addIf(
    filter.under,
    `i.id IN (WITH RECURSIVE below(id) AS (
       SELECT issue_id FROM dependencies WHERE depends_on_id = ? AND type = 'parent-child'
       UNION
       SELECT d.issue_id FROM below b JOIN dependencies d ON d.depends_on_id = b.id AND d.type = 'parent-child')
     SELECT id FROM below)`,
  );
}

function addTexts(conditions: ConditionList, filter: BeadFilter): void {
  const contains = (column: string) => `i.${column} LIKE ? ESCAPE '\\'`;
  const add = (text: string | undefined, ...columns: readonly string[]): void => {
    if (text === undefined) return;
    const pattern = likeContains(text);
    conditions.add(`(${columns.map(contains).join(" OR ")})`, ...columns.map(() => pattern));
  };
  add(filter.titleContains, "title");
  add(filter.descriptionContains, "description");
  add(filter.notesContains, "notes");
  add(filter.nameContains, "title", "id", "external_ref");
  add(filter.textContains, "title", "id", "external_ref", "description");
  if (filter.undescribed === true) conditions.add("i.description = ''");
  if (filter.specPrefix !== undefined)
    conditions.add("substr(i.spec_id, 1, ?) = ?", filter.specPrefix.length, filter.specPrefix);
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

function orders(now: number): Readonly<Record<BeadSort, readonly string[]>> {
  const isRecent = `i.created_at >= ${now - hybridWindowMs}`;
  return {
    priority: ["i.priority", "i.created_at DESC", "i.id"],
    created: ["i.created_at DESC", "i.id"],
    updated: ["i.updated_at DESC", "i.id"],
    closed: ["i.closed_at DESC", "i.id"],
    id: ["i.id"],
    status: ["i.status", "i.priority", "i.id"],
    title: ["i.title COLLATE NOCASE", "i.id"],
    type: ["i.issue_type", "i.priority", "i.id"],
    assignee: ["i.assignee", "i.priority", "i.id"],
    oldest: ["i.created_at", "i.id"],
    hybrid: [`(${isRecent}) DESC`, `iif(${isRecent}, i.priority, 0)`, "i.created_at", "i.id"],
  };
}

function flip(term: string): string {
  return term.endsWith(" DESC") ? term.slice(0, -5) : `${term} DESC`;
}
