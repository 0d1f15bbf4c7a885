import { parseRole, roleDefinition } from "../../../agents/runtimes/role-definition.ts";
import { workInstruction } from "../../../agents/sessions/work-instruction.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt role def <role>` (spec/03 §2.7): what town and rig files make of it, as TOML. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const town = await context.town();
  const rig = flags.string("rig") ?? "";
  if (rig !== "") town.rig(rig);
  const definition = await roleDefinition(town, parseRole(args[0] ?? ""), rig);
  const { role, scope, nudge, promptTemplate, needsPreSync, startCommand, env, sources } = definition;
  const text = nudge || workInstruction(role);
  out.document({
    ...{ role, scope, nudge: text, prompt_template: promptTemplate || null, env, sources },
    session: { needs_pre_sync: needsPreSync, start_command: startCommand || null },
  });
  const word = (value: string): string => JSON.stringify(sanitise(value));
  out.line(`# ${sources.length === 0 ? "built in" : sources.map(sanitiseLine).join(", then ")}`);
  out.line(`role = ${word(role)}`);
  out.line(`scope = ${word(scope)}`);
  out.line(`nudge = ${word(text)}`);
  if (promptTemplate !== "") out.line(`prompt_template = ${word(promptTemplate)}`);
  out.line("\n[session]");
  out.line(`needs_pre_sync = ${needsPreSync}`);
  if (startCommand !== "") out.line(`start_command = ${word(startCommand)}`);
  if (Object.keys(env).length > 0) out.line("\n[env]");
  // Values may be secrets.
  for (const name of Object.keys(env)) out.line(`${name} = "***"`);
}
