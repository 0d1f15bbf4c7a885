import { usageError } from "../../../core/gt-error.ts";
import type { NewDependency, Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { readText } from "./content.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd dep add A B`: A depends on B (spec/01 §10.4). Also `bd dep A --blocks B` and `bd link`. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  if (flags.has("file")) return addFile(context, workspace);
  const { from, to } = pairOf(context);
  const edge: NewDependency = {
    from: await workspace.resolve(from),
    to: await targetOf(workspace, to),
    type: dependencyType(flags.string("type") ?? "blocks"),
    ...(flags.boolean("no-cycle-check") ? { skipCycleCheck: true } : {}),
  };
  await workspace.write([{ op: "addDependency", edge }]);
  out.document({ status: "added", issue_id: edge.from, depends_on_id: edge.to, type: edge.type });
  if (!out.json)
    out.done(`Added dependency: ${edge.from} depends on ${sanitiseLine(edge.to)} (${edge.type})`);
}

function pairOf(context: CommandContext): { readonly from: string; readonly to: string } {
  const { flags } = context;
  const [first, second, surplus] = [...context.args, ...context.rest];
  const blocked = flags.string("blocks");
  const blocker = flags.string("blocked-by") ?? flags.string("depends-on");
  if (first === undefined)
    throw usageError("missing argument <id>", { hint: "bd dep add <id> <depends-on>" });
  if (surplus !== undefined) throw usageError(`unexpected argument "${sanitiseLine(surplus)}"`);
  const ends = [second, blocked, blocker].filter((end) => end !== undefined);
  if (ends.length > 1) throw usageError("the other end of the dependency is given twice");
  if (blocked !== undefined) return { from: blocked, to: first };
  const to = second ?? blocker;
  if (to === undefined)
    throw usageError("missing argument <depends-on>", {
      hint: `bd dep add ${sanitiseLine(first)} <depends-on>`,
    });
  return { from: first, to };
}

/** `external:...` names something outside this ledger. */
async function targetOf(workspace: Workspace, input: string): Promise<string> {
  return input.startsWith("external:") ? input : workspace.resolve(input);
}

function dependencyType(text: string): string {
  const type = text.trim().replaceAll("_", "-");
  if (type === "depends-on" || type === "blocked-by") return "blocks";
  if (type === "" || type.length > 50) throw usageError("--type must have 1 to 50 characters");
  return type;
}

/** Lines of `{"from","to","type"?}`: all or nothing. */
async function addFile(context: CommandContext, workspace: Workspace): Promise<void> {
  const { flags, cwd, out } = context;
  const file = flags.string("file") ?? "";
  const text = file === "-" ? await context.input() : readText(cwd, file);
  const edges: NewDependency[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const { from, to, type } = parseLine(line, index + 1);
    edges.push({
      from: await workspace.resolve(from),
      to: await targetOf(workspace, to),
      type: dependencyType(type ?? "blocks"),
      ...(flags.boolean("no-cycle-check") ? { skipCycleCheck: true } : {}),
    });
  }
  await workspace.write(edges.map((edge): Operation => ({ op: "addDependency", edge })));
  out.document({
    status: "added",
    count: edges.length,
    dependencies: edges.map((edge) => ({ issue_id: edge.from, depends_on_id: edge.to, type: edge.type })),
  });
  if (!out.json) out.done(`Added ${edges.length} dependencies from ${sanitiseLine(file)}`);
}

function parseLine(line: string, number: number): { from: string; to: string; type?: string } {
  try {
    const value = JSON.parse(line) as { from?: unknown; to?: unknown; type?: unknown };
    if (typeof value.from === "string" && typeof value.to === "string") {
      return {
        from: value.from,
        to: value.to,
        ...(typeof value.type === "string" ? { type: value.type } : {}),
      };
    }
  } catch {
    // Said below.
  }
  throw usageError(`line ${number}: expected {"from":"...","to":"...","type":"..."}`);
}
