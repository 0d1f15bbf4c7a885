import { sanitise, sanitiseLine } from "../../core/sanitise.ts";

/**
 * Words in angle brackets with which runtimes and models mark who is speaking or what a tool said. In somebody's text they
 * are only text, and must not look like anything else; other tags, as in code, stay readable.
 */
const markers =
  /<(?=\|)|<(?=\/?\s*[\w:-]*(?:system|assistant|human|user|instruction|function|tool|antml|reminder))/gi;

/** Text from outside as what it is: a quotation, line by line, never an instruction of ours. */
export function quote(text: string): string {
  return withoutMarkers(sanitise(text))
    .trim()
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}

/** The same within a line of ours, in at most 300 characters. */
export function quoteLine(text: string): string {
  return withoutMarkers(sanitiseLine(text)).slice(0, 300);
}

/** A quotation of at most `limit` characters, with where the rest is. */
export function quoteShortly(text: string, limit: number, rest: string): string {
  const whole = quote(text);
  if (whole.length <= limit) return whole;
  const cut = whole.slice(0, Math.max(0, limit - rest.length - 5));
  // Half of a surrogate pair is no character.
  return `${cut.replace(/[\ud800-\udbff]$/, "")}\n> … ${rest}`;
}

function withoutMarkers(text: string): string {
  return text.replace(markers, "‹");
}
