import { didYouMean } from "../../core/nearest-name.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { usageError } from "../../core/gt-error.ts";
import type { CommandSpec, Program } from "./command.ts";
import { suggest } from "./suggest.ts";

/** The command with this name or alias. */
export function exactCommand(level: readonly CommandSpec[], word: string): CommandSpec | undefined {
  return level.find((command) => command.name === word || command.aliases?.includes(word));
}

/**
 * The command meant by a word: an exact name or alias beats a unique prefix; hidden commands never match by prefix
 * (spec/07 §1.2). Undefined when nothing matches; `E_USAGE` listing the candidates when several do.
 */
export function findCommand(level: readonly CommandSpec[], word: string): CommandSpec | undefined {
  const exact = exactCommand(level, word);
  if (exact !== undefined || word === "") return exact;
  const candidates = level.filter(
    (command) =>
      !command.hidden && [command.name, ...(command.aliases ?? [])].some((name) => name.startsWith(word)),
  );
  if (candidates.length <= 1) return candidates[0];
  const names = candidates.map((command) => command.name).sort();
  throw usageError(`ambiguous command "${sanitiseLine(word)}": ${names.join(", ")}`, {
    details: { suggestions: names },
  });
}

/** The usage error for a word that names nothing below `path`. */
export function unknownCommand(program: Program, path: readonly CommandSpec[], word: string): Error {
  const parent = path.at(-1);
  const shown = sanitiseLine(word);
  const words = [program.name, ...path.map((command) => command.name)];
  const full = [...path.map((command) => command.name), word].join(" ");
  const replacement = Object.hasOwn(program.dropped, full) ? program.dropped[full] : undefined;
  if (replacement !== undefined) {
    return usageError(`"${[program.name, sanitiseLine(full)].join(" ")}" does not exist here`, {
      why: [replacement],
      hint: "gt help",
    });
  }
  const level = parent?.subcommands ?? program.commands;
  const names = level.filter((command) => !command.hidden).map((command) => command.name);
  const synonyms = Object.fromEntries(
    Object.entries(program.synonyms)
      .filter(([from]) => from.startsWith(path.map((command) => `${command.name} `).join("")))
      .map(([from, to]) => [from.split(" ").at(-1) ?? from, to]),
  );
  const suggestions = suggest(word, names, parent === undefined || full in program.synonyms ? synonyms : {});
  const kind = parent === undefined ? "command" : "subcommand";
  const where = parent === undefined ? "" : ` of "${words.join(" ")}"`;
  return usageError(`unknown ${kind} "${shown}"${where}${didYouMean(suggestions)}`, {
    hint: parent === undefined ? `${program.name} help` : `${program.name} help ${words.slice(1).join(" ")}`,
    details: { suggestions },
  });
}
