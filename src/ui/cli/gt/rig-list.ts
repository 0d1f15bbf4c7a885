import { rigViews } from "../../plain/rig-views.ts";
import type { CommandContext } from "../command.ts";

const glyphs = {
  running: "🟢",
  partly: "🟡",
  stopped: "⚫",
  parked: "🅿️",
  docked: "🛑",
  unreadable: "⚠",
  missing: "⚠",
} as const;

/** `gt rig list` (spec/07 §5.4). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const town = await context.town();
  const rigs = await rigViews(town, await context.ledger());
  out.document(
    rigs.map((rig) => ({
      name: rig.name,
      beads_prefix: rig.prefix,
      status: rig.status,
      witness: rig.isWitnessRunning ? "running" : "stopped",
      refinery: rig.isRefineryRunning ? "running" : "stopped",
      polecats: rig.polecats,
      crew: rig.crew,
      queued: rig.queued,
      path: rig.path,
      git_url: rig.gitUrl,
    })),
  );
  if (out.json) return;
  if (rigs.length === 0) {
    out.line("No rigs.");
    out.next("gt rig add <name> <git-url or path>");
    return;
  }
  out.table(
    ["", "rig", "prefix", "witness", "refinery", "polecats", "crew", "queue"],
    rigs.map((rig) => [
      glyphs[rig.light],
      rig.name,
      rig.prefix,
      rig.status === "missing" ? "⚠ missing" : rig.isWitnessRunning ? "running" : "stopped",
      rig.isRefineryRunning ? "running" : "stopped",
      String(rig.polecats),
      String(rig.crew),
      String(rig.queued),
    ]),
  );
}
