import { removeCrew } from "../../../agents/lifecycle/crew.ts";
import type { CommandContext } from "../command.ts";
import { memberOf } from "./crew-argument.ts";

/** `gt crew remove` (spec/04 §4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const removed = [];
  for (const word of new Set(args)) {
    const { rig, name, address } = await memberOf(context, word);
    const bundle = await removeCrew(access, rig, name, {
      force: flags.boolean("force"),
      purge: flags.boolean("purge"),
    });
    removed.push({ address, bundle: bundle ?? null });
    out.done(`removed ${address}`);
    if (bundle !== undefined) out.line(`  its repository is kept in ${bundle}`);
  }
  out.document({ ok: true, removed });
}
