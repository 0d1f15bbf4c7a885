import { statSync } from "node:fs";
import { basename } from "node:path";
import { GtError } from "../gt-error.ts";
import { didYouMean, nearestNames } from "../nearest-name.ts";
import { longestPrefix } from "./agent-names.ts";
import { readJsonFile } from "./json-file.ts";
import {
  overseerFile,
  projectSettingsFile,
  registryFile,
  rigLocalFile,
  rigSettingsFile,
  townFile,
  townPaths,
  townSettingsFile,
} from "./paths.ts";
import { readRigSettings, readTownSettings, type SettingProblem } from "./read-settings.ts";
import { checkVersion, readRegistry } from "./registry.ts";
import type { Rig, Town } from "./town.ts";

export interface OpenTownOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Told once about each unusable value in a settings file. Default: a warning on stderr. */
  readonly onProblem?: (problem: SettingProblem) => void;
  /**
   * For the daemon: what settings and registry said last holds while their file is not JSON, and each reader of a broken
   * file tells why once. Without it, or when they never said anything, `E_CONFIG` is thrown (spec/07 §6.1).
   */
  readonly keepLastGood?: (why: string) => void;
}

/**
 * Opens the town at `root` (spec/07 §2.1). Repairs nothing. Throws `E_NO_TOWN`, `E_TOWN_INVALID` or `E_VERSION`.
 * Files are read when they are asked for, and again only after they have changed.
 */
export function openTown(root: string, options: OpenTownOptions = {}): Town {
  const paths = townPaths(root, options.env);
  const report = onlyOnce(options.onProblem ?? warnAboutSetting);
  const name = readTownName(root);
  const { keepLastGood } = options;
  const rigs = freshWhile([registryFile(root)], () => patiently(() => readRegistry(root)), keepLastGood);
  const settings = freshWhile([townSettingsFile(root)], () => readTownSettings(root, report), keepLastGood);
  const rigSettings = new Map<string, () => ReturnType<Town["rigSettings"]>>();

  const town: Town = {
    root,
    name,
    paths,
    rigs,
    findRig: (wanted) => rigs().find((rig) => rig.name === wanted),
    rig: (wanted) => town.findRig(wanted) ?? unknownRig(wanted, rigs()),
    rigOfBead: (id) => longestPrefix(id, rigs()),
    settings,
    rigSettings: (rig) => {
      let read = rigSettings.get(rig);
      if (!read) {
        const files = [
          townSettingsFile(root),
          rigSettingsFile(root, rig),
          rigLocalFile(root, rig),
          projectSettingsFile(root, rig),
        ];
        read = freshWhile(files, () => readRigSettings(root, rig, report), keepLastGood);
        rigSettings.set(rig, read);
      }
      return read();
    },
    overseer: () => readOverseer(root),
  };
  return town;
}

function readTownName(root: string): string {
  const file = townFile(root);
  let content: ReturnType<typeof readJsonFile>;
  try {
    content = readJsonFile(file);
  } catch (error) {
    throw invalidTown(root, (error as GtError).message, error);
  }
  if (!content) {
    throw new GtError("E_NO_TOWN", `no town at ${root}`, {
      why: ["there is no mayor/town.json"],
      hint: `gt install ${root}`,
    });
  }
  checkVersion(content, 2, file);
  if (content["type"] !== "town") throw invalidTown(root, `${file} is not of type "town"`);
  const name = content["name"];
  return typeof name === "string" && name !== "" ? name : basename(root);
}

function invalidTown(root: string, message: string, cause?: unknown): GtError {
  return new GtError("E_TOWN_INVALID", message, { hint: `gt doctor --fix --town ${root}`, cause });
}

function readOverseer(root: string): { readonly name: string; readonly email: string } {
  const content = readJsonFile(overseerFile(root)) ?? {};
  const word = (key: string) => (typeof content[key] === "string" ? content[key] : "");
  return { name: word("name") || "overseer", email: word("email") };
}

function unknownRig(wanted: string, rigs: readonly Rig[]): never {
  const names = rigs.map((rig) => rig.name);
  const suggestions = nearestNames(wanted, names);
  const shown = names.length > 10 ? [...names.slice(0, 10), `... (${names.length})`] : names;
  throw new GtError("E_RIG_UNKNOWN", `no rig named "${wanted}" in this town${didYouMean(suggestions)}`, {
    why: [names.length > 0 ? `registered rigs: ${shown.join(", ")}` : "no rigs are registered"],
    hint: names.length > 0 ? "gt rig list" : `gt rig add ${wanted} <git-url>`,
    details: { suggestions },
  });
}

/** A reader that reads again only after one of its files has changed. */
function freshWhile<T>(
  files: readonly string[],
  read: () => T,
  keepLastGood?: (why: string) => void,
): () => T {
  let known: { readonly stamp: string; readonly value: T } | undefined;
  return () => {
    const stamp = files.map(stampOf).join("|");
    if (known?.stamp === stamp) return known.value;
    try {
      known = { stamp, value: read() };
    } catch (error) {
      const isBroken = error instanceof GtError && error.code === "E_CONFIG";
      if (known === undefined || keepLastGood === undefined || !isBroken) throw error;
      keepLastGood(`${error.message}; what it said before holds`);
      known = { ...known, stamp };
    }
    return known.value;
  };
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found ? `${found.ino}.${found.size}.${found.mtimeNs}` : "";
}

/** A foreign editor may be writing the file right now: look twice before calling it broken (spec/07 §2.1). */
function patiently<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GtError) || error.code !== "E_CONFIG") throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    return read();
  }
}

function onlyOnce(report: (problem: SettingProblem) => void): (problem: SettingProblem) => void {
  const told = new Set<string>();
  return (problem) => {
    const mark = `${problem.file}\n${problem.key}\n${JSON.stringify(problem.found)}`;
    if (told.has(mark)) return;
    told.add(mark);
    report(problem);
  };
}

function warnAboutSetting({ file, key, found, expected }: SettingProblem): void {
  process.stderr.write(
    `warning: ${file}: ${key} is ${JSON.stringify(found)}, expected ${expected}; using the default\n`,
  );
}
