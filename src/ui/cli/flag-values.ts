import { type Clock, systemClock } from "../../core/clock.ts";
import { usageError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { FlagSpec, FlagValues } from "./command.ts";
import { durationOf, pastTimeOf } from "./time-values.ts";

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  "1": true,
  false: false,
  off: false,
  no: false,
  "0": false,
};

/** A boolean as people write it (spec/07 §1.2). */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(booleans, word) ? booleans[word] : undefined;
}

/** What was given on the command line, with the defaults of the command's flags below it. */
export function flagValues(
  given: ReadonlyMap<string, readonly string[]>,
  specs: readonly FlagSpec[],
  clock: Clock = systemClock,
): FlagValues {
  const defaults = new Map(specs.map((spec) => [spec.name, spec.default]));
  const last = (name: string): string | undefined => given.get(name)?.at(-1) ?? defaults.get(name);
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = last(name);
    return text === undefined || text === "" ? undefined : parse(text);
  };
  return {
    has: (name) => given.has(name),
    boolean: (name) => last(name) === "true",
    string: last,
    strings: (name) =>
      given.get(name) ?? (defaults.get(name) === undefined ? [] : [defaults.get(name) ?? ""]),
    integer: (name) =>
      read(name, (text) => {
        const value = Number(text);
        if (/^\s*[+-]?\d+\s*$/.test(text) && Number.isSafeInteger(value)) return value;
        throw usageError(`--${name}: "${sanitiseLine(text)}" is not a whole number`);
      }),
    duration: (name) => read(name, (text) => durationOf(name, text)),
    since: (name) => read(name, (text) => pastTimeOf(name, text, clock.now())),
  };
}
