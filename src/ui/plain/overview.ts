import { type AgentView, agentHealth } from "../../agents/patrols/agent-health.ts";
import type { TownAccess } from "../../agents/town-access.ts";
import { type ConvoyView, convoyViews } from "../../core/convoys/convoy-view.ts";
import { formatAge } from "../../core/duration.ts";
import { formatEventLine, localDay } from "../../core/events/describe-event.ts";
import type { TownEvent } from "../../core/events/event.ts";
import { type ReadOptions, readEvents } from "../../core/events/read-events.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { agentColumns, agentRows, problemColumns, problemRecord, problemRows } from "./agent-rows.ts";
import { columnLines } from "./columns.ts";
import { eventRecord } from "./event-record.ts";

export const panels = ["agents", "convoys", "problems", "queue", "events"] as const;
export type Panel = (typeof panels)[number];

/** What one look at the town shows, section by section (spec/06 §10). Sections that were not asked for are absent. */
export interface Overview {
  readonly agents?: readonly AgentView[];
  readonly convoys?: readonly ConvoyView[];
  readonly problems?: readonly AgentView[];
  readonly queue?: readonly MergeRequest[];
  readonly events?: readonly TownEvent[];
}

const dayMs = 86_400_000;

export async function readOverview(
  access: TownAccess,
  wanted: readonly Panel[],
  events: ReadOptions = {},
): Promise<Overview> {
  const { ledger, town } = access;
  const wants = (panel: Panel) => wanted.includes(panel);
  const agents = wants("agents") || wants("problems") ? await agentHealth(access) : [];
  return {
    ...(wants("agents") ? { agents } : {}),
    ...(wants("convoys") ? { convoys: await recentConvoys(access) } : {}),
    ...(wants("problems") ? { problems: agents.filter((agent) => agent.needsAttention) } : {}),
    ...(wants("queue") ? { queue: await openRequests(access) } : {}),
    ...(wants("events")
      ? {
          events: readEvents(town.paths.events, {
            limit: 20,
            context: { rigs: town.rigs() },
            ...events,
            filter: { visibility: "feed", ...events.filter },
          }),
        }
      : {}),
  };

  async function openRequests({ ledger: from }: TownAccess): Promise<readonly MergeRequest[]> {
    const beads = await from.find({ type: "merge-request", notStatus: "closed", sort: "oldest" });
    return beads.map(mergeRequest);
  }

  async function recentConvoys({ clock }: TownAccess): Promise<readonly ConvoyView[]> {
    const now = clock.now();
    const all = await convoyViews(ledger, { includeClosed: true, now });
    return all.filter((convoy) => convoy.closedAt === undefined || now - convoy.closedAt < dayMs);
  }
}

export interface PrintOptions {
  readonly now: number;
  readonly ascii: boolean;
  /** Headings of the sections; a single section of events is printed without. */
  readonly withHeadings: boolean;
}

/** The sections as text, in the order of `panels` (spec/06 §10). */
export function overviewLines(overview: Overview, options: PrintOptions): readonly string[] {
  const { now } = options;
  const lines: string[] = [];
  const section = (title: string, columns: readonly string[], rows: readonly (readonly string[])[]) => {
    lines.push(`${title} (${rows.length})`);
    if (rows.length === 0) lines.push("none");
    else lines.push(...columnLines([columns, ...rows.map((row) => row.map(sanitiseLine))]));
    lines.push("");
  };
  if (overview.agents) section("AGENTS", agentColumns, agentRows(overview.agents));
  if (overview.convoys)
    section("CONVOYS", ["ID", "TITLE", "DONE", "STATUS", "AGE"], convoyRows(overview.convoys, now));
  if (overview.problems) section("PROBLEMS", problemColumns, problemRows(overview.problems));
  if (overview.queue)
    section("QUEUE", ["MR", "RIG", "STATUS", "BRANCH", "WORKER", "AGE"], queueRows(overview.queue, now));
  if (overview.events) {
    if (options.withHeadings) lines.push(`EVENTS (${overview.events.length})`);
    const withDay = spansDays(overview.events);
    lines.push(...overview.events.map((event) => formatEventLine(event, { ascii: options.ascii, withDay })));
    if (options.withHeadings) lines.push(...(overview.events.length === 0 ? ["none"] : []), "");
  }
  return lines;
}

/** The one document of `gt --plain --json` (spec/07 §2.5). */
export function overviewDocument(overview: Overview, access: TownAccess): Readonly<Record<string, unknown>> {
  const context = { rigs: access.town.rigs() };
  return {
    ...(overview.agents ? { agents: overview.agents.map(agentDocument) } : {}),
    ...(overview.convoys ? { convoys: overview.convoys.map(convoyDocument) } : {}),
    ...(overview.problems ? { problems: overview.problems.map((agent) => problemRecord(agent)) } : {}),
    ...(overview.queue ? { queue: overview.queue.map(queueDocument) } : {}),
    ...(overview.events ? { events: overview.events.map((event) => eventRecord(event, context)) } : {}),
  };
}

/** More than one local day: then lines carry the day too. */
export function spansDays(events: readonly TownEvent[]): boolean {
  return new Set(events.map((event) => localDay(event.ts))).size > 1;
}

function convoyRows(convoys: readonly ConvoyView[], now: number): readonly (readonly string[])[] {
  return convoys.map((convoy) => [
    convoy.id,
    convoy.title,
    `${convoy.done}/${convoy.total}`,
    [convoy.state, ...convoy.reasons].join(": "),
    formatAge(now - convoy.createdAt),
  ]);
}

function queueRows(queue: readonly MergeRequest[], now: number): readonly (readonly string[])[] {
  return queue.map((request) => [
    request.id,
    request.rig || "-",
    request.phaseReason ? `${request.phase}: ${request.phaseReason}` : request.phase,
    request.branch,
    request.worker || "-",
    formatAge(now - request.createdAt),
  ]);
}

function agentDocument(agent: AgentView): Readonly<Record<string, unknown>> {
  return {
    address: agent.address,
    role: agent.role,
    rig: agent.rig,
    name: agent.name,
    state: agent.state,
    health: agent.health,
    tag: agent.tag,
    bead: agent.bead,
    title: agent.title,
    idle_ms: agent.idleMs,
    session: agent.session,
    ...(agent.phase === undefined ? {} : { phase: agent.phase }),
    runtime: agent.runtime,
    reason: agent.reason,
    suggestion: agent.suggestion,
  };
}

function convoyDocument(convoy: ConvoyView): Readonly<Record<string, unknown>> {
  return {
    id: convoy.id,
    title: convoy.title,
    status: convoy.status,
    state: convoy.state,
    done: convoy.done,
    total: convoy.total,
    reasons: convoy.reasons,
    created_at: new Date(convoy.createdAt).toISOString(),
  };
}

function queueDocument(request: MergeRequest): Readonly<Record<string, unknown>> {
  return {
    mr: request.id,
    rig: request.rig,
    status: request.phase,
    reason: request.phaseReason,
    branch: request.branch,
    worker: request.worker,
    bead: request.sourceIssue,
    created_at: new Date(request.createdAt).toISOString(),
  };
}
