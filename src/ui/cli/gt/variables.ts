import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";

/** The `name=value` words of `--var`, later ones winning; undefined when there are none. */
export function variables(words: readonly string[]): Readonly<Record<string, string>> | undefined {
  const entries = words.map((word): [string, string] => {
    const at = word.indexOf("=");
    if (at < 1) throw usageError(`invalid variable format '${sanitiseLine(word)}', expected key=value`);
    return [word.slice(0, at), word.slice(at + 1)];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
