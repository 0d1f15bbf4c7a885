import { usageError } from "../../../core/gt-error.ts";

/** Splits `[agent] <number>...`: the first word that is no number is the agent. */
export function splitNumbers(words: readonly string[]): {
  readonly agent: string | undefined;
  readonly numbers: readonly number[];
} {
  const [first = ""] = words;
  const hasAgent = !/^\d+$/.test(first);
  const numbers = (hasAgent ? words.slice(1) : words).map((word) => {
    if (/^\d+$/.test(word)) return Number(word);
    throw usageError(`"${word}" is not the number of a snapshot`, { hint: "gt hook snapshots" });
  });
  if (numbers.length === 0) throw usageError("which snapshot?", { hint: "gt hook snapshots" });
  return { agent: hasAgent ? first : undefined, numbers };
}
