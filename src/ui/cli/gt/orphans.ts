import { findOrphans } from "../../../agents/lifecycle/orphans.ts";
import { formatAge } from "../../../core/duration.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

const dayMs = 86_400_000;

/** `gt orphans` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const town = await context.town();
  const named = flags.string("rig");
  const rigs = named === undefined ? town.rigs() : [town.rig(named)];
  const days = flags.integer("days") ?? 7;
  if (days < 0) throw usageError("--days is a number of days", { hint: "gt help orphans" });
  const since = flags.boolean("all") ? 0 : Date.now() - days * dayMs;
  const found = [];
  for (const rig of rigs)
    for (const orphan of await findOrphans(rig, since)) found.push({ rig: rig.name, ...orphan });
  out.document(found.map((orphan) => ({ ...orphan, date: new Date(orphan.date).toISOString() })));
  if (found.length === 0) out.line("no lost commits");
  else
    out.table(
      ["RIG", "COMMIT", "AGE", "AUTHOR", "SUBJECT", "BRANCH"],
      found.map(({ rig, commit, date, author, subject, branch }) => [
        rig,
        commit.slice(0, 10),
        formatAge(Date.now() - date),
        sanitiseLine(author),
        sanitiseLine(subject),
        branch ?? "(none)",
      ]),
    );
  const [first] = found;
  if (first !== undefined) out.next(`gt orphans recover ${first.commit.slice(0, 10)} --rig ${first.rig}`);
}
