import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { BeadSort } from "../../../core/ledger/ledger.ts";
import type { CommandContext } from "../command.ts";
import { showList } from "./list.ts";
import { openWorkspace } from "./workspace.ts";
import { type Expression, parseQuery, valueTest } from "./query-expression.ts";

/** `bd query EXPR` (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const text = [...context.args, ...context.rest].join(" ");
  const expression = parseQuery(text);
  if (flags.boolean("parse-only")) {
    out.document({ expression });
    out.line(JSON.stringify(expression));
    return;
  }
  const workspace = await openWorkspace(context);
  const limit = flags.integer("limit") ?? 50;
  if (limit < 0) throw usageError("--limit cannot be negative");
  const parents = await parentsFor(workspace, expression);
  const sort = flags.string("sort");
  const all = await workspace.ledger.find({
    ...(flags.boolean("all") || mentions(expression, "status") ? {} : { notStatus: "closed" }),
    ...(mentions(expression, "ephemeral") ? {} : { ephemeral: false }),
    ...(mentions(expression, "template") ? {} : { template: false }),
    ...(workspace.readScope === undefined ? {} : { scope: workspace.readScope }),
    ...(sort === undefined ? {} : { sort: sort as BeadSort }),
  });
  const test = testOf(expression, workspace.now, parents);
  const found = all.filter(test);
  await showList(context, workspace, limit === 0 ? found : found.slice(0, limit));
  if (limit > 0 && found.length > limit)
    out.note(`Showing ${limit} issues; more matched. Use --limit 0 for all.`);
}

function mentions(expression: Expression, field: string): boolean {
  if (expression.kind === "compare") return expression.field === field;
  return expression.parts.some((part) => mentions(part, field));
}

async function parentsFor(
  workspace: Awaited<ReturnType<typeof openWorkspace>>,
  expression: Expression,
): Promise<ReadonlyMap<string, string>> {
  if (!mentions(expression, "parent")) return new Map();
  const beads = await workspace.ledger.find({});
  const edges = await workspace.ledger.edges(beads.map((bead) => bead.id));
  return new Map(edges.filter((edge) => edge.type === "parent-child").map((edge) => [edge.from, edge.to]));
}

function testOf(
  expression: Expression,
  now: number,
  parents: ReadonlyMap<string, string>,
): (bead: Bead) => boolean {
  switch (expression.kind) {
    case "and": {
      const tests = expression.parts.map((part) => testOf(part, now, parents));
      return (bead) => tests.every((test) => test(bead));
    }
    case "or": {
      const tests = expression.parts.map((part) => testOf(part, now, parents));
      return (bead) => tests.some((test) => test(bead));
    }
    case "not": {
      const tests = expression.parts.map((part) => testOf(part, now, parents));
      return (bead) => !tests.some((test) => test(bead));
    }
    default:
      return valueTest(expression, now, parents);
  }
}
