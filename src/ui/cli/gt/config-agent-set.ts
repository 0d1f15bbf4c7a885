import { presets } from "../../../agents/runtimes/presets.ts";
import { findCommand } from "../../../agents/runtimes/resolve-runtime.ts";
import { splitWords } from "../../../agents/runtimes/split-words.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { change } from "./config-value.ts";

/** `gt config agent set <name> "<command line>"` (spec/03 §2.5). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, env } = context;
  const [name = "", line = ""] = args;
  const provider = flags.string("provider");
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name))
    throw new GtError("E_CONFIG", `invalid agent name "${name}"`, {
      why: ["lower-case letters, digits, dots, hyphens and underscores"],
    });
  const [command, ...rest] = splitWords(line);
  if (command === undefined || command === "") throw new GtError("E_CONFIG", "command cannot be empty");
  if (provider !== undefined && provider !== "generic" && !presets.has(provider))
    throw new GtError("E_CONFIG", `unknown provider "${provider}"`, { hint: "gt config agent list" });
  const record = { ...(provider === undefined ? {} : { provider }), command, args: rest };
  await change(context, ["agents", name], record, flags.string("rig"));
  out.document({ name, ...record });
  const over = presets.has(name) ? ` (overriding built-in '${name}' preset)` : "";
  out.line(`Agent '${name}' set to: ${line}${over}`);
  if (findCommand(command, env) === undefined) out.warn(`"${command}" is not in PATH`);
}
