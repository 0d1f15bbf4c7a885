import { presets } from "../../../agents/runtimes/presets.ts";
import { findRuntime } from "../../../agents/runtimes/resolve-runtime.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt config agent get <name>` (spec/03 §2.5). Values of `env` may be secrets and are not shown. */
export async function run(context: CommandContext): Promise<void> {
  const { args, out, flags, town } = context;
  const [name = ""] = args;
  if (flags.boolean("argv")) {
    const { showArgv } = await import("./config-agent-argv.ts");
    return showArgv(context, name);
  }
  const { env, ...runtime } = findRuntime(await town(), flags.string("rig") ?? "", name);
  out.document({ ...runtime, env: Object.fromEntries(Object.keys(env).map((key) => [key, "***"])) });
  const rows: readonly (readonly [string, string])[] = [
    ["Agent", runtime.name],
    ["Type", presets.has(name) ? "built-in" : "custom"],
    ["Command", runtime.command],
    ["Args", runtime.args.join(" ") || "(none)"],
    ["Provider", runtime.provider],
    ["Session ID Env", runtime.sessionIdEnv ?? "(none)"],
    ["Resume", runtime.resumeArgs?.join(" ") ?? "(cannot)"],
    ["Fork", runtime.forkArgs?.join(" ") ?? "(cannot)"],
    ["Hooks", runtime.hooksProvider],
  ];
  for (const [label, value] of rows) out.line(`${`${label}:`.padEnd(16)} ${sanitiseLine(value)}`);
}
