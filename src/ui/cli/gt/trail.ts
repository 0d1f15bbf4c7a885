import { formatAge } from "../../../core/duration.ts";
import { localTime } from "../../../core/events/describe-event.ts";
import { readEvents } from "../../../core/events/read-events.ts";
import { usageError } from "../../../core/gt-error.ts";
import { neverReadyTypes } from "../../../core/ledger/bead-types.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { trailCommits } from "../../plain/agent-commits.ts";
import type { CommandContext } from "../command.ts";

/** `gt trail [commits|beads|hooks]` (spec/06 §13.2). */
export async function run(context: CommandContext): Promise<void> {
  const limit = context.flags.integer("limit") ?? 20;
  if (limit < 1) throw usageError("--limit must be at least 1", { hint: "gt trail -n 20" });
  switch (context.words.at(-1)) {
    case "beads":
      return beads(context, limit);
    case "hooks":
      return hooks(context, limit);
    default:
      return commits(context, limit);
  }
}

async function commits(context: CommandContext, limit: number): Promise<void> {
  const { out, flags, cwd } = context;
  const town = await context.town();
  const since = flags.since("since");
  const found = await trailCommits(town, { cwd, limit, since, all: flags.boolean("all") });
  const now = Date.now();
  out.document(
    found.map((commit) => ({
      hash: commit.hash,
      short_hash: commit.shortHash,
      author: commit.author,
      email: commit.email,
      date: new Date(commit.date).toISOString(),
      date_relative: formatAge(now - commit.date),
      subject: commit.subject,
      is_agent: commit.isAgent,
    })),
  );
  for (const commit of found) {
    out.line(`${out.style.accent(commit.shortHash)} ${sanitiseLine(commit.subject)}`);
    out.line(`    ${sanitiseLine(commit.author)} ${ago(now - commit.date)}`);
  }
  if (found.length === 0) out.line("No commits.");
}

async function beads(context: CommandContext, limit: number): Promise<void> {
  const { out, flags } = context;
  const since = flags.since("since");
  const ledger = await context.ledger();
  const found = await ledger.find({
    notType: neverReadyTypes,
    sort: "updated",
    limit,
    ...(since === undefined ? {} : { updatedAfter: since }),
  });
  const now = Date.now();
  out.document(
    found.map((bead) => ({
      id: bead.id,
      title: bead.title,
      status: bead.status,
      agent: bead.assignee,
      updated_at: new Date(bead.updatedAt).toISOString(),
      updated_relative: formatAge(now - bead.updatedAt),
    })),
  );
  for (const bead of found) {
    out.line(`${out.style.accent(bead.id)} ${sanitiseLine(bead.title)}`);
    const by = bead.assignee === "" ? "" : ` by ${sanitiseLine(bead.assignee)}`;
    out.line(`    ${bead.status} ${ago(now - bead.updatedAt)}${by}`);
  }
  if (found.length === 0) out.line("No beads.");
}

async function hooks(context: CommandContext, limit: number): Promise<void> {
  const { out, flags } = context;
  const since = flags.since("since");
  const town = await context.town();
  const found = readEvents(town.paths.events, {
    limit,
    filter: { types: ["hook", "unhook"], ...(since === undefined ? {} : { since }) },
  });
  const now = Date.now();
  out.document(
    found.map((event) => ({
      type: event.type,
      actor: event.actor,
      bead: event.payload["bead"] ?? "",
      timestamp: event.ts,
      time_relative: formatAge(now - Date.parse(event.ts)),
    })),
  );
  for (const event of found) {
    const what = event.type === "hook" ? "hooked" : "unhooked";
    out.line(
      `${localTime(event.ts, true)} ${sanitiseLine(event.actor)} ${what} ${sanitiseLine(String(event.payload["bead"] ?? ""))}`,
    );
  }
  if (found.length === 0) out.line("Nothing was hooked.");
}

function ago(ms: number): string {
  const age = formatAge(ms);
  return age === "just now" ? age : `${age} ago`;
}
