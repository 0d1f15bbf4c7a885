import type { TuiOptions } from "../../tui/launch-tui.ts";
import type { CommandContext } from "../command.ts";

/** Opens the full-screen view on the command's town. At a signal the view ends by itself: it gives the terminal back first. */
export async function showTui(
  context: CommandContext,
  options: Pick<TuiOptions, "view" | "filter"> = {},
): Promise<number> {
  context.untilSignal();
  const { launchTui } = await import("../../tui/launch-tui.ts");
  return launchTui(await context.town(), {
    actor: await context.actor(),
    env: context.env,
    commands: context.program.commands,
    ...options,
  });
}
