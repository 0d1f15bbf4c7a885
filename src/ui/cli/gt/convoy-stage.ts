import type { CommandContext } from "../command.ts";
import { launch } from "./launched-output.ts";
import { printStaged, stage, stagingDocument } from "./staged-output.ts";

/** `gt convoy stage` (spec/05 §7). */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  const staged = await stage(context);
  const isLaunched = staged.convoy !== undefined && flags.boolean("launch");
  if (!isLaunched) out.document(stagingDocument(staged));
  if (!out.json) printStaged(out, staged, { isLaunched });
  if (staged.convoy === undefined) return 1;
  return isLaunched ? launch(context, staged.convoy) : 0;
}
