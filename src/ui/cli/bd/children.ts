import type { CommandContext } from "../command.ts";
import { showList } from "./list.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd children X`: all of them, whatever their status. */
export async function run(context: CommandContext): Promise<void> {
  const workspace = await openWorkspace(context);
  const parent = await workspace.resolve(context.args[0] ?? "");
  const beads = await workspace.ledger.find({ parent, sort: "id" });
  await showList(context, workspace, beads, { empty: `${parent} has no children` });
}
