import { usageError } from "../../../core/gt-error.ts";
import { canonicalType } from "../../../core/ledger/bead-types.ts";
import { namedBead } from "../../../core/ledger/named-bead.ts";
import type { NewBead, Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { readText } from "./content.ts";
import { checkNewBeads } from "./create-rules.ts";
import { parseDependencies } from "./dependency-list.ts";
import { parsePriority } from "./priority.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

type Fields = Readonly<Record<string, unknown>>;

const nodeKeys = new Set([
  "key",
  "title",
  "type",
  "description",
  "assignee",
  "assign_after_create",
  "priority",
  "labels",
  "metadata",
  "metadata_refs",
  "parent_key",
  "parent_id",
]);
const edgeKeys = new Set(["from_key", "from_id", "to_key", "to_id", "type"]);

/** `bd create --graph file.json`: nodes and edges in one transaction (spec/01 §10.2). */
export async function createGraph(context: CommandContext): Promise<void> {
  const { flags, cwd, out } = context;
  const file = flags.string("graph") ?? "";
  const graph = readGraph(file === "-" ? await context.input() : readText(cwd, file), file);
  const workspace = await openWorkspace(context);
  const nodes = list(graph, "nodes", file);
  const edges = list(graph, "edges", file);
  for (const node of nodes) warnUnknown(context, node, nodeKeys);
  for (const edge of edges) warnUnknown(context, edge, edgeKeys);
  const keys = new Set<string>();
  for (const node of nodes) {
    const key = text(node, "key");
    if (key === "" || keys.has(key))
      throw usageError(`node key "${sanitiseLine(key)}" is missing or used twice`);
    keys.add(key);
  }
  const operations: Operation[] = [];
  for (const node of parentsFirst(nodes)) operations.push(await createNode(workspace, node, keys));
  for (const edge of edges) operations.push(await createEdge(workspace, edge, keys));
  for (const node of nodes) operations.push(...references(node, keys), ...afterCreate(node));
  await checkNewBeads(context, workspace, operations);
  if (flags.boolean("dry-run")) {
    out.document({ dry_run: true, nodes: nodes.length, edges: edges.length });
    out.line(`Would create ${nodes.length} issues and ${edges.length} edges`);
    return;
  }
  const { named } = await workspace.write(operations);
  out.document({ ids: named });
  if (!out.json) out.done(`Created ${nodes.length} issues from ${sanitiseLine(file)}:`);
  for (const [key, id] of Object.entries(named)) out.line(`  ${sanitiseLine(key)}: ${id}`);
}

function readGraph(json: string, file: string): Fields {
  try {
    const value: unknown = JSON.parse(json);
    if (isFields(value)) return value;
  } catch {
    // Said below.
  }
  throw usageError(`${sanitiseLine(file)} is not a JSON object with nodes and edges`);
}

function list(graph: Fields, name: string, file: string): readonly Fields[] {
  const value = graph[name] ?? [];
  if (Array.isArray(value) && value.every(isFields)) return value;
  throw usageError(`${sanitiseLine(file)}: "${name}" is not a list of objects`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

function warnUnknown({ out }: CommandContext, fields: Fields, known: ReadonlySet<string>): void {
  for (const name of Object.keys(fields))
    if (!known.has(name)) out.warn(`unknown field "${sanitiseLine(name)}"`);
}

/** Parents are created before their children, whatever the order of the file. */
function parentsFirst(nodes: readonly Fields[]): readonly Fields[] {
  const byKey = new Map(nodes.map((node) => [text(node, "key"), node]));
  const sorted: Fields[] = [];
  const seen = new Set<Fields>();
  const visit = (node: Fields, path: readonly Fields[]): void => {
    if (path.includes(node))
      throw usageError(`parent_key of "${sanitiseLine(text(node, "key"))}" leads back to itself`);
    if (seen.has(node)) return;
    const parent = byKey.get(text(node, "parent_key"));
    if (parent !== undefined) visit(parent, [...path, node]);
    seen.add(node);
    sorted.push(node);
  };
  for (const node of nodes) visit(node, []);
  return sorted;
}

async function createNode(workspace: Workspace, node: Fields, keys: ReadonlySet<string>): Promise<Operation> {
  const key = text(node, "key");
  const parentKey = text(node, "parent_key");
  if (parentKey !== "" && !keys.has(parentKey))
    throw usageError(`unknown parent_key "${sanitiseLine(parentKey)}"`);
  const parentId = text(node, "parent_id");
  const parent =
    parentKey !== "" ? `$${parentKey}` : parentId === "" ? undefined : await workspace.resolve(parentId);
  const labels = Array.isArray(node["labels"]) ? node["labels"].map(String) : [];
  const bead: NewBead = {
    title: text(node, "title"),
    description: text(node, "description"),
    type: canonicalType(text(node, "type") || "task"),
    priority: node["priority"] === undefined ? 2 : parsePriority(String(node["priority"])),
    labels,
    ...(node["assign_after_create"] === true ? {} : { assignee: text(node, "assignee") }),
    ...(isFields(node["metadata"]) ? { metadata: node["metadata"] } : {}),
    ...(parent === undefined ? {} : { parent }),
  };
  return { op: "create", as: key, bead };
}

async function createEdge(workspace: Workspace, edge: Fields, keys: ReadonlySet<string>): Promise<Operation> {
  const end = async (name: "from" | "to"): Promise<string> => {
    const key = text(edge, `${name}_key`);
    const id = text(edge, `${name}_id`);
    if (key !== "" && !keys.has(key)) throw usageError(`unknown ${name}_key "${sanitiseLine(key)}"`);
    if (key === "" && id === "") throw usageError(`an edge has neither ${name}_key nor ${name}_id`);
    return key === "" ? workspace.resolve(id) : `$${key}`;
  };
  const [wanted] = parseDependencies([`${text(edge, "type") || "depends-on"}:x`]);
  return {
    op: "addDependency",
    edge: { from: await end("from"), to: await end("to"), type: wanted?.type ?? "blocks" },
  };
}

/** Ids of other nodes in a node's metadata, whatever the order in which they are listed. */
function references(node: Fields, keys: ReadonlySet<string>): readonly Operation[] {
  const wanted = node["metadata_refs"];
  if (!isFields(wanted) || Object.keys(wanted).length === 0) return [];
  const entries = Object.entries(wanted).map(([name, target]) => {
    const key = String(target);
    if (!keys.has(key)) throw usageError(`unknown key "${sanitiseLine(key)}" in metadata_refs`);
    return [name, namedBead(key)];
  });
  return [{ op: "update", id: `$${text(node, "key")}`, fields: { metadata: Object.fromEntries(entries) } }];
}

function afterCreate(node: Fields): readonly Operation[] {
  if (node["assign_after_create"] !== true || text(node, "assignee") === "") return [];
  return [{ op: "update", id: `$${text(node, "key")}`, fields: { assignee: text(node, "assignee") } }];
}
