import type { CommandContext } from "../command.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { beadEvent } from "./bead-event.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { eachBead, reread } from "./each-bead.ts";
import { rememberTouched } from "./last-touched.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd reopen` (spec/01 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const reason = flags.string("reason") ?? "";
  const reopened = await eachBead(context, workspace, [...context.args, ...context.rest], async (bead) => {
    if (bead.status !== "closed") {
      out.error(`${bead.id} is already ${sanitiseLine(bead.status)}`);
      return bead;
    }
    await workspace.write([
      { op: "reopen", id: bead.id, reason },
      ...beadEvent(bead, "reopen", { bead: bead.id }),
    ]);
    rememberTouched(workspace, bead.id);
    const after = await reread(workspace, bead.id);
    if (!out.json)
      out.line(`↻ Reopened ${nameBead(after, workspace)}${reason === "" ? "" : `: ${sanitiseLine(reason)}`}`);
    return after;
  });
  out.document(reopened.map((bead) => beadJson(bead)));
}
