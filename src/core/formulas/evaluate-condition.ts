import type { Bead } from "../ledger/bead.ts";

/** What a condition of spec/02 §8.4 may ask about. */
export interface ConditionFacts {
  /** The step that the condition is about. */
  readonly step: string;
  /** Beads of the molecule's steps by their names. */
  readonly steps: ReadonlyMap<string, Bead>;
  /** Beads right below a step, and at any depth. */
  readonly children: (step: string) => readonly Bead[];
  readonly descendants: (step: string) => readonly Bead[];
  /** Whether a path inside of the worktree is there; undefined when there is no worktree to look in. */
  readonly fileExists: (path: string) => boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `unknown`: it asks about something that is not there. */
export type ConditionAnswer = "true" | "false" | { readonly unknown: string };

const operator = "(==|!=|>=|<=|>|<)";
const value = `('[^']*'|"[^"]*"|[^\\s'"()]+)`;
const forms = {
  file: /^file\.exists\(\s*(?:'([^']+)'|"([^"]+)")\s*\)$/,
  group: new RegExp(
    `^(children|descendants)\\(\\s*([\\w.-]+)\\s*\\)\\.(all|any)\\(\\s*([\\w.-]+)\\s*${operator}\\s*${value}\\s*\\)$`,
  ),
  count: new RegExp(
    `^(children|descendants)\\(\\s*([\\w.-]+)\\s*\\)\\.count\\(\\s*([\\w.-]+)\\s*${operator}\\s*${value}\\s*\\)\\s*${operator}\\s*(\\d+)$`,
  ),
  plain: new RegExp(`^([\\w.-]+?)\\s*${operator}\\s*${value}$`),
};

/** Decides a condition. Pure but for the facts; nothing in it is ever run. */
export function evaluateCondition(text: string, facts: ConditionFacts): ConditionAnswer {
  const condition = text.trim();
  const file = forms.file.exec(condition);
  if (file !== null) {
    const path = file[1] ?? file[2] ?? "";
    const isThere = facts.fileExists(path);
    return isThere === undefined
      ? { unknown: `there is no worktree in which ${path} could be` }
      : answer(isThere);
  }
  const group = forms.group.exec(condition);
  if (group !== null) {
    const [, kind = "", ref = "", how = "", field = "", op = "", wanted = ""] = group;
    const members = membersOf(facts, kind, ref);
    const holds = (bead: Bead) => compare(fieldOf(bead, field), op, plain(wanted));
    // All of nothing is not enough: what is waited for has not even been filed.
    return answer(how === "any" ? members.some(holds) : members.length > 0 && members.every(holds));
  }
  const count = forms.count.exec(condition);
  if (count !== null) {
    const [, kind = "", ref = "", field = "", op = "", wanted = "", than = "", number = ""] = count;
    const matching = membersOf(facts, kind, ref).filter((bead) =>
      compare(fieldOf(bead, field), op, plain(wanted)),
    );
    return answer(compare(String(matching.length), than, number));
  }
  const comparison = forms.plain.exec(condition);
  if (comparison === null) return { unknown: `"${condition}" is not a condition` };
  const [, left = "", op = "", right = ""] = comparison;
  const found = leftValue(left, facts);
  return typeof found === "object" ? found : answer(compare(found, op, plain(right)));
}

const answer = (holds: boolean): ConditionAnswer => (holds ? "true" : "false");

const plain = (text: string): string => (/^(['"]).*\1$/.test(text) ? text.slice(1, -1) : text);

function membersOf(facts: ConditionFacts, kind: string, ref: string): readonly Bead[] {
  const step = ref === "step" ? facts.step : ref;
  return kind === "children" ? facts.children(step) : facts.descendants(step);
}

/** The left side of a comparison; what was not said yet is empty. */
function leftValue(left: string, facts: ConditionFacts): string | { readonly unknown: string } {
  const env = /^env\.(\w+)$/.exec(left);
  if (env !== null) return facts.env[env[1] ?? ""] ?? "";
  const total = /^steps\.(\w+)$/.exec(left);
  if (total !== null)
    return String([...facts.steps.values()].filter((bead) => statusWord(bead) === total[1]).length);
  const own = /^output\.(.+)$/.exec(left);
  if (own !== null) return outputOf(facts.steps.get(facts.step), own[1] ?? "");
  const other = /^(.+?)\.(status|output\.(.+))$/.exec(left);
  if (other === null) return { unknown: `"${left}" is nothing that a condition can ask about` };
  const name = other[1] === "step" ? facts.step : (other[1] ?? "");
  const bead = facts.steps.get(name);
  if (bead === undefined) return { unknown: `there is no step ${name}` };
  return other[2] === "status" ? statusWord(bead) : outputOf(bead, other[3] ?? "");
}

function statusWord(bead: Bead): string {
  if (bead.status === "closed")
    return bead.outcome === "failure" ? "failed" : bead.outcome === "skipped" ? "skipped" : "complete";
  if (bead.status === "blocked" && bead.metadata["failed"] !== undefined) return "failed";
  return bead.status === "in_progress" || bead.status === "hooked" ? "in_progress" : "pending";
}

function fieldOf(bead: Bead, field: string): string {
  if (field === "status") return statusWord(bead);
  if (field.startsWith("output.")) return outputOf(bead, field.slice("output.".length));
  const own = (bead as unknown as Readonly<Record<string, unknown>>)[field];
  return typeof own === "string" || typeof own === "number" || typeof own === "boolean" ? String(own) : "";
}

function outputOf(bead: Bead | undefined, path: string): string {
  let at: unknown = bead?.metadata["output"];
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return "";
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return typeof at === "object" ? JSON.stringify(at) : String(at ?? "");
}

/** As numbers when both sides are, else as texts. */
function compare(left: string, op: string, right: string): boolean {
  const isNumber = (text: string) => text.trim() !== "" && Number.isFinite(Number(text));
  const both = isNumber(left) && isNumber(right);
  const order = both ? Math.sign(Number(left) - Number(right)) : left < right ? -1 : left > right ? 1 : 0;
  switch (op) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "<":
      return order < 0;
    default:
      return order <= 0;
  }
}
