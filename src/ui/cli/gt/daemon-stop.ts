import { stopDaemon } from "../../../agents/daemon/daemon-control.ts";
import { readDesired } from "../../../agents/daemon/desired-state.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon stop` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<void> {
  const town = await context.town();
  if (!(await stopDaemon(town, { force: context.flags.boolean("force") })))
    throw new GtError("E_DAEMON_DOWN", "the daemon is not running", { hint: "gt daemon start" });
  context.out.document({ ok: true });
  context.out.done("daemon stopped; sessions go on unwatched");
  if (readDesired(town).state === "up")
    context.out.note(
      "the town is still wanted up: the next command that changes work starts it again (gt down)",
    );
}
