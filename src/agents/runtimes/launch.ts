import { isPromptTyped, type Runtime } from "./runtime.ts";

export interface Launch {
  readonly runtime: Runtime;
  /** `<town>/.runtime/hooks`, for `<hooks>` in arguments. */
  readonly hooks: string;
  /** Absolute path of the program, when it was looked up. */
  readonly program?: string;
  /** Conversation id that we choose for a fresh session. */
  readonly conversation?: string;
  readonly settingsFile?: string;
  readonly effortArgs?: readonly string[];
  /** Instead of a fresh conversation. */
  readonly resume?: { readonly id: string } | "latest";
  readonly prompt?: string;
}

/**
 * The child's argv, without a shell in between (spec/03 §2.4): wrapper, command, subcommand of a resume, default
 * arguments, id, settings, effort, resume flags, prompt.
 */
export function launchArgv(launch: Launch): readonly string[] {
  const { runtime, resume, settingsFile, conversation } = launch;
  const template =
    resume === undefined ? [] : resume === "latest" ? runtime.continueArgs : runtime.resumeArgs;
  const id = typeof resume === "object" ? resume.id : "";
  const resumeArgs = (template ?? []).map((word) => word.replace("{id}", id));
  const isSubcommand = resumeArgs[0] !== undefined && !resumeArgs[0].startsWith("-");
  const chooses = resume === undefined && conversation !== undefined && runtime.sessionIdArg !== undefined;
  return [
    ...runtime.execWrapper,
    launch.program ?? runtime.command,
    ...(isSubcommand ? resumeArgs : []),
    ...runtime.args.map((word) => word.replace("<hooks>", launch.hooks)),
    ...(chooses ? [runtime.sessionIdArg, conversation] : []),
    ...(settingsFile === undefined ? [] : ["--settings", settingsFile]),
    ...(launch.effortArgs ?? []),
    ...(isSubcommand ? [] : resumeArgs),
    ...promptArgs(launch),
  ];
}

function promptArgs({ runtime, prompt, resume }: Launch): readonly string[] {
  if (prompt === undefined || prompt === "" || isPromptTyped(runtime, resume !== undefined)) return [];
  return runtime.promptFlag === "" ? [prompt] : [runtime.promptFlag, prompt];
}
