import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject, readJsonFile, writeJsonFile } from "../town/json-file.ts";
import { writeFileAtomic } from "../town/write-file.ts";
import type { FormulaFile } from "./library.ts";
import { textHash } from "./open-library.ts";

/** Which shipped texts were copied into a directory for editing (spec/02 §6.1). */
const record = (directory: string): string => join(directory, ".installed.json");

/** Copies a formula into a directory and remembers its text. The file must not be there. Gives back its path. */
export async function ejectFormula(source: FormulaFile, directory: string): Promise<string> {
  const name = `${source.name}.formula.${source.path.endsWith(".json") ? "json" : "toml"}`;
  const path = join(directory, name);
  await writeFileAtomic(path, source.text);
  await writeJsonFile(record(directory), {
    formulas: { ...ejectedHashes(directory), [name]: source.sha256 },
  });
  return path;
}

/** SHA-256 of the shipped text at the time of the copy, by file name. */
export function ejectedHashes(directory: string): Readonly<Record<string, string>> {
  const formulas = readJsonFile(record(directory))?.["formulas"];
  return Object.fromEntries(
    Object.entries(isObject(formulas) ? formulas : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

export type CopyState = "current" | "modified" | "outdated" | "gone";

/** How a copy stands to what is shipped now; `outdated` only when nobody changed it, so that it can be renewed. */
export function copyState(
  directory: string,
  file: string,
  ejected: string,
  shipped: string | undefined,
): CopyState {
  let text: string;
  try {
    text = readFileSync(join(directory, file), "utf8");
  } catch {
    // Whoever deleted the copy wants the shipped one.
    return "gone";
  }
  if (textHash(text) !== ejected) return "modified";
  return shipped !== undefined && shipped !== ejected ? "outdated" : "current";
}
