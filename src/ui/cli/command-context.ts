import { GtError } from "../../core/gt-error.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Town } from "../../core/town/town.ts";
import { isAgentMode } from "./agent-mode.ts";
import type { CommandContext, CommandSpec } from "./command.ts";
import type { Ending } from "./ending.ts";
import { flagValues } from "./flag-values.ts";
import type { Invocation } from "./parse-arguments.ts";
import type { Program } from "./program.ts";
import type { StandardOutput } from "./standard-output.ts";

export interface ContextParts {
  readonly invocation: Invocation;
  readonly command: CommandSpec;
  readonly program: Program;
  readonly out: StandardOutput;
  readonly ending: Ending;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Everything a command may use; town, ledger and actor are found only when asked for. */
export function createContext(parts: ContextParts): CommandContext {
  const { invocation, command, out, ending, env, cwd } = parts;
  const flags = flagValues(invocation.flags, [...parts.program.globalFlags, ...(command.flags ?? [])]);
  const agentMode = isAgentMode(env);
  const isSet = (name: string) => !["", "0", undefined].includes(env[name]);
  const yes = flags.boolean("yes") || isSet("GT_YES");

  const town = once(async (): Promise<Town> => {
    throw new GtError("E_NO_TOWN", "not in a Gas Town workspace");
  });
  const ledger = once(async (): Promise<Ledger> => {
    throw new GtError("E_NO_TOWN", "not in a Gas Town workspace");
  });
  const actor = once(async (): Promise<string> => "overseer");

  return {
    program: parts.program,
    words: invocation.path.map((part) => part.name),
    args: invocation.args,
    rest: invocation.rest,
    flags,
    json: out.json,
    plain: flags.boolean("plain"),
    quiet: flags.boolean("quiet"),
    verbose: flags.boolean("verbose") || isSet("GT_VERBOSE"),
    yes,
    cwd,
    env,
    out,
    town,
    ledger,
    actor,
    agentMode,
    noDaemon: flags.boolean("no-daemon") || isSet("GT_NO_DAEMON"),
    async input() {
      const { readInput } = await import("./read-input.ts");
      return readInput();
    },
    async confirm(question) {
      const { ask } = await import("./prompt.ts");
      return ask(question, { out, yes, agentMode });
    },
    untilSignal: () => ending.untilSignal(),
    onEnd: (cleanup) => ending.onEnd(cleanup),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
