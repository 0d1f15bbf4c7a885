import { usageError } from "../../../core/gt-error.ts";
import { builtInTypes, canonicalType } from "../../../core/ledger/bead-types.ts";
import { namedBead } from "../../../core/ledger/named-bead.ts";
import type { NewBead, Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { beadJson } from "./bead-json.ts";
import { invalid, readText } from "./content.ts";
import { checkNewBeads } from "./create-rules.ts";
import { parseDependencies } from "./dependency-list.ts";
import { gitConfig } from "./git-config.ts";
import { parsePlan, type PlannedBead } from "./markdown-plan.ts";
import { parsePriority } from "./priority.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd create --file plan.md` and `--graph plan.json`: all beads in one transaction, or none (spec/01 §10.2). */
export async function createMany(context: CommandContext): Promise<void> {
  const { flags } = context;
  const allowed = new Set([
    "file",
    "graph",
    "json",
    "actor",
    "db",
    "directory",
    "rig",
    "scope",
    "dry-run",
    "silent",
    "quiet",
    "verbose",
    "plain",
    "color",
    "no-color",
    "town",
  ]);
  const [surplus] = [
    ...context.args.map((arg) => `"${arg}"`),
    ...givenFlags(context)
      .filter((name) => !allowed.has(name))
      .map((name) => `--${name}`),
  ];
  const source = flags.has("file") ? "--file" : "--graph";
  if (surplus !== undefined)
    throw usageError(`${sanitiseLine(surplus)} cannot be used together with ${source}`);
  if (flags.has("graph")) {
    const { createGraph } = await import("./create-graph.ts");
    return createGraph(context);
  }
  await createPlan(context);
}

function givenFlags({ flags, program, words }: CommandContext): readonly string[] {
  const command = program.commands.find((one) => one.name === words[0]);
  return (command?.flags ?? []).map((flag) => flag.name).filter((name) => flags.has(name));
}

async function createPlan(context: CommandContext): Promise<void> {
  const { flags, cwd, out } = context;
  const file = flags.string("file") ?? "";
  if (!/\.(?:md|markdown)$/i.test(file))
    throw usageError(`${sanitiseLine(file)} is not a .md or .markdown file`);
  const plan = parsePlan(readText(cwd, file), file);
  const workspace = await openWorkspace(context);
  const operations = await planOperations(context, workspace, plan);
  await checkNewBeads(context, workspace, operations);
  if (flags.boolean("dry-run")) {
    out.document({ dry_run: true, count: plan.length, titles: plan.map((bead) => bead.title) });
    for (const bead of plan) out.line(`Would create: ${sanitiseLine(bead.title)}`);
    return;
  }
  const { created } = await workspace.write(operations);
  const beads = await workspace.ledger.getMany(created);
  const shown = created.flatMap((id) => beads.get(id) ?? []);
  out.document(shown.map((bead) => beadJson(bead)));
  if (flags.boolean("silent") || flags.boolean("quiet")) {
    for (const bead of shown) out.line(bead.id);
    return;
  }
  out.done(`Created ${shown.length} issue${shown.length === 1 ? "" : "s"} from ${sanitiseLine(file)}:`);
  for (const bead of shown)
    out.line(`  ${bead.id}: ${sanitiseLine(bead.title)} [P${bead.priority}, ${bead.type}]`);
}

async function planOperations(
  context: CommandContext,
  workspace: Workspace,
  plan: readonly PlannedBead[],
): Promise<readonly Operation[]> {
  const { out, env, cwd } = context;
  const custom = ((await workspace.ledger.config("types.custom")) ?? "")
    .split(",")
    .map((name) => name.trim());
  const owner = env["GIT_AUTHOR_EMAIL"] || gitConfig(cwd, "user.email", env) || "";
  const creates: Operation[] = [];
  const edges: Operation[] = [];
  for (const [index, planned] of plan.entries()) {
    const number = index + 1;
    const section = (name: string) => planned.sections.get(name) ?? "";
    let type = canonicalType(section("type") || "task");
    if (!builtInTypes.has(type) && !custom.includes(type)) {
      out.warn(`"${sanitiseLine(planned.title)}": unknown type "${sanitiseLine(type)}", using task`);
      type = "task";
    }
    const parent = section("parent");
    const bead: NewBead = {
      title: planned.title,
      description: planned.description,
      design: section("design"),
      acceptanceCriteria: section("acceptance"),
      type,
      owner,
      priority: section("priority") === "" ? 2 : parsePriority(section("priority")),
      assignee: section("assignee"),
      labels: words(section("labels"), /[,\n]/),
      ...(parent === "" ? {} : { parent: await target(workspace, parent, index), inheritLabels: true }),
    };
    creates.push({ op: "create", as: `b${number}`, bead });
    const payload = {
      bead: namedBead(`b${number}`),
      title: bead.title,
      issue_type: type,
      priority: bead.priority ?? 2,
    };
    edges.push(...beadEvent({ type, ephemeral: false }, "create", payload));
    const wanted = words(section("dependencies"), /[,\s]/)
      .map((word) => word.replace(/^[-*]$/, ""))
      .filter(Boolean);
    for (const dependency of parseDependencies(wanted)) {
      const other = await target(workspace, dependency.id, plan.length);
      const own = `$b${number}`;
      const edge = dependency.isReversed ? { from: other, to: own } : { from: own, to: other };
      edges.push({ op: "addDependency", edge: { ...edge, type: dependency.type } });
    }
  }
  return [...creates, ...edges];
}

/** `#<n>` is the n-th bead of the file, anything else a bead of the ledger. */
async function target(workspace: Workspace, word: string, count: number): Promise<string> {
  const number = /^#(\d+)$/.exec(word)?.[1];
  if (number === undefined) return word.startsWith("external:") ? word : workspace.resolve(word);
  if (Number(number) >= 1 && Number(number) <= count) return `$b${number}`;
  throw invalid(`${word} is not a bead of this file`);
}

function words(text: string, separator: RegExp): readonly string[] {
  return text
    .split(separator)
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
