import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { FormulaPlace } from "./formula-places.ts";
import type { FormulaFile, FormulaLibrary } from "./library.ts";
import { FormulaError, namesHint, type Problem } from "./problem.ts";
import { formulaName, readFormula } from "./read-formula.ts";
import { readProto } from "./read-proto.ts";

const ending = /\.formula\.(toml|json)$/;

/** Formulas of all tiers, read from their files when they are asked for and kept. */
export interface OpenLibrary extends FormulaLibrary {
  readonly places: readonly FormulaPlace[];
  /** A formula by name or by path; a `FormulaError` (F061) that says where it was looked for. */
  require(nameOrPath: string): FormulaFile;
  /** Every file, the strongest tier first; those that another one hides too. */
  all(): readonly FormulaFile[];
  /** What each place has of this name, in order. */
  trace(name: string): readonly { readonly place: FormulaPlace; readonly file: FormulaFile | undefined }[];
}

/** `cwd` only decides how paths are shown. */
export function openLibrary(places: readonly FormulaPlace[], cwd: string): OpenLibrary {
  return new FileLibrary(places, cwd);
}

class FileLibrary implements OpenLibrary {
  readonly places: readonly FormulaPlace[];
  readonly #cwd: string;
  readonly #files = new Map<string, FormulaFile | undefined>();
  /** Of a formula that was named by its path: its parents are there first. */
  #own: string | undefined;

  constructor(places: readonly FormulaPlace[], cwd: string) {
    this.places = places;
    this.#cwd = cwd;
  }

  get searched(): readonly string[] {
    return this.places.map(({ tier, directory }) =>
      tier === "embedded" ? "embedded" : shownPath(directory, this.#cwd),
    );
  }

  find(name: string): FormulaFile | undefined {
    const [plain = "", version] = name.split("@");
    if (!formulaName.test(plain)) return undefined;
    const candidates = plain.startsWith("mol-") ? [plain] : [plain, `mol-${plain}`];
    for (const candidate of candidates) {
      const own = this.#own === undefined ? undefined : this.#at(this.#own, "file", candidate);
      const files = [own, ...this.trace(candidate).map(({ file }) => file)];
      const found = files.find(
        (file) => file !== undefined && (version === undefined || String(file.formula?.version) === version),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }

  trace(name: string) {
    return this.places.map((place) => ({ place, file: this.#at(place.directory, place.tier, name) }));
  }

  require(nameOrPath: string): FormulaFile {
    if (/[/\\]/.test(nameOrPath) || /\.(toml|json)$/.test(nameOrPath)) return this.#byPath(nameOrPath);
    const found = this.find(nameOrPath);
    if (found !== undefined) return found;
    const problem: Problem = {
      code: "F061",
      severity: "error",
      file: nameOrPath,
      key: "",
      message: `formula "${nameOrPath}" is not found`,
      why: `looked in ${this.places
        .map(({ tier }, index) => (tier === "embedded" ? tier : `${tier} (${this.searched[index] ?? ""})`))
        .join(", ")}`,
      fix: `${namesHint(nameOrPath, this.names(), "formula")}; gt formula list`,
    };
    throw new FormulaError(nameOrPath, [problem]);
  }

  names(): readonly string[] {
    return [...new Set(this.places.flatMap(({ directory }) => namesIn(directory)))].sort();
  }

  all(): readonly FormulaFile[] {
    return this.places.flatMap((place) =>
      namesIn(place.directory).flatMap((name) => this.#at(place.directory, place.tier, name) ?? []),
    );
  }

  #byPath(path: string): FormulaFile {
    const absolute = resolve(this.#cwd, path);
    this.#own = dirname(absolute);
    const name = basename(absolute).replace(/(\.formula|\.proto)?\.(toml|json)$/, "");
    return this.#read(absolute, "file", name);
  }

  #at(directory: string, tier: string, name: string): FormulaFile | undefined {
    const key = join(directory, name);
    if (this.#files.has(key)) return this.#files.get(key);
    const [toml, json] = ["toml", "json"].map((format) => join(directory, `${name}.formula.${format}`));
    const present = new Set(filesIn(directory));
    const isThere = (path: string | undefined): path is string =>
      path !== undefined && present.has(basename(path));
    const path = [toml, json].find(isThere);
    const file = path === undefined ? undefined : this.#read(path, tier, name);
    const both = file !== undefined && path === toml && isThere(json);
    const known = both ? { ...file, problems: [...file.problems, hiddenBy(file, name)] } : file;
    this.#files.set(key, known);
    return known;
  }

  #read(path: string, tier: string, name: string): FormulaFile {
    const shown = tier === "embedded" ? `embedded:${name}` : shownPath(path, this.#cwd);
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      const problem: Problem = {
        code: "F001",
        severity: "error",
        file: shown,
        key: "",
        message: `cannot read the file (${reason})`,
        fix: "check the path and its permissions",
      };
      return {
        name,
        tier,
        path,
        shown,
        text: "",
        sha256: textHash(""),
        formula: undefined,
        problems: [problem],
      };
    }
    const read = { name, tier, path, shown, text, sha256: textHash(text) };
    if (path.endsWith(".proto.json")) {
      const { proto, problems } = readProto(text, shown);
      return {
        ...read,
        name: proto?.proto ?? name,
        formula: undefined,
        problems,
        ...(proto === undefined ? {} : { proto }),
      };
    }
    const format = path.endsWith(".json") ? "json" : "toml";
    const { formula, problems } = readFormula({ text, format, stem: name, shown });
    return { ...read, formula, problems };
  }
}

/** SHA-256 of a text, in hexadecimal: says later whether it is still the same (spec/02 §6.2). */
export function textHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hiddenBy({ shown }: FormulaFile, name: string): Problem {
  return {
    code: "F008",
    severity: "warning",
    file: shown,
    key: "",
    message: `${name}.formula.json beside it is not read`,
    fix: "remove one of them",
  };
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // A tier without a directory has no formulas.
    return [];
  }
}

function namesIn(directory: string): readonly string[] {
  const names = filesIn(directory)
    .filter((file) => ending.test(file))
    .map((file) => file.replace(ending, ""));
  return [...new Set(names)].sort();
}

/** Relative to the current directory when it is below it. */
function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}
