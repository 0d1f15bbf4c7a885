import type { TownAccess } from "../../agents/town-access.ts";
import type { GtError } from "../../core/gt-error.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Town } from "../../core/town/town.ts";
import type { Output } from "./output.ts";
import type { StandardOutput } from "./standard-output.ts";

export type CommandGroup = "work" | "agents" | "comm" | "services" | "workspace" | "config" | "diag";

/**
 * One command of the tree from which parsing, help, completion, docs and the palette are made (spec/07 §1.3).
 * The record is plain data and cheap to load; the code behind it is loaded only when it runs.
 */
export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Group of a top-level command. */
  readonly group?: CommandGroup;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  /** What it does, not how. */
  readonly description?: string;
  readonly args?: readonly ArgumentSpec[];
  readonly flags?: readonly FlagSpec[];
  readonly examples?: readonly string[];
  readonly seeAlso?: readonly string[];
  readonly subcommands?: readonly CommandSpec[];
  readonly hidden?: boolean;
  /** Unknown flags, and the words behind the first of them, are handed over in `rest` instead of being refused. */
  readonly passThrough?: boolean;
  /** Hook commands never fail (spec/07 §1.5). A flag's name: only with that flag, and usage never. */
  readonly lenient?: true | `--${string}`;
  readonly load?: () => Promise<{ readonly run: CommandRun }>;
}

/** Returns the exit code; nothing means 0. */
export type CommandRun = (context: CommandContext) => Promise<number | undefined | void>;

export interface ArgumentSpec {
  /** Shown as `<name>`, or `[name]` when optional. */
  readonly name: string;
  readonly optional?: boolean;
  /** Takes all remaining arguments. */
  readonly many?: boolean;
}

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  /** Other spellings that are accepted: long names, or single letters. */
  readonly aliases?: readonly string[];
  /** Name of the value; a flag without it is boolean. */
  readonly value?: string;
  readonly summary: string;
  /** May be given several times; the values are collected. */
  readonly many?: boolean;
  /** The same, and each value is a comma-separated list. */
  readonly list?: boolean;
  readonly default?: string;
  /** Given without a word behind it that fits, the flag means this value. */
  readonly alone?: { readonly value: string; readonly unless: RegExp };
  readonly choices?: readonly string[];
  readonly hidden?: boolean;
}

export interface CommandContext {
  readonly program: Program;
  /** Names of the command as typed in full, e.g. `["convoy", "list"]`. */
  readonly words: readonly string[];
  /** Positional arguments in order. */
  readonly args: readonly string[];
  /** Everything behind `--`, and what a pass-through command does not know. */
  readonly rest: readonly string[];
  readonly flags: FlagValues;
  readonly json: boolean;
  readonly plain: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly yes: boolean;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  /** The town of `--town`, the current directory or the environment; `E_NO_TOWN` when there is none. */
  town(): Promise<Town>;
  /** The town's ledger, opened on first use and closed after the command. */
  ledger(): Promise<Ledger>;
  /** Canonical address of the caller (spec/06 §1.2). */
  actor(): Promise<string>;
  /** Town, ledger, actor and host in one, as the agents' floor takes it. The host connection is closed after the command. */
  access(): Promise<TownAccess>;
  /** An agent is calling: no prompts, no pager, no full-screen program, compact lists (spec/07 §1.7). */
  readonly agentMode: boolean;
  /** Effects on daemon and host are switched off by `--no-daemon` or `GT_NO_DAEMON` (spec/07 §1.2). */
  readonly noDaemon: boolean;
  /** stdin to its end, at most 1 MiB, without one trailing newline. */
  input(): Promise<string>;
  /**
   * Asks on the terminal. Where nobody can answer it throws `E_REFUSED` naming the flag that would; `--yes` answers
   * everything but typed confirmations (spec/07 §1.8).
   */
  confirm(question: Question): Promise<boolean>;
  /**
   * For commands that follow or serve: the signal is aborted by SIGINT, SIGTERM and SIGHUP, and the command then ends
   * normally by itself. A command that never asks for it is ended with exit code 130 or 143.
   */
  untilSignal(): AbortSignal;
  /** Runs when the command ends, also by a signal: temporary files, child processes. Must be quick. */
  onEnd(cleanup: () => void | Promise<void>): void;
}

export interface Question {
  readonly text: string;
  /** The flag that answers it, `--yes` unless said otherwise. */
  readonly flag?: string;
  /** The person must type this word, because work can be lost. */
  readonly typed?: string;
}

export interface FlagValues {
  has(name: string): boolean;
  boolean(name: string): boolean;
  string(name: string): string | undefined;
  strings(name: string): readonly string[];
  /** `E_USAGE` when it is not an integer. */
  integer(name: string): number | undefined;
  /** `90s`, `15m`, `1h30m` in milliseconds. */
  duration(name: string): number | undefined;
  /** RFC 3339, `YYYY-MM-DD`, `today`, `yesterday`, or a duration meaning that long ago; milliseconds since the epoch. */
  since(name: string): number | undefined;
}

/** One of the two programs: its commands, what it accepts everywhere, and its habits. */
export interface Program {
  readonly name: "gt" | "bd";
  /** One line: what it is. */
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
  readonly globalFlags: readonly FlagSpec[];
  /** What a person may have meant by a name that is no command (spec/07 §1.6). */
  readonly synonyms: Readonly<Record<string, string>>;
  /** Names that existed elsewhere, with what replaces each (spec/07 §3.8). */
  readonly dropped: Readonly<Record<string, string>>;
  /** What runs when no command is named; without it the help is shown. */
  readonly bare?: CommandSpec;
  /** Whether settings ask for JSON where no flag does. */
  prefersJson?(flags: FlagValues, env: NodeJS.ProcessEnv): boolean;
  printError(out: StandardOutput, error: GtError): Promise<void>;
  /** How JSON documents are framed; as they are when absent. */
  readonly frameDocument?: (value: unknown, env: NodeJS.ProcessEnv) => string;
  /** After a command that did not fail: side effects that must never fail it. */
  afterCommand?(context: CommandContext): Promise<void>;
}
