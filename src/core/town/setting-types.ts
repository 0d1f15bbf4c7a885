import { parseDuration } from "../duration.ts";
import { isObject } from "./json-file.ts";

/** What values a setting takes: how they are checked in a file and read from a command line (spec/07 §6.3). */
export interface SettingType {
  /** For people: `an integer >= -1`. */
  readonly description: string;
  /** A value that would be right. */
  readonly example: string;
  accepts(value: unknown): boolean;
  /** The value meant by an argument; undefined when it cannot be one. */
  parse(text: string): unknown;
}

export const text: SettingType = {
  description: "a text",
  example: "claude",
  accepts: (value) => typeof value === "string",
  parse: (given) => given,
};

export const flag: SettingType = {
  description: "true or false",
  example: "true",
  accepts: (value) => typeof value === "boolean",
  parse: (given) => {
    if (["true", "on", "yes", "1"].includes(given)) return true;
    return ["false", "off", "no", "0"].includes(given) ? false : undefined;
  },
};

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): SettingType {
  const accepts = (value: unknown): boolean =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
  return {
    description: `an integer ${max === Number.MAX_SAFE_INTEGER ? `>= ${min}` : `from ${min} to ${max}`}`,
    example: String(Math.max(min, 1)),
    accepts,
    parse: (given) => (/^-?\d+$/.test(given) && accepts(Number(given)) ? Number(given) : undefined),
  };
}

export const amount: SettingType = {
  description: "a number >= 0",
  example: "0.5",
  accepts: (value) => typeof value === "number" && value >= 0,
  parse: (given) => (/^\d+(\.\d+)?$/.test(given) ? Number(given) : undefined),
};

/** Durations are stored as they are written, e.g. `"15m"`. */
export function span(least: "positive" | "zero"): SettingType {
  const accepts = (value: unknown): boolean => {
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    return ms !== undefined && (least === "zero" || ms > 0);
  };
  return {
    description: `a duration${least === "zero" ? "" : " > 0"}`,
    example: "15m",
    accepts,
    parse: (given) => (accepts(given) ? given : undefined),
  };
}

export function oneOf(...values: readonly string[]): SettingType {
  const accepts = (value: unknown): boolean => typeof value === "string" && values.includes(value);
  return {
    description: `one of ${values.join(", ")}`,
    example: values[0] ?? "",
    accepts,
    parse: (given) => (accepts(given) ? given : undefined),
  };
}

export function pattern(description: string, example: string, expression: RegExp): SettingType {
  const accepts = (value: unknown): boolean => typeof value === "string" && expression.test(value);
  return { description, example, accepts, parse: (given) => (accepts(given) ? given : undefined) };
}

export const list: SettingType = {
  description: "a list of texts",
  example: "one,two",
  accepts: (value) => Array.isArray(value) && value.every((entry) => typeof entry === "string"),
  parse: (given) => {
    if (!given.trimStart().startsWith("["))
      return given
        .split(",")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== "");
    const value = parseJson(given);
    return list.accepts(value) ? value : undefined;
  },
};

/** A free-form object whose keys a person chooses; its entries are typed by their owner's chapter. */
export const map: SettingType = {
  description: "a JSON object",
  example: '{"name": "value"}',
  accepts: isObject,
  parse: (given) => {
    const value = parseJson(given);
    return isObject(value) ? value : undefined;
  },
};

/** For an entry of a map: true and false, numbers and JSON as they look, else the text itself (spec/07 §6.5). */
export function inferValue(given: string): unknown {
  if (given === "true" || given === "false") return given === "true";
  if (/^-?\d+(\.\d+)?$/.test(given)) return Number(given);
  return /^[[{"]/.test(given.trim()) ? (parseJson(given) ?? given) : given;
}

function parseJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}
