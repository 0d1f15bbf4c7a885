import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { treeLine } from "./bead-list.ts";
import { openWorkspace } from "./workspace.ts";

const dayMs = 86_400_000;

/** `bd stale`: active work that nobody touched, oldest first (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const days = flags.integer("days") ?? 30;
  const limit = flags.integer("limit") ?? 50;
  if (days < 0 || limit < 0) throw usageError("--days and --limit cannot be negative");
  const workspace = await openWorkspace(context);
  const wanted = flags.strings("status");
  for (const status of wanted) workspace.ledger.statuses().check(status);
  const beads = await workspace.ledger.find({
    status: wanted.length > 0 ? wanted : ["open", "in_progress", "hooked"],
    updatedBefore: workspace.now - days * dayMs,
    ephemeral: false,
    template: false,
    notType: ["agent", "role", "rig", "message", "event"],
    sort: "updated",
    reverse: true,
    limit,
    ...(workspace.readScope === undefined ? {} : { scope: workspace.readScope }),
  });
  out.document(beads.map((bead) => beadJson(bead)));
  if (beads.length === 0) out.line(`No issues untouched for ${days} days`);
  for (const bead of beads) {
    const age = Math.floor((workspace.now - bead.updatedAt) / dayMs);
    out.line(`${treeLine(bead, out.style)} ${out.style.muted(`(${age} days)`)}`);
  }
}
