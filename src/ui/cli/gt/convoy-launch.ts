import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import type { CommandContext } from "../command.ts";
import { launch } from "./launched-output.ts";
import { printStaged, stage, stagingDocument } from "./staged-output.ts";

/** `gt convoy launch` (spec/05 §7); an epic or tasks are staged first. */
export async function run(context: CommandContext): Promise<number> {
  const { ledger } = await context.access();
  const { args, out } = context;
  const [word = ""] = args;
  const bead = await ledger.get(word);
  const isConvoy = args.length === 1 && (bead === undefined || bead.type === "convoy");
  if (isConvoy) return launch(context, await findConvoy(ledger, word));
  const staged = await stage(context);
  if (staged.convoy !== undefined) return launch(context, staged.convoy);
  out.document(stagingDocument(staged));
  if (!out.json) printStaged(out, staged);
  return 1;
}
