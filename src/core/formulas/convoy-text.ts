import { isTruthy } from "./condition.ts";
import { substitute, type LookUp } from "./substitute.ts";

const tag = /\{\{(#if\s+[a-zA-Z_][\w.]*|\/if)\}\}/g;
/** A tag that is alone on its line takes the line with it. */
const loneTag = /^[ \t]*(\{\{(?:#if\s+[a-zA-Z_][\w.]*|\/if)\}\})[ \t]*(?:\n|$)/gm;

/** Fills in a text of a convoy formula: `{{#if name}}...{{/if}}`, then the values (spec/02 §4.5). */
export function renderConvoyText(text: string, lookUp: LookUp): string {
  return substitute(keptBlocks(text, lookUp), lookUp).trim();
}

/** Older files write `{{.name}}`. */
function keptBlocks(text: string, lookUp: LookUp): string {
  const clean = text.replace(/\{\{\.([a-zA-Z_])/g, "{{$1").replace(loneTag, "$1");
  const isKept: boolean[] = [];
  let kept = "";
  let from = 0;
  const take = (until: number) => {
    if (!isKept.includes(false)) kept += clean.slice(from, until);
  };
  for (const match of clean.matchAll(tag)) {
    take(match.index);
    from = match.index + match[0].length;
    const [, word = ""] = match;
    if (word === "/if") isKept.pop();
    else isKept.push(isTruthy(lookUp(word.slice(3).trim()) ?? ""));
  }
  take(clean.length);
  return kept;
}

/** Tags that open nothing or are never closed; undefined when they match. */
export function blockProblem(text: string): string | undefined {
  let depth = 0;
  for (const [whole, word = ""] of text.matchAll(tag)) {
    depth += word === "/if" ? -1 : 1;
    if (depth < 0) return `${whole} closes nothing`;
  }
  return depth > 0 ? "a {{#if}} is never closed" : undefined;
}
