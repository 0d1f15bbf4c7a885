import type { Bead, Dependency } from "../ledger/bead.ts";
import { stepTypes } from "./formula.ts";

export interface DistillRequest {
  /** Name of the formula. */
  readonly name: string;
  readonly epic: Bead;
  readonly children: readonly Bead[];
  /** Edges that start at the children. */
  readonly edges: readonly Dependency[];
  /** Each value becomes a variable of that name wherever it stands as a whole word. */
  readonly vars: Readonly<Record<string, string>>;
}

/** A formula, as TOML, that describes the work of an epic (spec/02 §13.3): its children are the steps. Pure. */
export function distill({ name, epic, children, edges, vars }: DistillRequest): string {
  const ids = stepIds(children);
  const generalise = (text: string): string => withVariables(text, vars);
  const steps = children.map((bead) => {
    const needs = edges.flatMap(({ from, to, type }) =>
      from === bead.id && type === "blocks" ? (ids.get(to) ?? []) : [],
    );
    return table("[[steps]]", {
      id: ids.get(bead.id),
      title: generalise(bead.title),
      description: generalise(bead.description),
      needs,
      acceptance: generalise(bead.acceptanceCriteria),
      type: isStepType(bead.type) && bead.type !== "task" ? bead.type : "",
      priority: bead.priority === 2 ? undefined : bead.priority,
      labels: bead.labels,
    });
  });
  const variables = Object.entries(vars).map(([variable, value]) =>
    table(`[vars.${variable}]`, { description: `stood for ${value}`, required: true }),
  );
  const head = table("", {
    formula: name,
    type: "workflow",
    version: 1,
    description: generalise(epic.description || epic.title),
  });
  return [head, ...variables, ...steps].join("\n");
}

const isStepType = (type: string): boolean => (stepTypes as readonly string[]).includes(type);

/** Names made of the titles, each used once. */
function stepIds(children: readonly Bead[]): ReadonlyMap<string, string> {
  const used = new Set<string>();
  return new Map(
    children.map((bead) => {
      const base = slug(bead.title) || "step";
      let id = base;
      for (let count = 2; used.has(id); count++) id = `${base}-${count}`;
      used.add(id);
      return [bead.id, id];
    }),
  );
}

/** Lower-case words joined by hyphens, at most sixty characters. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "");

function withVariables(text: string, vars: Readonly<Record<string, string>>): string {
  const names = new Map(Object.entries(vars).map(([name, value]) => [value, name]));
  const values = [...names.keys()]
    .filter((value) => value !== "")
    .toSorted((one, other) => other.length - one.length);
  // What looks like a placeholder in the beads' own texts stays what it is.
  const literal = text.replace(/\{\{(?=[A-Za-z_])/g, "\\{{");
  if (values.length === 0) return literal;
  const pattern = values.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return literal.replace(
    new RegExp(`(?<![\\p{L}\\p{N}_])(?:${pattern})(?![\\p{L}\\p{N}_])`, "gu"),
    (value) => `{{${names.get(value)}}}`,
  );
}

/** JSON's strings, numbers and lists are TOML's, too. Empty values are left out. */
function table(header: string, values: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(values)
    .filter(
      ([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
    )
    .map(([key, value]) => `${key} = ${JSON.stringify(value).replaceAll("\u007f", "\\u007f")}`);
  return `${[...(header === "" ? [] : [header]), ...lines].join("\n")}\n`;
}
