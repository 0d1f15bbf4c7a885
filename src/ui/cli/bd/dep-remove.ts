import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd dep remove A B`: an edge that is not there counts as removed (spec/01 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, args } = context;
  const workspace = await openWorkspace(context);
  const [first = "", second = ""] = args;
  const from = await workspace.resolve(first);
  const to = second.startsWith("external:") ? second : await workspace.resolve(second);
  const type = flags.string("type")?.trim().replaceAll("_", "-");
  await workspace.write([{ op: "removeDependency", from, to, ...(type === undefined ? {} : { type }) }]);
  out.document({ status: "removed", issue_id: from, depends_on_id: to });
  if (!out.json) out.done(`Removed dependency: ${from} no longer depends on ${to}`);
}
