import { usageError } from "../../../core/gt-error.ts";
import { writePatrolDigest } from "../../../agents/patrols/patrol-digest.ts";
import type { CommandContext } from "../command.ts";

const day = 24 * 3_600_000;

/** `gt patrol digest` (spec/04 §9.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const date = flags.string("date");
  if (date !== undefined && Number.isNaN(Date.parse(date)))
    throw usageError(`"${date}" is not a date`, { why: ["dates look like 2026-01-15"] });
  const of = flags.boolean("yesterday") ? access.clock.now() - day : access.clock.now();
  const name = date ?? new Date(of).toISOString().slice(0, 10);
  const digest = await writePatrolDigest(access, name, { isDry: flags.boolean("dry-run") });
  out.document({ date: name, ...digest });
  out.line(digest.text);
  if (digest.bead !== null) out.done(`${digest.isNew ? "noted in" : "was noted in"} ${digest.bead}`);
}
