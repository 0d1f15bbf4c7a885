import { parseText } from "./parse-text.ts";
import { TableReader } from "./read-table.ts";

const header = /^[ \t]*\[\[[ \t]*step-overrides[ \t]*\]\]/gm;

/** The overlay's text without the entries for these steps; everything else stays as it was written. */
export function withoutOverrides(text: string, stale: ReadonlySet<string>): string {
  const starts = [...text.matchAll(header)].map(({ index }) => index);
  const kept = starts.flatMap((start, entry) => {
    const part = text.slice(start, starts[entry + 1] ?? text.length);
    return stale.has(stepOf(part)) ? [] : [part];
  });
  return text.slice(0, starts[0] ?? text.length) + kept.join("");
}

function stepOf(entry: string): string {
  const { log, table } = parseText(entry, "toml", "");
  const [override] = new TableReader(log, "", table ?? {}).tables("step-overrides");
  return override?.text("step_id") ?? "";
}
