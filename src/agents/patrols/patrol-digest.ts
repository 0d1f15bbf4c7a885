import { readEvents } from "../../core/events/read-events.ts";
import type { TownEvent } from "../../core/events/event.ts";
import type { TownAccess } from "../town-access.ts";

export interface PatrolDigest {
  readonly bead: string | null;
  readonly isNew: boolean;
  readonly text: string;
}

const types = [
  "patrol_cycle",
  "patrol_complete",
  "agent_restarted",
  "agent_stuck",
  "bead_recovered",
  "plugin_run",
];
const day = 24 * 3_600_000;

/** Sums up a day's rounds (`YYYY-MM-DD`, UTC) in the bead `Patrol Report <date>`; once, however often it is asked for. */
export async function writePatrolDigest(
  access: TownAccess,
  date: string,
  options: { readonly isDry?: boolean } = {},
): Promise<PatrolDigest> {
  const from = Date.parse(`${date}T00:00:00Z`);
  const events = readEvents(access.town.paths.events, { filter: { types, since: from } }).filter(
    (event) => Date.parse(event.ts) < from + day,
  );
  const text = digestText(events);
  const title = `Patrol Report ${date}`;
  const [before] = await access.ledger.find({
    titleContains: title,
    labels: ["type:patrol-digest"],
    limit: 1,
  });
  if (before !== undefined) return { bead: before.id, isNew: false, text };
  if (options.isDry === true || events.length === 0) return { bead: null, isNew: false, text };
  const { created } = await access.ledger.write(access.actor, [
    {
      op: "create",
      bead: {
        title,
        description: text,
        scope: "town",
        type: "task",
        status: "closed",
        ephemeral: true,
        labels: ["type:patrol-digest"],
      },
    },
  ]);
  return { bead: created[0] ?? null, isNew: true, text };
}

/** One line for each kind of event, with its number. Pure. */
export function digestText(events: readonly Pick<TownEvent, "type" | "payload">[]): string {
  if (events.length === 0) return "Nothing was found and nothing was done.";
  const counts = new Map<string, number>();
  for (const { type, payload } of events) {
    const detail = type === "plugin_run" ? ` ${String(payload["plugin"])} ${String(payload["result"])}` : "";
    const key = `${type}${detail}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort(([one], [two]) => (one < two ? -1 : 1))
    .map(([key, count]) => `- ${key}: ${count}`)
    .join("\n");
}
