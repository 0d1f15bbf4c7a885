import { cook, tryCook } from "../../../src/core/formulas/cook.ts";
import type { CookRequest } from "../../../src/core/formulas/cook-request.ts";
import type { FormulaFile, FormulaLibrary } from "../../../src/core/formulas/library.ts";
import { textHash } from "../../../src/core/formulas/open-library.ts";
import type { Problem } from "../../../src/core/formulas/problem.ts";
import type { Proto } from "../../../src/core/formulas/proto.ts";
import { readFormula } from "../../../src/core/formulas/read-formula.ts";

/** Formulas that are nowhere but here, by name. */
export function libraryOf(texts: Readonly<Record<string, string>>): FormulaLibrary {
  return {
    find: (name) => {
      const text = texts[name];
      return text === undefined ? undefined : formulaFile(name, text);
    },
    names: () => Object.keys(texts),
    searched: ["here"],
  };
}

export function formulaFile(name: string, text: string): FormulaFile {
  const shown = `${name}.formula.toml`;
  const read = readFormula({ text, format: "toml", stem: name, shown });
  return { name, tier: "file", path: `/${shown}`, shown, text, sha256: textHash(text), ...read };
}

/** Cooks in runtime mode with these values given. */
export function cooked(
  texts: Readonly<Record<string, string>>,
  name: string,
  given: Readonly<Record<string, string>> = {},
  more: Partial<CookRequest> = {},
): Proto {
  return cook(formulaFile(name, texts[name] ?? ""), libraryOf(texts), request(given, more));
}

/** Codes of what is wrong with it. */
export function problemsOf(
  texts: Readonly<Record<string, string>>,
  name: string,
  given: Readonly<Record<string, string>> = {},
  more: Partial<CookRequest> = {},
): readonly Problem[] {
  return tryCook(formulaFile(name, texts[name] ?? ""), libraryOf(texts), request(given, more)).problems;
}

function request(given: Readonly<Record<string, string>>, more: Partial<CookRequest>): CookRequest {
  return { mode: "runtime", values: [{ kind: "given", values: given, isTrusted: true }], ...more };
}

/** `id [needs] wave`, one line a step. */
export function outline({ steps }: Proto): readonly string[] {
  return steps.map(({ id, needs, wave }) => `${id} [${needs.join(", ")}] ${wave}`);
}
