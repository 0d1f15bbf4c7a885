import { localDay, localTime } from "../../../core/events/describe-event.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { readAudit } from "../../plain/audit.ts";
import type { CommandContext } from "../command.ts";

/** `gt audit` (spec/06 §13.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const limit = flags.integer("limit") ?? 50;
  if (limit < 1) throw usageError("--limit must be at least 1", { hint: "gt audit -n 50" });
  const query = { actor: flags.string("actor"), since: flags.since("since"), limit };
  const entries = await readAudit(await context.town(), await context.ledger(), query, (text) =>
    out.warn(sanitiseLine(text)),
  );
  out.document(
    entries.map((entry) => ({
      timestamp: new Date(entry.at).toISOString(),
      source: entry.source,
      type: entry.type,
      actor: entry.actor,
      summary: entry.summary,
      details: "",
      id: entry.id,
    })),
  );
  let day = "";
  for (const entry of entries) {
    const ts = new Date(entry.at).toISOString();
    if (localDay(ts) !== day) {
      day = localDay(ts);
      out.line(out.style.bold(`── ${day} ──`));
    }
    out.line(`${localTime(ts, false)} [${entry.source}] ${sanitiseLine(entry.summary)}`);
    out.line(`         by ${sanitiseLine(entry.actor) || "system"}`);
  }
  if (entries.length === 0) out.line("Nothing was found.");
}
