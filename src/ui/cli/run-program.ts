import { type GtError, usageError } from "../../core/gt-error.ts";
import type { CommandContext, Program } from "./command.ts";
import { createContext } from "./command-context.ts";
import { Ending } from "./ending.ts";
import { flagValues } from "./flag-values.ts";
import { commandPath, type Invocation, parseArguments } from "./parse-arguments.ts";
import { StandardOutput } from "./standard-output.ts";

/** Runs the command line of this process and ends the process with its exit code (spec/07 §1.5). */
export async function runProgram(program: Program): Promise<never> {
  const run = new ProgramRun(program, process.argv.slice(2), process.env);
  process.exit(await run.execute());
}

class ProgramRun {
  readonly #program: Program;
  readonly #argv: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #ending = new Ending();
  #out: StandardOutput;
  #invocation: Invocation | undefined;

  constructor(program: Program, argv: readonly string[], env: NodeJS.ProcessEnv) {
    this.#program = program;
    this.#argv = argv;
    this.#env = env;
    // Until the line is understood: enough to report in the right form that it cannot be.
    const own = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined);
    this.#out = this.#output({ json: own.includes("--json"), plain: own.includes("--plain"), quiet: false });
  }

  async execute(): Promise<number> {
    this.#ending.watch(() => this.#out.flush());
    let code: number;
    try {
      this.#invocation = parseArguments(this.#program, this.#argv);
      this.#out = this.#output(outputChoice(this.#program, this.#invocation, this.#env));
      code = await this.#dispatch(this.#invocation);
    } catch (error) {
      code = await this.#fail(error);
    }
    await this.#ending.cleanUp();
    await this.#out.finish();
    return code;
  }

  async #dispatch(invocation: Invocation): Promise<number> {
    const program = this.#program;
    const out = this.#out;
    const command = invocation.path.at(-1) ?? program.bare;
    if (invocation.flags.get("version")?.at(-1) === "true" && !invocation.wantsHelp) {
      const { versionLine } = await import("./version-line.ts");
      out.raw(`${versionLine(program.name)}\n`);
      return 0;
    }
    if (invocation.wantsHelp || command?.load === undefined) {
      const { helpText } = await import("./help.ts");
      const isAsked = invocation.wantsHelp || invocation.path.length === 0;
      const text = helpText(program, invocation.path, { style: out.style, width: out.width, all: false });
      if (isAsked) {
        out.page();
        out.raw(text);
        return 0;
      }
      if (out.json)
        throw usageError(
          `"${words(program, invocation)}" needs a subcommand`,
          groupHint(program, invocation),
        );
      out.error(text.trimEnd());
      return 2;
    }
    if (invocation.ignored.length > 0) {
      out.warn(`${words(program, invocation)}: ignored ${invocation.ignored.join(" ")}`);
    }
    const context = createContext({
      invocation,
      command,
      program,
      out,
      ending: this.#ending,
      env: this.#env,
      cwd: workingDirectory(this.#env),
    });
    const { run } = await command.load();
    const code = (await run(context).finally(() => this.#touch(context))) ?? 0;
    if (code === 0) out.acknowledge(invocation.path.map((part) => part.name).join(" "));
    await program.afterCommand?.(context);
    return code;
  }

  /** An agent that runs a command is alive, whatever becomes of the command. */
  async #touch(context: CommandContext): Promise<void> {
    if (!this.#env["GT_SESSION"]) return;
    const { touchHeartbeat } = await import("./heartbeat.ts");
    await touchHeartbeat(context);
  }

  async #fail(error: unknown): Promise<number> {
    const { asGtError } = await import("./print-error.ts");
    const shown = asGtError(error);
    if (this.#env["GT_DEBUG"] === "1" && error instanceof Error) this.#out.error(error.stack ?? "");
    const path = this.#invocation?.path ?? commandPath(this.#program, this.#argv);
    // The runtime would read a failing hook as a decision to block (spec/07 §1.5).
    const lenient = path.at(-1)?.lenient;
    if (lenient === true || (lenient !== undefined && this.#argv.includes(lenient))) {
      this.#out.discard();
      this.#out.error(`${this.#program.name} ${path.map((part) => part.name).join(" ")}: ${shown.message}`);
      return 0;
    }
    const reported = shown.code === "E_INTERNAL" ? await this.#report(error, shown) : shown;
    await this.#program.printError(this.#out, reported);
    return reported.exitCode;
  }

  async #report(error: unknown, shown: GtError): Promise<GtError> {
    const { reportDefect } = await import("./crash-report.ts");
    return reportDefect(error, shown, {
      program: this.#program.name,
      words: this.#invocation?.path.map((part) => part.name) ?? [],
      env: this.#env,
    });
  }

  #output(choice: OutputChoice): StandardOutput {
    const frame = this.#program.frameDocument;
    const document = frame === undefined ? {} : { document: (value: unknown) => frame(value, this.#env) };
    return new StandardOutput({ env: this.#env, ...choice, ...document });
  }
}

interface OutputChoice {
  readonly json: boolean;
  readonly plain: boolean;
  readonly quiet: boolean;
  readonly colour?: "auto" | "always" | "never";
}

function outputChoice(program: Program, invocation: Invocation, env: NodeJS.ProcessEnv): OutputChoice {
  const flags = flagValues(invocation.flags, program.globalFlags);
  const wish = flags.string("color");
  const colour = flags.boolean("no-color") ? "never" : wish === "always" || wish === "never" ? wish : "auto";
  return {
    json: flags.has("json") ? flags.boolean("json") : (program.prefersJson?.(flags, env) ?? false),
    plain: flags.boolean("plain"),
    quiet: flags.boolean("quiet"),
    colour,
  };
}

function words(program: Program, invocation: Invocation): string {
  return [program.name, ...invocation.path.map((part) => part.name)].join(" ");
}

function groupHint(program: Program, invocation: Invocation) {
  const names = (invocation.path.at(-1)?.subcommands ?? [])
    .filter((one) => !one.hidden)
    .map((one) => one.name);
  return {
    why: [`one of: ${names.join(", ")}`],
    hint: `${program.name} help ${invocation.path.map((part) => part.name).join(" ")}`,
  };
}

/** An agent may have removed the directory that it stands in: then its name is known, and programs start elsewhere. */
function workingDirectory(env: NodeJS.ProcessEnv): string {
  try {
    return process.cwd();
  } catch {
    process.chdir("/");
    return env["PWD"] || "/";
  }
}
