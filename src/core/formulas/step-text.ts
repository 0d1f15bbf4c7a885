/**
 * A step's text for whoever follows it: a block of code that is empty because its command is not configured says so
 * (spec/02 §10.1).
 */
export function stepText(description: string): string {
  return description
    .replace(/^([ \t]*```\w*)[ \t]*\n\s*\n([ \t]*```)/gm, "$1\n(not configured: skip)\n$2")
    .trim();
}
