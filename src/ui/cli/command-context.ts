import { resolve } from "node:path";
import type { SessionHost } from "../../agents/sessions/session-host.ts";
import type { TownAccess } from "../../agents/town-access.ts";
import { systemClock } from "../../core/clock.ts";
import { systemRandom } from "../../core/random.ts";
import { isAgentMode } from "./agent-mode.ts";
import type { CommandContext, CommandSpec, Program } from "./command.ts";
import type { Ending } from "./ending.ts";
import { flagValues } from "./flag-values.ts";
import type { Invocation } from "./parse-arguments.ts";
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
  const { invocation, command, out, ending, env } = parts;
  const flags = flagValues(invocation.flags, [...parts.program.globalFlags, ...(command.flags ?? [])]);
  const directory = flags.string("directory");
  const cwd = directory === undefined ? parts.cwd : resolve(parts.cwd, directory);
  const agentMode = isAgentMode(env);
  const isSet = (name: string) => !["", "0", undefined].includes(env[name]);
  const yes = flags.boolean("yes") || isSet("GT_YES");

  const noDaemon = flags.boolean("no-daemon") || isSet("GT_NO_DAEMON");

  const town = once(async () => {
    const [{ findTownRoot }, { openTown }] = await Promise.all([
      import("../../core/town/find-town.ts"),
      import("../../core/town/open-town.ts"),
    ]);
    const search = { cwd, env, flag: flags.string("town") };
    const root = findTownRoot(search);
    if (root === undefined) {
      const { noTownError } = await import("../../core/town/no-town-error.ts");
      throw noTownError(search);
    }
    return openTown(root, { env });
  });
  const ledger = once(async () => {
    const { openTownLedger } = await import("../../core/ledger/town-ledger.ts");
    const opened = await openTownLedger(await town());
    ending.onEnd(() => opened.close());
    return opened;
  });
  const actor = once(async () => {
    const wish = flags.string("as");
    if (wish !== undefined) {
      const { actingAs } = await import("./acting-as.ts");
      return actingAs(wish, { env, town: await town() });
    }
    const { resolveActor } = await import("../../core/town/actor.ts");
    return resolveActor({ env, cwd, town: await town() });
  });
  let connected: SessionHost | undefined;
  const access = once(
    async (): Promise<TownAccess> => ({
      town: await town(),
      ledger: await ledger(),
      clock: systemClock,
      random: systemRandom,
      actor: await actor(),
      host: async (options = {}) => {
        if (connected !== undefined) return connected;
        const { connectHost } = await import("../../agents/sessions/client.ts");
        const host = await connectHost(await town(), noDaemon ? { start: false } : options);
        ending.onEnd(() => host.disconnect());
        connected = host;
        return host;
      },
    }),
  );

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
    access,
    agentMode,
    noDaemon,
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
