import { watchQuota } from "../../../agents/accounts/watch-quota.ts";
import type { CommandContext } from "../command.ts";

const usualMs = 5 * 60_000;

/** `gt quota watch` (spec/03 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const isPlan = flags.boolean("dry-run");
  await watchQuota(await context.access(), {
    intervalMs: flags.duration("interval") ?? usualMs,
    isPlan,
    signal: context.untilSignal(),
    tell: (plan) => {
      if (context.json) out.record({ rotations: plan, dry_run: isPlan });
      for (const { session, from, to } of plan)
        out.line(`${isPlan ? "would change" : "✓"} ${session}: ${from} → ${to}`);
    },
    warn: (problem) => out.warn(problem),
  });
}
