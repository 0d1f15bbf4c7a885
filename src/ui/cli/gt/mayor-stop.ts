import { stopMayor } from "../../../agents/lifecycle/mayor.ts";
import type { CommandContext } from "../command.ts";

/** `gt mayor stop` (spec/04 §7.2). */
export async function run({ access, flags, out }: CommandContext): Promise<void> {
  const wasRunning = await stopMayor(await access(), { force: flags.boolean("force") });
  out.document({ ok: true, was_running: wasRunning });
  if (wasRunning) out.done("the Mayor's session has ended");
  else out.line("the Mayor was not running");
}
