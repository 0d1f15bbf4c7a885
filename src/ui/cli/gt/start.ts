import { daemonStatus } from "../../../agents/daemon/daemon-control.ts";
import { parseTier } from "../../../agents/runtimes/cost-tier.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt start [<rig>/crew/<name>]`, `gt start crew <name>` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const words = args[0] === "crew" ? args.slice(1) : args;
  if (args[0] === "crew" && words.length === 0)
    throw usageError("gt start crew needs a name", { hint: "gt crew list" });
  const tier = flags.string("cost-tier");
  if (tier !== undefined) {
    // Runtimes are chosen by the environment (spec/03 §2.6), which the daemon that is started here inherits.
    process.env["GT_COST_TIER"] = parseTier(tier);
    if (daemonStatus(await context.town()).isRunning)
      out.warn(`the daemon runs already and starts its agents as before (gt config cost-tier ${tier})`);
  }
  if (words.length > 0) {
    const { run: startCrew } = await import("./crew-start.ts");
    return (await startCrew({ ...context, args: words })) ?? 0;
  }
  const agent = flags.string("agent");
  const { run: up } = await import("./up.ts");
  return up(context, {
    isLazy: !flags.boolean("all"),
    ...(agent === undefined ? {} : { mayorAgent: agent }),
  });
}
