import { parseDuration } from "../duration.ts";
import { isTable, type Table } from "./parse-text.ts";
import { nearestName, type ProblemLog } from "./problem.ts";

const forbidden = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Takes typed values out of one table and notes every value of another type (F005) and every key that nobody asked for
 * (F006). Problems never stop the reading; the reader gives a value that lets it go on.
 */
export class TableReader {
  readonly log: ProblemLog;
  /** Where the table is: `steps[2].gate`; empty at the top. */
  readonly path: string;
  readonly #table: Table;
  readonly #known = new Set<string>();

  constructor(log: ProblemLog, path: string, table: Table) {
    this.log = log;
    this.path = path;
    this.#table = table;
    for (const key of Object.keys(table))
      if (forbidden.has(key))
        log.add("F006", this.at(key), `the key "${key}" is not allowed`, { fix: "rename it" });
  }

  at(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  has(key: string): boolean {
    this.#known.add(key);
    return Object.hasOwn(this.#table, key) && !forbidden.has(key);
  }

  value(key: string): unknown {
    return this.has(key) ? this.#table[key] : undefined;
  }

  keys(): readonly string[] {
    return Object.keys(this.#table).filter((key) => !forbidden.has(key));
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "string") return value;
    this.wrongType(key, "a string", value, `${key} = "text"`);
    return undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "boolean") return value;
    this.wrongType(key, "true or false", value, `${key} = true`);
    return undefined;
  }

  integer(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    this.wrongType(key, "an integer", value, `${key} = 1`);
    return undefined;
  }

  texts(key: string): readonly string[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.wrongType(key, "a list of strings", value, `${key} = ["one", "two"]`);
      return [];
    }
    return value.flatMap((part: unknown, index) => {
      if (typeof part === "string") return [part];
      this.wrongType(`${key}[${index}]`, "a string", part, `${key} = ["one", "two"]`);
      return [];
    });
  }

  table(key: string): TableReader | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (isTable(value)) return new TableReader(this.log, this.at(key), value);
    this.wrongType(key, "a table", value, `[${this.at(key)}]`);
    return undefined;
  }

  tables(key: string): readonly TableReader[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.wrongType(key, "a list of tables", value, `[[${this.at(key).replace(/\[\d+\]/g, "")}]]`);
      return [];
    }
    return value.flatMap((part: unknown, index) => {
      if (isTable(part)) return [new TableReader(this.log, `${this.at(key)}[${index}]`, part)];
      this.wrongType(`${key}[${index}]`, "a table", part, `${key} = [{ id = "one" }]`);
      return [];
    });
  }

  /** A table of texts; numbers and booleans become text. */
  textTable(key: string): Readonly<Record<string, string>> {
    const table = this.table(key);
    if (table === undefined) return {};
    return Object.fromEntries(
      table.keys().flatMap((name) => {
        const text = table.scalar(name);
        return text === undefined ? [] : [[name, text] as const];
      }),
    );
  }

  /** A string, number or boolean, as text. */
  scalar(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "string") return value;
    if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value)))
      return String(value);
    this.wrongType(key, "a string, number or boolean", value, `${key} = "text"`);
    return undefined;
  }

  choice<T extends string>(key: string, choices: readonly T[], code = "F005"): T | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined)
      this.log.add(code, this.at(key), `"${text}" is none of: ${choices.join(", ")}`, {
        fix: `one of: ${choices.join(", ")}`,
      });
    return found;
  }

  /** A span as written, such as `30m`. */
  duration(key: string, code: string): string | undefined {
    const text = this.text(key);
    if (text === undefined || text.includes("{{") || (parseDuration(text) ?? 0) > 0) return text;
    this.log.add(code, this.at(key), `"${text}" is not a duration`, {
      fix: 'such as "90s", "30m" or "1h30m"',
    });
    return undefined;
  }

  wrongType(key: string, expected: string, found: unknown, example: string): void {
    this.log.add("F005", this.at(key), `expected ${expected}, found ${kindOf(found)}`, {
      fix: `for example: ${example}`,
    });
  }

  /** Warns of every key that was not asked for. `gone` says of some what to do instead. */
  finish(gone: Readonly<Record<string, string>> = {}): void {
    for (const key of this.keys()) {
      if (this.#known.has(key)) continue;
      const near = nearestName(key, [...this.#known]);
      const instead = Object.hasOwn(gone, key) ? gone[key] : undefined;
      const fix = instead ?? (near === undefined ? "remove it" : `did you mean "${near}"?`);
      this.log.warn("F006", this.at(key), `unknown key "${key}" is ignored`, { fix });
    }
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return "a string";
    case "number":
      return Number.isInteger(value) ? "an integer" : "a number";
    case "bigint":
      return "an integer that is too large";
    case "boolean":
      return "a boolean";
    default:
      return "a table";
  }
}
