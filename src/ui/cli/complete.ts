import type { Candidate } from "./candidate.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { CommandContext, CommandSpec, FlagSpec, Program } from "./command.ts";

const lineLimit = 200;
const timeLimitMs = 150;

/**
 * `__complete -- <words...>`: what can stand where the last word is being typed, one `value<TAB>description` a line
 * (spec/07 §6.8). Read-only, quick, and silent on any error: a completion must never disturb the prompt.
 */
export async function run(context: CommandContext): Promise<void> {
  const words = [...context.args, ...context.rest];
  try {
    for (const { value, description } of (await completeWords(context, words)).slice(0, lineLimit)) {
      context.out.raw(`${sanitiseLine(value)}\t${sanitiseLine(description)}\n`);
    }
  } catch {
    // Silent by contract.
  }
}

async function completeWords(
  context: CommandContext,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const { program } = context;
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const place = placeOf(program, before);
  const matching = (list: readonly Candidate[]) => list.filter(({ value }) => value.startsWith(typed));
  if (place.flag !== undefined)
    return matching(await valuesOf(context, place.flag.value ?? "", place.flag.choices));
  if (typed.startsWith("-")) return matching(flagCandidates(program, place.command));
  const level = place.command === undefined ? program.commands : (place.command.subcommands ?? []);
  const commands = matching(commandCandidates(level));
  if (commands.length > 0 && place.argumentCount === 0) return commands;
  const args = place.command?.args ?? [];
  const argument = args[place.argumentCount] ?? (args.at(-1)?.many ? args.at(-1) : undefined);
  return argument === undefined ? [] : matching(await valuesOf(context, argument.name, undefined));
}

interface Place {
  readonly command: CommandSpec | undefined;
  /** The flag whose value is being typed. */
  readonly flag?: FlagSpec;
  readonly argumentCount: number;
}

function placeOf(program: Program, words: readonly string[]): Place {
  let command: CommandSpec | undefined;
  let argumentCount = 0;
  let flag: FlagSpec | undefined;
  for (const word of words) {
    if (flag !== undefined) {
      flag = undefined;
      continue;
    }
    if (word.startsWith("-")) {
      const known = [...(command?.flags ?? []), ...program.globalFlags].find(
        (spec) => word === `--${spec.name}` || (spec.short !== undefined && word === `-${spec.short}`),
      );
      if (known?.value !== undefined) flag = known;
      continue;
    }
    const level = command === undefined ? program.commands : (command.subcommands ?? []);
    const next: CommandSpec | undefined =
      argumentCount === 0 ? level.find((one) => one.name === word || one.aliases?.includes(word)) : undefined;
    if (next === undefined) argumentCount++;
    else command = next;
  }
  return { command, argumentCount, ...(flag === undefined ? {} : { flag }) };
}

function commandCandidates(level: readonly CommandSpec[]): readonly Candidate[] {
  return level
    .filter((command) => !command.hidden)
    .map((command) => ({ value: command.name, description: command.summary }))
    .toSorted((a, b) => (a.value < b.value ? -1 : 1));
}

function flagCandidates(program: Program, command: CommandSpec | undefined): readonly Candidate[] {
  return [...(command?.flags ?? []), ...program.globalFlags]
    .filter((flag) => !flag.hidden)
    .map((flag) => ({ value: `--${flag.name}`, description: flag.summary }));
}

/** Values by the name that an argument or a flag's value has in the tree. */
async function valuesOf(
  context: CommandContext,
  name: string,
  choices: readonly string[] | undefined,
): Promise<readonly Candidate[]> {
  if (choices !== undefined) return choices.map((value) => ({ value, description: "" }));
  const kind = name.replace(/[<>[\].]/g, "");
  const { dynamicValues } = await import("./dynamic-values.ts");
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Candidate[]>((resolve) => {
    timer = setTimeout(() => resolve([]), timeLimitMs);
  });
  return Promise.race([dynamicValues(context, kind), late]).finally(() => clearTimeout(timer));
}
