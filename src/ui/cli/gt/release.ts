import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadIdOf } from "./bead-argument.ts";
import { tellOfFeeding } from "./tell-of-feeding.ts";

/** `gt release` (spec/04 §2.10). */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const { releaseBead } = await import("../../../agents/lifecycle/unsling.ts");
  const access = await context.access();
  const released: string[] = [];
  const failed: { bead: string; code: string; message: string }[] = [];
  for (const word of args) {
    let bead = word;
    try {
      bead = await beadIdOf(access.ledger, word);
      const { agent, warnings } = await releaseBead(access, bead, flags.string("reason"));
      for (const warning of warnings) out.warn(sanitiseLine(warning));
      released.push(bead);
      out.done(`${bead} is open again${agent === "" ? "" : ` (was with ${agent})`}`);
      await tellOfFeeding(context, access, bead);
    } catch (error) {
      if (!(error instanceof GtError) || args.length === 1) throw error;
      failed.push({ bead, code: error.code, message: error.message });
      out.failed(`${bead}: ${sanitiseLine(error.message)} (${error.code})`);
    }
  }
  if (args.length > 1) out.line(`${released.length}/${args.length} released`);
  out.document({ ok: failed.length === 0, released, failed });
  return failed.length > 0 ? 1 : 0;
}
