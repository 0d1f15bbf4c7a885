import type { Bead } from "../../../core/ledger/bead.ts";
import { canonicalType, infrastructureTypes } from "../../../core/ledger/bead-types.ts";
import type { BeadFilter } from "../../../core/ledger/ledger.ts";
import { parseCustomStatuses, Statuses } from "../../../core/ledger/statuses.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext, FlagValues } from "../command.ts";
import { globToRegExp } from "./glob.ts";
import { parseAssignment } from "./content.ts";
import { parsePriority } from "./priority.ts";
import { parseTime } from "./time-expression.ts";
import type { Workspace } from "./workspace.ts";

/** What a listing asks for: a query of the ledger, and what only can be told from the beads themselves. */
export interface ListQuery {
  readonly filter: BeadFilter;
  readonly conditions: readonly ((bead: Bead) => boolean)[];
  /** Only beads that have no parent. */
  readonly withoutParent: boolean;
  /** 0 means all. */
  readonly limit: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the list filters of a command line (spec/01 §10.3). */
export async function listQuery(
  context: CommandContext,
  workspace: Workspace,
  defaultLimit = 50,
): Promise<ListQuery> {
  const { flags } = context;
  const conditions: ((bead: Bead) => boolean)[] = [];
  const filter: Writable<BeadFilter> = { ...labelFilter(flags, conditions) };
  if (workspace.readScope !== undefined) filter.scope = workspace.readScope;
  await addStatus(filter, flags, workspace);
  addTypes(filter, flags);
  addPeople(filter, flags, conditions);
  if (flags.has("priority")) filter.priority = parsePriority(flags.string("priority") ?? "");
  if (flags.has("priority-max")) filter.priorityMax = parsePriority(flags.string("priority-max") ?? "");
  if (flags.has("priority-min")) {
    const least = parsePriority(flags.string("priority-min") ?? "");
    conditions.push((bead) => bead.priority >= least);
  }
  if (flags.has("id")) filter.ids = await Promise.all(flags.strings("id").map((id) => workspace.resolve(id)));
  if (flags.has("parent")) filter.parent = await workspace.resolve(flags.string("parent") ?? "");
  if (flags.has("title")) filter.titleContains = flags.string("title") ?? "";
  addTexts(flags, conditions);
  addDates(flags, conditions, workspace.now);
  if (flags.boolean("overdue")) {
    conditions.push(
      (bead) => bead.dueAt !== undefined && bead.dueAt < workspace.now && bead.status !== "closed",
    );
  }
  const includesWisps = flags.boolean("include-ephemeral") || flags.has("wisp-type");
  if (!includesWisps && !flags.boolean("all")) filter.ephemeral = false;
  if (!flags.boolean("include-templates") && !flags.boolean("all")) filter.template = false;
  const limit = flags.integer("limit") ?? (flags.boolean("all") ? 0 : defaultLimit);
  if (limit < 0) throw usageError("--limit cannot be negative");
  return { filter, conditions, withoutParent: flags.boolean("no-parent"), limit };
}

/** The beads of a query in the ledger's order, and whether there were more. */
export async function findBeads(
  workspace: Workspace,
  query: ListQuery,
): Promise<{ readonly beads: readonly Bead[]; readonly isCut: boolean }> {
  const isExact = query.conditions.length === 0 && !query.withoutParent;
  const found = await workspace.ledger.find({
    ...query.filter,
    ...(isExact && query.limit > 0 ? { limit: query.limit + 1 } : {}),
  });
  let kept = found.filter((bead) => query.conditions.every((holds) => holds(bead)));
  if (query.withoutParent && kept.length > 0) {
    const edges = await workspace.ledger.edges(kept.map((bead) => bead.id));
    const children = new Set(edges.filter((edge) => edge.type === "parent-child").map((edge) => edge.from));
    kept = kept.filter((bead) => !children.has(bead.id));
  }
  const isCut = query.limit > 0 && kept.length > query.limit;
  return { beads: isCut ? kept.slice(0, query.limit) : kept, isCut };
}

async function addStatus(
  filter: Writable<BeadFilter>,
  flags: FlagValues,
  workspace: Workspace,
): Promise<void> {
  const wanted = flags.strings("status").map((status) => status.toLowerCase());
  const statuses = new Statuses(parseCustomStatuses((await workspace.ledger.config("status.custom")) ?? ""));
  for (const status of wanted) if (status !== "all") statuses.check(status);
  if (flags.boolean("all") || wanted.includes("all")) return;
  if (wanted.length > 0) filter.status = wanted;
  else if (flags.boolean("pinned")) filter.status = "pinned";
  else if (flags.boolean("deferred")) filter.status = "deferred";
  else if (flags.boolean("ready")) filter.status = "open";
  else filter.notStatus = statuses.hidden;
}

function addTypes(filter: Writable<BeadFilter>, flags: FlagValues): void {
  const wanted = flags.strings("type").map(canonicalType);
  const unwanted = flags.strings("exclude-type").map(canonicalType);
  if (wanted.length > 0) filter.type = wanted;
  else if (!flags.boolean("all")) {
    const hidden = infrastructureTypes.filter((type) =>
      type === "gate" ? !flags.boolean("include-gates") : !flags.boolean("include-infra"),
    );
    unwanted.push(...hidden);
  }
  if (unwanted.length > 0) filter.notType = unwanted;
}

function addPeople(
  filter: Writable<BeadFilter>,
  flags: FlagValues,
  conditions: ((bead: Bead) => boolean)[],
): void {
  const assignee = flags.string("assignee");
  if (assignee !== undefined && /[*?[]/.test(assignee)) {
    const pattern = globToRegExp(assignee);
    conditions.push((bead) => pattern.test(bead.assignee));
  } else if (assignee !== undefined) filter.assignee = assignee;
  if (flags.boolean("no-assignee")) filter.unassigned = true;
  const owner = flags.string("owner");
  if (owner !== undefined) conditions.push((bead) => bead.owner === owner);
  const creator = flags.string("created-by");
  if (creator !== undefined) conditions.push((bead) => bead.createdBy === creator);
}

/** The label flags, also those of `ready` and `blocked`. */
export function labelFilter(
  flags: FlagValues,
  conditions: ((bead: Bead) => boolean)[],
): Pick<BeadFilter, "labels" | "anyLabel"> {
  const unwanted = new Set(flags.strings("exclude-label"));
  if (unwanted.size > 0) conditions.push((bead) => !bead.labels.some((label) => unwanted.has(label)));
  if (flags.boolean("no-labels")) conditions.push((bead) => bead.labels.length === 0);
  const glob = flags.string("label-pattern");
  const patterns = [
    ...(glob === undefined ? [] : [globToRegExp(glob)]),
    ...(flags.has("label-regex") ? [regularExpression(flags.string("label-regex") ?? "")] : []),
  ];
  for (const pattern of patterns) conditions.push((bead) => bead.labels.some((label) => pattern.test(label)));
  return {
    ...(flags.strings("label").length > 0 ? { labels: flags.strings("label") } : {}),
    ...(flags.strings("label-any").length > 0 ? { anyLabel: flags.strings("label-any") } : {}),
  };
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw usageError(`--label-regex: "${sanitiseLine(text)}" is not a regular expression`);
  }
}

function addTexts(flags: FlagValues, conditions: ((bead: Bead) => boolean)[]): void {
  const contains = (flag: string, field: (bead: Bead) => string) => {
    const wanted = flags.string(flag)?.toLowerCase();
    if (wanted !== undefined) conditions.push((bead) => field(bead).toLowerCase().includes(wanted));
  };
  contains("desc-contains", (bead) => bead.description);
  contains("notes-contains", (bead) => bead.notes);
  const exactly = (flag: string, field: (bead: Bead) => string) => {
    const wanted = flags.string(flag);
    if (wanted !== undefined) conditions.push((bead) => field(bead) === wanted);
  };
  exactly("mol-type", (bead) => bead.molType || "work");
  exactly("wisp-type", (bead) => bead.wispType);
  exactly("target", (bead) => bead.target);
  const spec = flags.string("spec");
  if (spec !== undefined) conditions.push((bead) => bead.specId.startsWith(spec));
  if (flags.boolean("empty-description")) conditions.push((bead) => bead.description.trim() === "");
  conditions.push(...metadataConditions(flags));
}

/** `--metadata-field key=value` and `--has-metadata-key key`, with dotted paths. */
export function metadataConditions(flags: FlagValues): readonly ((bead: Bead) => boolean)[] {
  const conditions: ((bead: Bead) => boolean)[] = [];
  for (const part of flags.strings("metadata-field")) {
    const [path, value] = parseAssignment(part);
    conditions.push((bead) => String(metadataAt(bead, path) ?? "") === String(value));
  }
  const key = flags.string("has-metadata-key");
  if (key !== undefined) conditions.push((bead) => metadataAt(bead, key) !== undefined);
  return conditions;
}

export function metadataAt(bead: Bead, path: string): unknown {
  if (Object.hasOwn(bead.metadata, path)) return bead.metadata[path];
  let value: unknown = bead.metadata;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

const dates: readonly (readonly [string, (bead: Bead) => number | undefined])[] = [
  ["created", (bead) => bead.createdAt],
  ["updated", (bead) => bead.updatedAt],
  ["started", (bead) => bead.startedAt],
  ["closed", (bead) => bead.closedAt],
  ["due", (bead) => bead.dueAt],
  ["defer", (bead) => bead.deferUntil],
];

function addDates(flags: FlagValues, conditions: ((bead: Bead) => boolean)[], now: number): void {
  for (const [name, timeOf] of dates) {
    const after = flags.string(`${name}-after`);
    const before = flags.string(`${name}-before`);
    if (after !== undefined) {
      const limit = parseTime(after, now);
      conditions.push((bead) => (timeOf(bead) ?? Number.NEGATIVE_INFINITY) > limit);
    }
    if (before !== undefined) {
      const limit = parseTime(before, now);
      conditions.push((bead) => (timeOf(bead) ?? Number.POSITIVE_INFINITY) < limit);
    }
  }
}
