import { existsSync } from "node:fs";
import { rotate } from "../../../agents/daemon/daemon-log.ts";
import { logFile } from "../../../agents/daemon/daemon-state.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon rotate-logs [--force]`. */
export async function run(context: CommandContext): Promise<void> {
  const file = logFile(await context.town());
  const rotated = existsSync(file) && (context.flags.boolean("force") ? rotate(file, 0) : rotate(file));
  context.out.document({ ok: true, rotated });
  if (rotated) context.out.done(`${file} is now ${file}.1`);
  else context.out.line("the log is small; --force rotates it anyway");
}
