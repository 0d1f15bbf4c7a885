import { directiveFile, directivesOf } from "../../../agents/prime/directive-files.ts";
import { parseRole } from "../../../agents/runtimes/role-definition.ts";
import type { CommandContext } from "../command.ts";

/** `gt directive show` (spec/02 §6.3): as prime prints it; without any, where it was looked for. */
export async function run({ args, flags, out, ...context }: CommandContext): Promise<void> {
  const town = await context.town();
  const role = parseRole(args[0] ?? "");
  const named = flags.string("rig");
  const rig = named === undefined ? "" : town.rig(named).name;
  const { source, text } = directivesOf(town, role, rig);
  out.document({ role, rig: rig === "" ? null : rig, source, text });
  if (text !== "") {
    out.line(`## Directives (${source})`);
    out.line(text);
    return;
  }
  const paths = [...new Set(["", rig])].map((each) => directiveFile(town, role, each));
  out.line(`no directives for ${role}: ${paths.join(", ")}`);
  out.next(`gt directive edit ${role}`);
}
