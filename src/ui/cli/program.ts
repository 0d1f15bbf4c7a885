import type { GtError } from "../../core/gt-error.ts";
import type { CommandContext, CommandSpec, FlagSpec, FlagValues } from "./command.ts";
import type { StandardOutput } from "./standard-output.ts";

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
