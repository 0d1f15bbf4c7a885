import { parseText } from "./parse-text.ts";
import type { Problem } from "./problem.ts";
import type { Proto } from "./proto.ts";
import { TableReader } from "./read-table.ts";

/** Reads a proto that `bd cook --output` wrote (spec/02 §13.2). */
export function readProto(
  text: string,
  shown: string,
): { readonly proto: Proto | undefined; readonly problems: readonly Problem[] } {
  const { log, table } = parseText(text, "json", shown);
  const top = new TableReader(log, "", table ?? {});
  if (table !== undefined && (top.value("schema") !== 1 || top.text("proto") === undefined))
    log.add("F005", "schema", "the file is no proto of schema 1", {
      fix: "bd cook <formula> --output <file>",
    });
  for (const step of top.tables("steps"))
    if (
      step.text("id") === undefined ||
      step.text("title") === undefined ||
      !Array.isArray(step.value("needs"))
    )
      log.add("F005", step.path, "the step lacks id, title or needs", {
        fix: "bd cook <formula> --output <file>",
      });
  // Its steps are checked again when they are ordered; what else is in it, we wrote.
  return { proto: log.hasErrors ? undefined : (table as unknown as Proto), problems: log.problems };
}
