import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt polecat stale` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const access = await context.access();
  const rig = access.town.rig(args[0] ?? "");
  const { stalePolecats } = await import("../../../agents/lifecycle/stale-polecats.ts");
  const polecats = await stalePolecats(access, rig, flags.integer("threshold") ?? 20);
  for (const polecat of polecats)
    out.line(`${polecat.isStale ? "⊘" : "○"} ${polecat.address}: ${sanitiseLine(polecat.reason)}`);
  if (polecats.length === 0) out.line("no polecats");
  const stale = polecats.filter((polecat) => polecat.isStale).map((polecat) => polecat.address);
  let removed: readonly string[] = [];
  if (flags.boolean("cleanup") && !flags.boolean("dry-run") && stale.length > 0) {
    const { nukePolecats } = await import("../../../agents/lifecycle/nuke-polecat.ts");
    removed = (await nukePolecats(access, { addresses: stale, cwd, reason: "stale" })).nuked;
    for (const address of removed) out.done(`removed ${address}`);
  }
  out.document({ polecats, removed });
}
