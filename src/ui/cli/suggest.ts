import { nearestNames } from "../../core/nearest-name.ts";

/** Up to three candidates for a mistyped word, a known synonym first (spec/07 §1.6). */
export function suggest(
  word: string,
  candidates: readonly string[],
  synonyms: Readonly<Record<string, string>> = {},
): readonly string[] {
  const synonym = Object.hasOwn(synonyms, word) ? synonyms[word] : undefined;
  const near = nearestNames(word, candidates);
  return [...new Set(synonym === undefined ? near : [synonym, ...near])].slice(0, 3);
}
