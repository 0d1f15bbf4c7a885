import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { directiveFile, readDirective } from "../../../agents/prime/directive-files.ts";
import { parseRole } from "../../../agents/runtimes/role-definition.ts";
import type { CommandContext } from "../command.ts";
import { openEditor } from "../open-editor.ts";

/** `gt directive edit` (spec/02 §6.3). */
export async function run({ args, flags, out, env, ...context }: CommandContext): Promise<void> {
  const town = await context.town();
  const role = parseRole(args[0] ?? "");
  const named = flags.string("rig");
  const rig = named === undefined ? "" : town.rig(named).name;
  const file = directiveFile(town, role, rig);
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, header(role, rig));
  }
  openEditor(file, env);
  const text = readDirective(file);
  out.document({ role, rig: rig === "" ? null : rig, file, characters: text.length });
  if (text === "") out.done(`${file}: nothing that an agent is told`);
  else out.done(`${file}: told at the next gt prime`);
}

const header = (role: string, rig: string): string =>
  `<!-- What every ${role}${rig === "" ? "" : ` of ${rig}`} has to keep to, in Markdown. It wins over brief and workflow.
     Comments like this one are not told. -->
`;
