import { usageError } from "../../../core/gt-error.ts";
import { suggest } from "../suggest.ts";
import { didYouMean } from "../../../core/nearest-name.ts";
import { canonicalType } from "../../../core/ledger/bead-types.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { parsePriority } from "./priority.ts";
import { parseTime } from "./time-expression.ts";

export type Expression =
  | { readonly kind: "and" | "or" | "not"; readonly parts: readonly Expression[] }
  | Comparison;

export interface Comparison {
  readonly kind: "compare";
  readonly field: string;
  readonly operator: "=" | "!=" | ">" | ">=" | "<" | "<=";
  readonly value: string;
}

const times: Readonly<Record<string, (bead: Bead) => number | undefined>> = {
  created: (bead) => bead.createdAt,
  updated: (bead) => bead.updatedAt,
  started: (bead) => bead.startedAt,
  closed: (bead) => bead.closedAt,
};
const flagsOf: Readonly<Record<string, (bead: Bead) => boolean>> = {
  pinned: (bead) => bead.pinned,
  ephemeral: (bead) => bead.ephemeral,
  template: (bead) => bead.isTemplate,
};
const texts: Readonly<Record<string, (bead: Bead) => string>> = {
  status: (bead) => bead.status,
  type: (bead) => bead.type,
  assignee: (bead) => bead.assignee,
  owner: (bead) => bead.owner,
  id: (bead) => bead.id,
  spec: (bead) => bead.specId,
  mol_type: (bead) => bead.molType || "work",
};
/** Found by a part of them, in any case. */
const prose: Readonly<Record<string, (bead: Bead) => string>> = {
  title: (bead) => bead.title,
  description: (bead) => bead.description,
  notes: (bead) => bead.notes,
};
const fields = [...Object.keys({ ...times, ...flagsOf, ...texts, ...prose }), "priority", "label", "parent"];

/** Reads `status=open AND (priority<=1 OR label=urgent)` (spec/01 §10.3). */
export function parseQuery(text: string): Expression {
  const tokens = tokenise(text);
  let at = 0;
  const peek = () => tokens[at];
  const isWord = (word: string) => peek()?.toUpperCase() === word;
  const parseOr = (): Expression => {
    const parts = [parseAnd()];
    while (isWord("OR")) {
      at++;
      parts.push(parseAnd());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "or", parts };
  };
  const parseAnd = (): Expression => {
    const parts = [parseNot()];
    while (isWord("AND")) {
      at++;
      parts.push(parseNot());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "and", parts };
  };
  const parseNot = (): Expression => {
    if (isWord("NOT")) {
      at++;
      return { kind: "not", parts: [parseNot()] };
    }
    if (peek() === "(") {
      at++;
      const inner = parseOr();
      if (tokens[at++] !== ")") throw wrong("a parenthesis is not closed");
      return inner;
    }
    return parseComparison();
  };
  const parseComparison = (): Comparison => {
    const field = tokens[at++]?.toLowerCase();
    const operator = tokens[at++];
    const value = tokens[at++];
    if (field === undefined || field === "" || /^[()]$/.test(field)) throw wrong("a condition is missing");
    if (!fields.includes(field))
      throw wrong(`unknown field "${sanitiseLine(field)}"${didYouMean(suggest(field, fields))}`);
    if (!isOperator(operator)) throw wrong(`expected = != > >= < <= after ${field}`);
    if (value === undefined) throw wrong(`a value is missing after ${field}${operator}`);
    return { kind: "compare", field, operator, value: value.replace(/^(["'])(.*)\1$/s, "$2") };
  };
  const expression = parseOr();
  if (at < tokens.length) throw wrong(`unexpected "${sanitiseLine(tokens[at] ?? "")}"`);
  return expression;
}

function tokenise(text: string): readonly string[] {
  const pattern = /\s*(?:("(?:[^"\\]|\\.)*"|'[^']*')|(!=|>=|<=|[=<>])|([()])|([^\s()=<>!"']+))/y;
  const tokens: string[] = [];
  while (pattern.lastIndex < text.trimEnd().length) {
    const match = pattern.exec(text.trimEnd());
    if (match === null) throw wrong("it cannot be read");
    tokens.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? "");
  }
  if (tokens.length === 0)
    throw usageError("missing argument <expression>", { hint: "bd query 'status=open AND priority<=1'" });
  return tokens;
}

function isOperator(token: string | undefined): token is Comparison["operator"] {
  return token !== undefined && ["=", "!=", ">", ">=", "<", "<="].includes(token);
}

function wrong(why: string) {
  return usageError(`this is not a query: ${why}`, {
    hint: "bd query 'status=open AND (priority<=1 OR label=urgent)'",
  });
}

/** Whether a bead meets one condition; wrong values are refused before any bead is looked at. */
export function valueTest(
  { field, operator, value }: Comparison,
  now: number,
  parents: ReadonlyMap<string, string>,
): (bead: Bead) => boolean {
  const isNone = value.toLowerCase() === "none";
  const timeOf = times[field];
  if (timeOf !== undefined) {
    if (isNone) return (bead) => (timeOf(bead) === undefined) === (operator === "=");
    // A bare duration means that long ago: `updated>7d` reads "updated within the last seven days".
    const moment = parseTime(/^\d+(?:min|[hdwmy])$/.test(value) ? `-${value}` : value, now);
    return (bead) => {
      const time = timeOf(bead);
      return time !== undefined && compare(time - moment, operator);
    };
  }
  if (field === "priority") {
    const level = parsePriority(value);
    return (bead) => compare(bead.priority - level, operator);
  }
  if (operator !== "=" && operator !== "!=") throw wrong(`${field} can only be compared with = and !=`);
  const wanted = operator === "=";
  const flagOf = flagsOf[field];
  if (flagOf !== undefined) return (bead) => (flagOf(bead) === (value.toLowerCase() === "true")) === wanted;
  if (field === "label") {
    return (bead) => (isNone ? bead.labels.length === 0 : bead.labels.includes(value)) === wanted;
  }
  if (field === "parent")
    return (bead) => ((parents.get(bead.id) ?? "") === (isNone ? "" : value)) === wanted;
  const proseOf = prose[field];
  if (proseOf !== undefined) {
    const part = value.toLowerCase();
    return (bead) => (isNone ? proseOf(bead) === "" : proseOf(bead).toLowerCase().includes(part)) === wanted;
  }
  const textOf = texts[field];
  const exact = isNone ? "" : field === "type" ? canonicalType(value) : value;
  return (bead) => (textOf?.(bead) === exact) === wanted;
}

function compare(difference: number, operator: Comparison["operator"]): boolean {
  switch (operator) {
    case "=":
      return difference === 0;
    case "!=":
      return difference !== 0;
    case ">":
      return difference > 0;
    case ">=":
      return difference >= 0;
    case "<":
      return difference < 0;
    default:
      return difference <= 0;
  }
}
