import { convoyFields, mountainLabel } from "../../../core/convoys/convoy.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { launch } from "./launched-output.ts";
import { openMountains } from "./mountain-argument.ts";
import { run as showStatus } from "./mountain-status.ts";
import { printStaged, stage, stagingDocument } from "./staged-output.ts";

/** `gt mountain <epic>` (spec/05 §8.1). */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const { ledger, actor } = await context.access();
  const [word] = args;
  if (word === undefined) throw usageError("which epic?", { hint: "gt mountain <epic>" });
  const epic = await ledger.get(await ledger.resolve(word));
  if (epic?.type !== "epic") throw usageError(`${word} is not an epic`, { hint: "bd list --type epic" });
  const existing = (await openMountains(ledger)).find(
    (convoy) => convoyFields(convoy).epic === epic.id && convoy.status === "open",
  );
  if (existing !== undefined) {
    await showStatus({ ...context, args: [existing.id] });
    return 0;
  }
  const staged = await stage(context, mountainLabel);
  if (!out.json) printStaged(out, staged, { isLaunched: true });
  if (staged.convoy === undefined) {
    out.document(stagingDocument(staged));
    return 1;
  }
  await ledger.write(actor, [
    { op: "update", id: staged.convoy.id, fields: { title: `Mountain: ${epic.title}` } },
    { op: "addLabel", id: staged.convoy.id, label: mountainLabel },
  ]);
  const convoy = (await ledger.get(staged.convoy.id)) ?? staged.convoy;
  const code = await launch({ ...context, flags }, convoy);
  await ledger.write(actor, [
    {
      op: "event",
      event: { type: "mountain_started", payload: { convoy: convoy.id, total: staged.staging.tasks.length } },
    },
  ]);
  return code;
}
