import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt polecat stale` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const access = await context.access();
  const rig = access.town.rig(args[0] ?? "");
  const { stalePolecats } = await import("../../../agents/lifecycle/stale-polecats.ts");
  const threshold = flags.integer("threshold") ?? 20;
  if (threshold < 0)
    throw usageError("--threshold is a number of commits", { hint: "gt help polecat stale" });
  const polecats = await stalePolecats(access, rig, threshold);
  for (const polecat of polecats)
    out.line(`${polecat.isStale ? "⊘" : "○"} ${polecat.address}: ${sanitiseLine(polecat.reason)}`);
  if (polecats.length === 0) out.line("no polecats");
  const stale = polecats.filter((polecat) => polecat.isStale).map((polecat) => polecat.address);
  let removed: readonly string[] = [];
  const isDryRun = flags.boolean("dry-run");
  if (flags.boolean("cleanup") && isDryRun) for (const address of stale) out.line(`would remove ${address}`);
  if (flags.boolean("cleanup") && !isDryRun && stale.length > 0) {
    const { nukePolecats } = await import("../../../agents/lifecycle/nuke-polecat.ts");
    removed = (await nukePolecats(access, { addresses: stale, cwd, reason: "stale" })).nuked;
    for (const address of removed) out.done(`removed ${address}`);
  }
  if (stale.length > removed.length) out.next(`gt polecat stale ${rig.name} --cleanup`);
  out.document({
    polecats: polecats.map(({ address, isStale, reason }) => ({ address, stale: isStale, reason })),
    removed,
  });
}
