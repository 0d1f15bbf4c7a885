import { findRuntime } from "../../../agents/runtimes/resolve-runtime.ts";
import { handArgv } from "../../../agents/sessions/hand-launch.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { shellWord } from "../../../core/shell-word.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt config agent get <name> --argv --role <role>` (spec/03 §2.4): for starting by hand what the host would start. */
export async function showArgv({ flags, out, town }: CommandContext, name: string): Promise<void> {
  const here = await town();
  const word = flags.string("role") ?? "mayor";
  const rig = flags.string("rig") ?? "";
  const address = parseAddress(rig === "" ? word : `${rig}/${word}`) ?? parseAddress(word);
  if (address === undefined || address.role === "overseer")
    throw usageError(`"${sanitiseLine(word)}" is no role with a session`, {
      why: ["e.g. mayor, web/witness, web/crew/max"],
      hint: "gt role list",
    });
  const runtime = findRuntime(here, address.rig, name);
  const argv = handArgv(here, address, runtime, Date.now());
  out.document(argv);
  out.line(argv.map(shellWord).join(" "));
}
