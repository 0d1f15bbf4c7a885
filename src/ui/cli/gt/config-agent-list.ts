import { presets } from "../../../agents/runtimes/presets.ts";
import { findRuntime, runtimeNames } from "../../../agents/runtimes/resolve-runtime.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt config agent list` (spec/03 §2.5). */
export async function run({ out, flags, town }: CommandContext): Promise<void> {
  const here = await town();
  const rig = flags.string("rig") ?? "";
  const settings = rig === "" ? here.settings() : here.rigSettings(here.rig(rig).name);
  const agents = runtimeNames(here, rig).map((name) => {
    const { command, args } = findRuntime(here, rig, name);
    return { name, command, args: args.join(" "), is_custom: !presets.has(name) };
  });
  out.document(agents.map((agent) => ({ ...agent, type: agent.is_custom ? "custom" : "built-in" })));
  out.line("Available Agents");
  for (const { name, command, args, is_custom } of agents)
    out.line(sanitiseLine(`  ${name} [${is_custom ? "custom" : "built-in"}] ${command} ${args}`).trimEnd());
  out.line(`Default: ${sanitiseLine(String(settings["agent"] ?? settings["default_agent"] ?? "claude"))}`);
}
