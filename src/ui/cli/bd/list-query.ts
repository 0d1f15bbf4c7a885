import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { canonicalType, infrastructureTypes } from "../../../core/ledger/bead-types.ts";
import type { BeadFilter, BeadSort } from "../../../core/ledger/ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext, FlagValues } from "../command.ts";
import { parseAssignment } from "./content.ts";
import { parsePriority } from "./priority.ts";
import { parseTime } from "./time-expression.ts";
import type { Workspace } from "./workspace.ts";

/** What a listing asks for. */
export interface ListQuery {
  readonly filter: BeadFilter;
  /** What the ledger cannot answer: a regular expression over labels. */
  readonly labelPattern: RegExp | undefined;
  /** 0 means all. */
  readonly limit: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type DateField = "created" | "updated" | "started" | "closed" | "due" | "defer";

/** Reads the list filters of a command line (spec/01 §10.3). */
export async function listQuery(
  context: CommandContext,
  workspace: Workspace,
  defaultLimit = 50,
): Promise<ListQuery> {
  const { flags } = context;
  const limit = flags.integer("limit") ?? (flags.boolean("all") ? 0 : defaultLimit);
  if (limit < 0) throw usageError("--limit cannot be negative");
  const filter: Writable<BeadFilter> = {
    ...labelFilter(flags),
    ...statusFilter(flags, workspace),
    ...(await typeFilter(flags, workspace)),
    ...peopleFilter(flags),
    ...textFilter(flags),
    ...metadataFilter(flags),
    ...dateFilter(flags, workspace.now),
  };
  if (workspace.readScope !== undefined) filter.scope = workspace.readScope;
  if (flags.has("priority")) filter.priority = parsePriority(flags.string("priority") ?? "");
  if (flags.has("priority-max")) filter.priorityMax = parsePriority(flags.string("priority-max") ?? "");
  if (flags.has("priority-min")) filter.priorityMin = parsePriority(flags.string("priority-min") ?? "");
  if (flags.has("id")) filter.ids = await Promise.all(flags.strings("id").map((id) => workspace.resolve(id)));
  if (flags.has("parent")) filter.parent = await workspace.resolve(flags.string("parent") ?? "");
  if (flags.boolean("no-parent")) filter.topLevel = true;
  const includesWisps = flags.boolean("include-ephemeral") || flags.has("wisp-type") || flags.boolean("all");
  if (!includesWisps) filter.ephemeral = false;
  if (!flags.boolean("include-templates") && !flags.boolean("all")) filter.template = false;
  const sort = flags.string("sort");
  if (sort !== undefined) filter.sort = sort as BeadSort;
  if (flags.boolean("reverse")) filter.reverse = true;
  return { filter, labelPattern: labelPattern(flags), limit };
}

/** The beads of a query in its order, and whether there were more. */
export async function findBeads(
  workspace: Workspace,
  { filter, labelPattern: pattern, limit }: ListQuery,
): Promise<{ readonly beads: readonly Bead[]; readonly isCut: boolean }> {
  const found = await workspace.ledger.find(
    pattern === undefined && limit > 0 ? { ...filter, limit: limit + 1 } : filter,
  );
  return limited(found, { labelPattern: pattern, limit });
}

/** What the label pattern and the limit of a query leave of beads that its filter has found. */
export function limited(
  found: readonly Bead[],
  { labelPattern: pattern, limit }: Pick<ListQuery, "labelPattern" | "limit">,
): { readonly beads: readonly Bead[]; readonly isCut: boolean } {
  const kept =
    pattern === undefined ? found : found.filter((bead) => bead.labels.some((label) => pattern.test(label)));
  const isCut = limit > 0 && kept.length > limit;
  return { beads: isCut ? kept.slice(0, limit) : kept, isCut };
}

function statusFilter(
  flags: FlagValues,
  { ledger }: Workspace,
): Pick<BeadFilter, "status" | "notStatus" | "pinned"> {
  const wanted = flags.strings("status").map((status) => status.toLowerCase());
  const statuses = ledger.statuses();
  for (const status of wanted) if (status !== "all") statuses.check(status);
  const pinned = flags.boolean("no-pinned") ? { pinned: false } : {};
  if (flags.boolean("all") || wanted.includes("all")) return pinned;
  if (wanted.length > 0) return { status: wanted, ...pinned };
  if (flags.boolean("pinned")) return { pinned: true };
  if (flags.boolean("deferred")) return { status: "deferred", ...pinned };
  return { notStatus: statuses.hidden, ...pinned };
}

async function typeFilter(
  flags: FlagValues,
  { ledger }: Workspace,
): Promise<Pick<BeadFilter, "type" | "notType">> {
  const wanted = flags.strings("type").map(canonicalType);
  const unwanted = flags.strings("exclude-type").map(canonicalType);
  if (wanted.length === 0 && !flags.boolean("all")) {
    const shown = (type: string) => flags.boolean(type === "gate" ? "include-gates" : "include-infra");
    const own = await ledger.config("types.infra");
    const hidden = own === undefined ? infrastructureTypes : [...own.split(",").map(canonicalType), "gate"];
    unwanted.push(...hidden.filter((type) => !shown(type)));
  }
  return {
    ...(wanted.length === 0 ? {} : { type: wanted }),
    ...(unwanted.length === 0 ? {} : { notType: unwanted }),
  };
}

function peopleFilter(
  flags: FlagValues,
): Pick<BeadFilter, "assignee" | "assigneeGlob" | "unassigned" | "owner" | "createdBy"> {
  const assignee = flags.string("assignee");
  const isGlob = assignee !== undefined && /[*?[]/.test(assignee);
  return {
    ...(assignee === undefined ? {} : isGlob ? { assigneeGlob: assignee } : { assignee }),
    ...(flags.boolean("no-assignee") ? { unassigned: true } : {}),
    ...textOf(flags, "owner", "owner"),
    ...textOf(flags, "created-by", "createdBy"),
  };
}

function textFilter(flags: FlagValues): Partial<BeadFilter> {
  return {
    ...textOf(flags, "title", "titleContains"),
    ...textOf(flags, "desc-contains", "descriptionContains"),
    ...textOf(flags, "notes-contains", "notesContains"),
    ...textOf(flags, "spec", "specPrefix"),
    ...textOf(flags, "mol-type", "molType"),
    ...textOf(flags, "wisp-type", "wispType"),
    ...textOf(flags, "target", "target"),
    ...(flags.boolean("empty-description") ? { undescribed: true } : {}),
  };
}

function textOf<K extends keyof BeadFilter>(flags: FlagValues, flag: string, name: K): { [P in K]?: string } {
  const value = flags.string(flag);
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: string });
}

/** The label flags, also those of `ready` and `blocked`. */
export function labelFilter(
  flags: FlagValues,
): Pick<BeadFilter, "labels" | "anyLabel" | "notLabel" | "unlabelled" | "labelGlob"> {
  return {
    ...(flags.strings("label").length > 0 ? { labels: flags.strings("label") } : {}),
    ...(flags.strings("label-any").length > 0 ? { anyLabel: flags.strings("label-any") } : {}),
    ...(flags.strings("exclude-label").length > 0 ? { notLabel: flags.strings("exclude-label") } : {}),
    ...(flags.boolean("no-labels") ? { unlabelled: true } : {}),
    ...(flags.has("label-pattern") ? { labelGlob: flags.string("label-pattern") ?? "" } : {}),
  };
}

/** `--label-regex`. */
export function labelPattern(flags: FlagValues): RegExp | undefined {
  const text = flags.string("label-regex");
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch {
    throw usageError(`--label-regex: "${sanitiseLine(text)}" is not a regular expression`);
  }
}

/** `--metadata-field key=value` and `--has-metadata-key key`, with dotted paths. */
export function metadataFilter(flags: FlagValues): Pick<BeadFilter, "metadata" | "hasMetadata"> {
  const fields = flags.strings("metadata-field").map(parseAssignment);
  const metadata = Object.fromEntries(
    fields.map(([path, value]) => [
      path,
      typeof value === "number" || typeof value === "boolean" ? value : String(value),
    ]),
  );
  return {
    ...(fields.length === 0 ? {} : { metadata }),
    ...textOf(flags, "has-metadata-key", "hasMetadata"),
  };
}

const dateFields: readonly DateField[] = ["created", "updated", "started", "closed", "due", "defer"];

function dateFilter(flags: FlagValues, now: number): Partial<BeadFilter> {
  const filter: Partial<Record<`${DateField}${"After" | "Before"}`, number>> = {};
  for (const field of dateFields) {
    const after = flags.string(`${field}-after`);
    const before = flags.string(`${field}-before`);
    if (after !== undefined) filter[`${field}After`] = parseTime(after, now);
    if (before !== undefined) filter[`${field}Before`] = parseTime(before, now);
  }
  if (flags.boolean("overdue")) filter.dueBefore = now;
  return filter;
}
