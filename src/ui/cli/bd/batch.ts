import { GtError, usageError } from "../../../core/gt-error.ts";
import { canonicalType } from "../../../core/ledger/bead-types.ts";
import type { BeadFields, Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { readText } from "./content.ts";
import { parsePriority } from "./priority.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

interface Step {
  readonly line: number;
  readonly op: string;
  /** Id, or the name of a bead that is created. */
  readonly target: string;
  readonly operations: readonly Operation[];
}

/** `bd batch`: lines of changes in one transaction (spec/01 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, cwd } = context;
  const file = flags.string("file") ?? "-";
  const text = file === "-" ? await context.input() : readText(cwd, file);
  const workspace = await openWorkspace(context);
  const steps: Step[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const words = splitWords(raw);
    if (words.length === 0 || words[0]?.startsWith("#")) continue;
    steps.push(await inLine(index + 1, () => parseStep(workspace, words, index + 1)));
  }
  const isDry = flags.boolean("dry-run");
  const named = isDry ? {} : await applyAll(workspace, steps);
  const results = steps.map(({ line, op, target }) => ({ line, op, target: named[target] ?? target }));
  out.document({ operations: steps.length, status: "ok", results, ...(isDry ? { dry_run: true } : {}) });
  for (const { line, op, target } of results)
    out.line(`${isDry ? "would" : "✓"} ${line}: ${op} ${sanitiseLine(target)}`);
}

async function applyAll(
  workspace: Workspace,
  steps: readonly Step[],
): Promise<Readonly<Record<string, string>>> {
  if (steps.length === 0) return {};
  try {
    return (await workspace.write(steps.flatMap((step) => step.operations))).named;
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    throw await blame(workspace, steps, error);
  }
}

/** Names the line that made the transaction fail: the shortest run of lines that fails ends with it. */
async function blame(workspace: Workspace, steps: readonly Step[], error: GtError): Promise<GtError> {
  let passing = 0;
  let failing = steps.length;
  while (failing - passing > 1) {
    const middle = Math.floor((passing + failing) / 2);
    if (await fails(workspace, steps.slice(0, middle))) failing = middle;
    else passing = middle;
  }
  return lineError(steps[failing - 1]?.line ?? 0, error);
}

/** Tries operations without keeping them: a last one that cannot hold undoes the transaction. */
async function fails(workspace: Workspace, steps: readonly Step[]): Promise<boolean> {
  const undo: Operation = { op: "expectRow", table: "operations", key: "bd-batch-trial", rev: -1 };
  try {
    await workspace.write([...steps.flatMap((step) => step.operations), undo]);
    return false;
  } catch (error) {
    return !(error instanceof GtError && error.message.includes("bd-batch-trial"));
  }
}

async function inLine<T>(line: number, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof GtError) throw lineError(line, error);
    throw error;
  }
}

function lineError(line: number, error: GtError): GtError {
  return new GtError(error.code, `line ${line}: ${error.message}`, {
    exitCode: error.exitCode,
    cause: error,
  });
}

async function parseStep(workspace: Workspace, words: readonly string[], line: number): Promise<Step> {
  const [verb = "", first = "", second = "", ...others] = words;
  switch (verb) {
    case "close": {
      const id = await workspace.resolve(first);
      const reason = [second, ...others].join(" ").trim() || "Closed";
      return { line, op: "close", target: id, operations: [{ op: "close", id, close: { reason } }] };
    }
    case "update": {
      const id = await workspace.resolve(first);
      const fields = parseFields([second, ...others].filter((word) => word !== ""));
      return { line, op: "update", target: id, operations: [{ op: "update", id, fields }] };
    }
    case "create": {
      const title = others.join(" ");
      if (title === "") throw usageError("create needs TYPE PRIORITY TITLE");
      const name = `line${line}`;
      const bead = { title, type: canonicalType(first), priority: parsePriority(second) };
      return { line, op: "create", target: name, operations: [{ op: "create", as: name, bead }] };
    }
    case "dep":
      return parseDependency(workspace, [first, second, ...others], line);
    default:
      throw usageError(`unknown operation "${sanitiseLine(verb)}" (close, update, create, dep)`);
  }
}

async function parseDependency(workspace: Workspace, words: readonly string[], line: number): Promise<Step> {
  const [verb, a = "", b = "", type] = words;
  if ((verb !== "add" && verb !== "remove") || b === "")
    throw usageError("expected: dep add|remove A B [TYPE]");
  const from = await workspace.resolve(a);
  const to = b.startsWith("external:") ? b : await workspace.resolve(b);
  const operation: Operation =
    verb === "add"
      ? { op: "addDependency", edge: { from, to, type: type ?? "blocks" } }
      : { op: "removeDependency", from, to, ...(type === undefined ? {} : { type }) };
  return { line, op: `dep ${verb}`, target: `${from} ${to}`, operations: [operation] };
}

function parseFields(parts: readonly string[]): BeadFields {
  if (parts.length === 0) throw usageError("update needs key=value");
  return Object.assign(
    {},
    ...parts.map((part): BeadFields => {
      const equals = part.indexOf("=");
      const value = part.slice(equals + 1);
      switch (part.slice(0, Math.max(0, equals))) {
        case "status":
          return { status: value };
        case "priority":
          return { priority: parsePriority(value) };
        case "title":
          return { title: value };
        case "assignee":
          return { assignee: value };
        default:
          throw usageError(`"${sanitiseLine(part)}" is not status=, priority=, title= or assignee=`);
      }
    }),
  );
}

/** Words of a line; double quotes keep spaces together. */
function splitWords(line: string): readonly string[] {
  return [...line.trim().matchAll(/((?:[^\s"]|"(?:[^"\\]|\\.)*")+)/g)].map(([word]) =>
    word.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner: string) => inner.replace(/\\(.)/g, "$1")),
  );
}
