import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import { beadJson } from "../bd/bead-json.ts";
import { reread } from "../bd/each-bead.ts";
import { openWorkspace } from "../bd/workspace.ts";
import type { CommandContext } from "../command.ts";

/** `gt cat <bead>`: its texts as Markdown, without decoration. */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const workspace = await openWorkspace(context);
  const bead = await reread(workspace, await workspace.resolve(args[0] ?? ""));
  out.document(beadJson(bead));
  out.line(`# ${sanitiseLine(bead.title)}`);
  const sections: readonly (readonly [string, string])[] = [
    ["", bead.description],
    ["## Design", bead.design],
    ["## Acceptance criteria", bead.acceptanceCriteria],
    ["## Notes", bead.notes],
  ];
  for (const [heading, text] of sections) {
    if (text === "") continue;
    out.line();
    if (heading !== "") out.line(`${heading}\n`);
    out.line(sanitise(text));
  }
}
