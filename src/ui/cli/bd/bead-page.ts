import type { Bead, Dependency } from "../../../core/ledger/bead.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Style } from "../style.ts";
import { agentJson, type EdgeIndex } from "./bead-json.ts";
import { formatDay, priorityMark, statusIcon } from "./bead-text.ts";
import { agentOfBead } from "./agent-of-bead.ts";
import type { Workspace } from "./workspace.ts";

/** One bead on one line: `◐ gt-k3x9a [BUG] · Title   [● P1 · IN_PROGRESS]`. */
export function shortLine(bead: Bead, style: Style): string {
  const type = bead.type === "task" ? "" : ` [${sanitiseLine(bead.type).toUpperCase()}]`;
  const state = `[${priorityMark(bead, style)} · ${style.status(bead.status, sanitiseLine(bead.status).toUpperCase())}]`;
  return `${statusIcon(bead, style)} ${style.bold(bead.id)}${type} · ${sanitiseLine(bead.title)}   ${state}`;
}

/** Everything about one bead for a person (spec/01 §10.3). */
export async function beadPage(
  { out, flags }: CommandContext,
  workspace: Workspace,
  bead: Bead,
  edges: EdgeIndex,
): Promise<readonly string[]> {
  const { style } = out;
  const { ledger } = workspace;
  const own = edges.from(bead.id);
  const dependents = edges.to(bead.id);
  const others = await ledger.getMany([
    ...own.map((edge) => edge.to),
    ...dependents.map((edge) => edge.from),
  ]);
  const zone = flags.boolean("local-time") ? "local" : "utc";
  const lines = [shortLine(bead, style), ...headLines(bead, zone), ...fieldLines(bead)];
  const text = (heading: string, body: string) => {
    if (body !== "") lines.push("", style.bold(heading), ...sanitise(body).split("\n"));
  };
  text("DESCRIPTION", bead.description === "" ? "(none)" : bead.description);
  text("DESIGN", bead.design);
  text("NOTES", bead.notes);
  text("ACCEPTANCE CRITERIA", bead.acceptanceCriteria);
  if (bead.labels.length > 0) lines.push("", `LABELS: ${bead.labels.map(sanitiseLine).join(", ")}`);
  const metadata = Object.entries(bead.metadata).filter(([, value]) => typeof value !== "object");
  if (metadata.length > 0) {
    lines.push(
      "",
      style.bold("METADATA"),
      ...metadata.map(([key, value]) => `  ${sanitiseLine(`${key}: ${String(value)}`)}`),
    );
  }
  const related = (
    heading: string,
    glyph: string,
    list: readonly Dependency[],
    end: "from" | "to",
    note = "",
  ) => {
    if (list.length === 0) return;
    lines.push("", style.bold(heading) + note);
    for (const edge of list) lines.push(`  ${glyph} ${relatedLine(edge[end], others.get(edge[end]), style)}`);
  };
  const outgoing = (...types: string[]) => own.filter((edge) => types.includes(edge.type));
  const incoming = (...types: string[]) => dependents.filter((edge) => types.includes(edge.type));
  const blocking = ["blocks", "conditional-blocks", "waits-for"];
  const children = incoming("parent-child");
  related("PARENT", "↑", outgoing("parent-child"), "to");
  related("DEPENDS ON", "→", outgoing(...blocking), "to");
  related("DISCOVERED FROM", "◊", outgoing("discovered-from"), "to");
  related("CHILDREN", "↳", children, "from", progressNote(bead, children, others));
  related("BLOCKS", "←", incoming(...blocking), "from");
  related("DISCOVERED", "◊", incoming("discovered-from"), "from");
  const known = new Set(["parent-child", "discovered-from", ...blocking]);
  const rest = own.filter((edge) => !known.has(edge.type));
  const incomingRest = dependents.filter(
    (edge) =>
      !known.has(edge.type) && !rest.some((other) => other.to === edge.from && other.type === edge.type),
  );
  related("RELATED", "↔", rest, "to");
  related(rest.length > 0 ? "REFERRED TO BY" : "RELATED", "↔", incomingRest, "from");
  lines.push(...(await commentLines(workspace, bead, style)), ...(await agentLines(workspace, bead, style)));
  return lines;
}

function headLines(bead: Bead, zone: "utc" | "local"): readonly string[] {
  const day = (ms: number) => formatDay(ms, zone);
  const people = [
    ...(bead.owner || bead.createdBy ? [`Owner: ${bead.owner || bead.createdBy}`] : []),
    ...(bead.assignee === "" ? [] : [`Assignee: ${bead.assignee}`]),
    `Type: ${bead.type}`,
  ];
  const dates = [
    `Created: ${day(bead.createdAt)}`,
    ...(bead.startedAt === undefined ? [] : [`Started: ${day(bead.startedAt)}`]),
    `Updated: ${day(bead.updatedAt)}`,
    ...(bead.dueAt === undefined ? [] : [`Due: ${day(bead.dueAt)}`]),
    ...(bead.deferUntil === undefined ? [] : [`Deferred until: ${new Date(bead.deferUntil).toISOString()}`]),
    ...(bead.closedAt === undefined ? [] : [`Closed: ${day(bead.closedAt)}`]),
  ];
  const closing = bead.closeReason === "" ? [] : [`Close reason: ${bead.closeReason} (${bead.outcome})`];
  const reference = [
    ...(bead.externalRef === undefined ? [] : [`External: ${bead.externalRef}`]),
    ...(bead.specId === "" ? [] : [`Spec: ${bead.specId}`]),
    ...(bead.estimatedMinutes === undefined ? [] : [`Estimate: ${bead.estimatedMinutes} min`]),
  ];
  return [people, dates, closing, reference]
    .filter((parts) => parts.length > 0)
    .map((parts) => sanitiseLine(parts.join(" · ")));
}

/** Structured fields as `key: value` lines above the description (spec/01 §6.4). */
function fieldLines(bead: Bead): readonly string[] {
  const lines = Object.values(bead.metadata).flatMap((group) =>
    typeof group !== "object" || group === null || Array.isArray(group)
      ? []
      : Object.entries(group)
          .filter(([, value]) => value !== null && value !== "" && typeof value !== "object")
          .map(([key, value]) => sanitiseLine(`${key}: ${String(value)}`)),
  );
  return lines.length === 0 ? [] : ["", ...lines];
}

function relatedLine(id: string, bead: Bead | undefined, style: Style): string {
  if (bead === undefined) return `? ${sanitiseLine(id)} (not in this ledger)`;
  const type = bead.type === "epic" ? "(EPIC) " : "";
  return `${statusIcon(bead, style)} ${bead.id}: ${type}${sanitiseLine(bead.title)} ${priorityMark(bead, style)}`;
}

function progressNote(
  bead: Bead,
  children: readonly Dependency[],
  others: ReadonlyMap<string, Bead>,
): string {
  if (bead.type !== "epic" || children.length === 0) return "";
  const closed = children.filter((edge) => others.get(edge.from)?.status === "closed").length;
  return `  ◐ ${closed}/${children.length} complete (${Math.round((closed / children.length) * 100)}%)`;
}

async function commentLines({ ledger }: Workspace, bead: Bead, style: Style): Promise<readonly string[]> {
  const comments = await ledger.comments(bead.id);
  if (comments.length === 0) return [];
  const lines = comments.flatMap((comment) => [
    `  ${sanitiseLine(comment.author)} · ${new Date(comment.createdAt).toISOString().slice(0, 16).replace("T", " ")}`,
    ...sanitise(comment.text)
      .split("\n")
      .map((line) => `    ${line}`),
  ]);
  return ["", style.bold("COMMENTS"), ...lines];
}

async function agentLines(workspace: Workspace, bead: Bead, style: Style): Promise<readonly string[]> {
  const agent = bead.type === "agent" ? await agentOfBead(workspace, bead) : undefined;
  if (agent === undefined) return [];
  const lines = Object.entries(agentJson(agent)).map(
    ([key, value]) => `  ${sanitiseLine(`${key}: ${String(value)}`)}`,
  );
  return ["", style.bold("AGENT"), ...lines];
}
