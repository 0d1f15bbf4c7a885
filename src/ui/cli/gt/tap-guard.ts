import { guardCommand } from "../../../agents/hooks/guards.ts";
import { readHookInput } from "../../../agents/hooks/hook-event.ts";
import { guardContext } from "../../../agents/hooks/run-hook.ts";
import type { CommandContext } from "../command.ts";
import { readHookStdin } from "./hook-stdin.ts";

/** `gt tap guard <name>` (spec/03 §4.8): exit 2 with the reason on stderr denies; what cannot be read is allowed. */
export async function run(context: CommandContext): Promise<number> {
  const { command } = readHookInput(await readHookStdin());
  if (command === "") return 0;
  try {
    const denied = guardCommand(
      command,
      guardContext(await context.town(), await context.actor(), context),
      context.args[0],
    );
    if (denied === undefined) return 0;
    process.stderr.write(`${denied.reason}\n`);
    return 2;
  } catch {
    return 0; // outside a town, or without an identity, there is nothing to guard
  }
}
