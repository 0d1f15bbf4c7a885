import { join } from "node:path";
import { pullClone } from "../../../agents/lifecycle/crew-clone.ts";
import type { CommandContext } from "../command.ts";
import { membersOf } from "./crew-argument.ts";

/** `gt crew pristine [name]` (spec/04 §4): brings clones up to date; uncommitted changes are never touched. */
export async function run(context: CommandContext): Promise<number> {
  const { out } = context;
  const { town } = await context.access();
  const rows = [];
  for (const { rig, address, name } of await membersOf(context, "everybody")) {
    const { hadChanges, pulled, error } = await pullClone(rig, join(town.root, address));
    rows.push({ name, address, had_changes: hadChanges, pulled, pull_error: error });
    if (pulled)
      out.done(`${address} is up to date${hadChanges ? "; its uncommitted changes are as they were" : ""}`);
    else out.line(`✗ ${address}: ${error}`);
  }
  out.document(rows);
  if (rows.length === 0) out.line("no crew");
  return rows.every((row) => row.pulled) ? 0 : 1;
}
