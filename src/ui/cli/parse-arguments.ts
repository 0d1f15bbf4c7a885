import { usageError } from "../../core/gt-error.ts";
import { didYouMean } from "../../core/nearest-name.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { CommandSpec, FlagSpec, Program } from "./command.ts";
import { exactCommand, findCommand, unknownCommand } from "./find-command.ts";
import { parseBoolean } from "./flag-values.ts";
import { suggest } from "./suggest.ts";

/** What a command line asks for. */
export interface Invocation {
  /** From the top-level command down; empty when none was named. */
  readonly path: readonly CommandSpec[];
  readonly wantsHelp: boolean;
  readonly args: readonly string[];
  readonly rest: readonly string[];
  /** Values by the flag's own name; booleans as `true` or `false`. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** What a hook command ignored instead of failing (spec/07 §1.5). */
  readonly ignored: readonly string[];
}

/** Reads a command line (spec/07 §1.2). Throws `E_USAGE`; nothing else happens. */
export function parseArguments(program: Program, argv: readonly string[]): Invocation {
  const { path, wordIndexes, helpIndex } = locateCommand(program, argv);
  const command = path.at(-1) ?? program.bare;
  const scan = new FlagScan(program, command);
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? "";
    if (wordIndexes.has(index) || index === helpIndex) continue;
    if (token === "--") {
      scan.rest.push(...argv.slice(index + 1));
      break;
    }
    if (isFlag(token)) index += scan.flag(token, argv[index + 1]);
    else scan.word(token);
  }
  const wantsHelp = helpIndex !== undefined || scan.given.get("help")?.at(-1) === "true";
  if (!wantsHelp && command !== undefined) scan.checkCount();
  return {
    path,
    wantsHelp,
    args: scan.args,
    rest: scan.rest,
    flags: scan.given,
    ignored: scan.ignored,
  };
}

/** The command that a line names as far as it can be told, for reporting that the rest is wrong. */
export function commandPath(program: Program, argv: readonly string[]): readonly CommandSpec[] {
  try {
    return locateCommand(program, argv).path;
  } catch {
    return [];
  }
}

/** Whether a word is a flag: `-` alone means stdin, a negative number is a value, `- [ ] this` is text. */
function isFlag(token: string): boolean {
  return token.startsWith("-") && token !== "-" && !/^-[\d\s]/.test(token);
}

interface Location {
  readonly path: readonly CommandSpec[];
  readonly wordIndexes: ReadonlySet<number>;
  /** Where the word `help` stands that asks for the help of the path. */
  readonly helpIndex?: number;
}

function locateCommand(program: Program, argv: readonly string[]): Location {
  const path: CommandSpec[] = [];
  const wordIndexes = new Set<number>();
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? "";
    if (token === "--") break;
    if (isFlag(token)) {
      if (takesNext(program, path, token)) index++;
      continue;
    }
    const parent = path.at(-1);
    const level = parent === undefined ? program.commands : parent.subcommands;
    if (level === undefined) {
      const isOnlyWord = !argv.slice(index + 1).some((other) => !isFlag(other));
      const asksForHelp = token === "help" && program.name === "gt" && isOnlyWord && !parent?.passThrough;
      return asksForHelp ? { path, wordIndexes, helpIndex: index } : { path, wordIndexes };
    }
    // A group that takes arguments of its own: only full names, so that an id is never taken for a prefix.
    const found = parent?.args === undefined ? findCommand(level, token) : exactCommand(level, token);
    if (found === undefined) {
      if (token === "help" && parent !== undefined) return { path, wordIndexes, helpIndex: index };
      if (parent?.args !== undefined || parent?.lenient) return { path, wordIndexes };
      throw unknownCommand(program, path, token);
    }
    path.push(found);
    wordIndexes.add(index);
  }
  return { path, wordIndexes };
}

/** Whether the flag before the command is complete needs the next word: asked of every command it could belong to. */
function takesNext(program: Program, path: readonly CommandSpec[], token: string): boolean {
  if (token.includes("=")) return false;
  const parent = path.at(-1);
  const specs = [
    ...program.globalFlags,
    ...flagsBelow(parent?.subcommands ?? (parent ? [] : program.commands)),
  ];
  specs.push(...(parent?.flags ?? []));
  const find = (name: string) => specs.find((spec) => spellings(spec).includes(name));
  if (token.startsWith("--")) return find(token.slice(2))?.value !== undefined;
  const letters = [...token.slice(1)];
  const taking = letters.findIndex((letter) => find(letter)?.value !== undefined);
  return taking !== -1 && taking === letters.length - 1;
}

function flagsBelow(commands: readonly CommandSpec[]): readonly FlagSpec[] {
  return commands.flatMap((command) => [...(command.flags ?? []), ...flagsBelow(command.subcommands ?? [])]);
}

function spellings(spec: FlagSpec): readonly string[] {
  return [spec.name, ...(spec.short === undefined ? [] : [spec.short]), ...(spec.aliases ?? [])];
}

/** Collects flags and words of one command in a single pass. */
class FlagScan {
  readonly args: string[] = [];
  readonly rest: string[] = [];
  readonly ignored: string[] = [];
  readonly given = new Map<string, string[]>();
  /** A pass-through command met something that it does not know: from here on words may be values of such flags. */
  #handsOver = false;
  readonly #program: Program;
  readonly #command: CommandSpec | undefined;
  readonly #specs = new Map<string, FlagSpec>();

  constructor(program: Program, command: CommandSpec | undefined) {
    this.#program = program;
    this.#command = command;
    for (const spec of [...program.globalFlags, ...(command?.flags ?? [])]) {
      for (const name of spellings(spec)) this.#specs.set(name, spec);
    }
  }

  /** Takes one flag token; returns how many of the following tokens it used. */
  flag(token: string, next: string | undefined): number {
    return token.startsWith("--") ? this.#long(token, next) : this.#short(token, next);
  }

  word(token: string): void {
    (this.#handsOver ? this.rest : this.args).push(token);
  }

  checkCount(): void {
    const specs = this.#command?.args ?? [];
    const required = specs.filter((spec) => !spec.optional).length;
    const missing = specs[this.args.length];
    if (this.args.length < required && missing !== undefined && !this.#command?.lenient && !this.#handsOver) {
      throw usageError(`missing argument <${missing.name}>`, { hint: this.#helpCommand() });
    }
    if (specs.at(-1)?.many || this.args.length <= specs.length) return;
    const surplus = this.args.splice(specs.length);
    if (this.#command?.lenient) this.ignored.push(...surplus);
    else
      throw usageError(`unexpected argument "${sanitiseLine(surplus[0] ?? "")}"`, {
        hint: this.#helpCommand(),
      });
  }

  #long(token: string, next: string | undefined): number {
    const equals = token.indexOf("=");
    const name = token.slice(2, equals === -1 ? undefined : equals);
    const inline = equals === -1 ? undefined : token.slice(equals + 1);
    const spec = this.#specs.get(name);
    if (spec !== undefined && name.length > 1) return this.#take(spec, name, inline, next);
    const negated = name.startsWith("no-") ? this.#specs.get(name.slice(3)) : undefined;
    if (negated !== undefined && negated.value === undefined && inline === undefined) {
      this.#add(negated, "false");
      return 0;
    }
    return this.#unknown(token, name);
  }

  #short(token: string, next: string | undefined): number {
    const letters = [...token.slice(1)];
    for (const [index, letter] of letters.entries()) {
      const spec = this.#specs.get(letter);
      if (spec === undefined) return this.#unknown(index === 0 ? token : `-${letter}`, letter);
      if (spec.value !== undefined) {
        const glued = letters.slice(index + 1).join("");
        return this.#take(spec, letter, glued === "" ? undefined : glued.replace(/^=/, ""), next);
      }
      if (letters[index + 1] === "=")
        return this.#take(spec, letter, letters.slice(index + 2).join(""), next);
      this.#add(spec, "true");
    }
    return 0;
  }

  #take(spec: FlagSpec, name: string, inline: string | undefined, next: string | undefined): number {
    const shown = name.length === 1 ? `-${name}` : `--${name}`;
    if (spec.value === undefined) {
      const value = inline === undefined ? true : parseBoolean(inline);
      if (value === undefined)
        throw usageError(`${shown}: "${sanitiseLine(inline ?? "")}" is not true or false`);
      this.#add(spec, String(value));
      return 0;
    }
    if (inline === undefined && spec.alone !== undefined && !spec.alone.unless.test(next ?? "")) {
      this.#add(spec, spec.alone.value, shown);
      return 0;
    }
    const value = inline ?? next;
    if (value === undefined) {
      throw usageError(`${shown} needs a value <${spec.value}>`, { hint: this.#helpCommand() });
    }
    this.#add(spec, value, shown);
    return inline === undefined ? 1 : 0;
  }

  #add(spec: FlagSpec, value: string, shown = `--${spec.name}`): void {
    const values = this.given.get(spec.name) ?? [];
    const added = spec.list ? splitList(value) : [value];
    for (const one of added) {
      if (spec.choices === undefined || spec.choices.includes(one)) continue;
      const suggestions = suggest(one, spec.choices);
      throw usageError(`${shown}: "${sanitiseLine(one)}" is not possible${didYouMean(suggestions)}`, {
        why: [`one of: ${spec.choices.join(", ")}`],
        details: { suggestions },
      });
    }
    this.given.set(spec.name, spec.many || spec.list ? [...values, ...added] : [...added]);
  }

  #unknown(token: string, name: string): number {
    const shown = name.length === 1 ? `-${name}` : `--${name}`;
    if (this.#command?.passThrough) {
      this.#handsOver = true;
      this.rest.push(token);
      return 0;
    }
    if (this.#command?.lenient) {
      this.ignored.push(shown);
      return 0;
    }
    const names = [...this.#specs.values()].filter((spec) => !spec.hidden).map((spec) => spec.name);
    const suggestions = name.length === 1 ? [] : suggest(name, [...new Set(names)]);
    const meant = didYouMean(suggestions.map((suggestion) => `--${suggestion}`));
    throw usageError(`unknown flag ${sanitiseLine(shown)}${meant}`, {
      hint: this.#helpCommand(),
      details: { suggestions },
    });
  }

  #helpCommand(): string {
    const words = this.#command === undefined ? [] : commandWords(this.#program.commands, this.#command);
    return [this.#program.name, "help", ...words].join(" ");
  }
}

function splitList(value: string): readonly string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function commandWords(level: readonly CommandSpec[], wanted: CommandSpec): readonly string[] {
  for (const command of level) {
    if (command === wanted) return [command.name];
    const below = commandWords(command.subcommands ?? [], wanted);
    if (below.length > 0) return [command.name, ...below];
  }
  return [];
}
