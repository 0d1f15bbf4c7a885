import { planRotation, rotate } from "../../../agents/accounts/rotate.ts";
import type { CommandContext } from "../command.ts";

/** `gt quota rotate` (spec/03 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const access = await context.access();
  const from = flags.string("from");
  const plan = await planRotation(access, {
    ...(from === undefined ? {} : { from }),
    includesIdle: flags.boolean("idle"),
  });
  const isPlan = flags.boolean("dry-run");
  if (!isPlan) await rotate(access, plan);
  out.document({ rotations: plan, dry_run: isPlan });
  if (plan.length === 0) out.line("No session has to change its account.");
  for (const { session, from: before, to } of plan)
    out.line(`${isPlan ? "would change" : "✓"} ${session}: ${before} → ${to}`);
}
