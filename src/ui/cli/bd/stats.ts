import { sanitiseLine } from "../../../core/sanitise.ts";
import type { BeadFilter } from "../../../core/ledger/ledger.ts";
import type { CommandContext } from "../command.ts";
import { epicStates } from "./epic.ts";
import { globToRegExp } from "../../../core/glob.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const dayMs = 86_400_000;

/** `bd stats` (spec/01 §10.3); wisps do not count. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const base: BeadFilter = {
    ephemeral: false,
    template: false,
    ...(workspace.readScope === undefined ? {} : { scope: workspace.readScope }),
    ...(flags.boolean("assigned") ? { assignee: workspace.actor } : {}),
    ...(flags.has("actor") ? { assigneeGlob: flags.string("actor") ?? "" } : {}),
  };
  if (flags.string("group-by") === "actor") return showByActor(context, workspace, base);
  const summary = await summarise(workspace, base);
  const activity = flags.boolean("no-activity") ? undefined : await recentActivity(workspace);
  out.document({ summary, ...(activity === undefined ? {} : { recent_activity: activity }) });
  out.line(out.style.bold("Issues"));
  for (const [name, value] of Object.entries(summary)) out.line(`  ${label(name)}: ${value}`);
  if (activity === undefined) return;
  out.line(out.style.bold(`Last ${activity.hours_tracked} hours`));
  for (const [name, value] of Object.entries(activity).slice(1)) out.line(`  ${label(name)}: ${value}`);
}

function label(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

async function summarise(workspace: Workspace, base: BeadFilter) {
  const { ledger } = workspace;
  const count = (more: BeadFilter) => ledger.count({ ...base, ...more });
  const closed = await ledger.find({ ...base, status: "closed" });
  const hours = closed.flatMap((bead) =>
    bead.closedAt === undefined ? [] : [(bead.closedAt - bead.createdAt) / 3_600_000],
  );
  const epics =
    base.assignee === undefined && base.assigneeGlob === undefined ? await epicStates(workspace) : [];
  return {
    total_issues: await count({}),
    open_issues: await count({ status: "open" }),
    in_progress_issues: await count({ status: "in_progress" }),
    closed_issues: closed.length,
    blocked_issues: (await ledger.blocked(base)).length,
    deferred_issues: await count({ status: "deferred" }),
    ready_issues: (await ledger.ready({ ...base, limit: 0 })).length,
    pinned_issues: await count({ pinned: true }),
    epics_eligible_for_closure: epics.filter((state) => state.isEligible).length,
    average_lead_time_hours:
      hours.length === 0
        ? 0
        : Math.round((hours.reduce((sum, one) => sum + one, 0) / hours.length) * 100) / 100,
  };
}

async function recentActivity(workspace: Workspace) {
  const { ledger, now, readScope } = workspace;
  const scope = readScope === undefined ? {} : { scope: readScope };
  const since = now - dayMs;
  const page = await ledger.changes(0, {
    limit: 0,
    types: ["created", "closed", "reopened", "updated", "status_changed", "claimed"],
    ...(readScope === undefined ? {} : { scopes: [readScope] }),
  });
  const recent = page.changes.filter((change) => change.createdAt > since);
  const of = (...types: string[]) => recent.filter((change) => types.includes(change.type)).length;
  return {
    hours_tracked: 24,
    commit_count: await commitCount(workspace, since),
    issues_created: await ledger.count({ ...scope, ephemeral: false, createdAfter: since }),
    issues_closed: await ledger.count({ ...scope, ephemeral: false, closedAfter: since }),
    issues_updated: of("updated", "status_changed", "claimed"),
    issues_reopened: of("reopened"),
    total_changes: recent.length,
  };
}

/** Commits in the repository of the current scope, on any branch but the one that carries the beads. */
async function commitCount(workspace: Workspace, since: number): Promise<number> {
  const [{ ledgerPlace }, { openGit }] = await Promise.all([
    import("./ledger-place.ts"),
    import("../../../core/git/git.ts"),
  ]);
  const { scopes } = ledgerPlace(workspace);
  const repository = scopes.find(({ scope }) => scope === workspace.scope)?.repository;
  if (repository === undefined) return 0;
  try {
    const after = `--since=${new Date(since).toISOString()}`;
    return Number(
      await openGit(repository).raw(["rev-list", "--count", after, "--exclude=beads-sync", "--branches"]),
    );
  } catch {
    // A repository that git cannot read has no commits to count; the numbers of the beads are still worth telling.
    return 0;
  }
}

async function showByActor(
  { flags, out }: CommandContext,
  { ledger }: Workspace,
  base: BeadFilter,
): Promise<void> {
  const beads = await ledger.find(base);
  const pattern = flags.has("actor") ? globToRegExp(flags.string("actor") ?? "") : undefined;
  const groups = [...Map.groupBy(beads, (bead) => bead.assignee || "(unassigned)")]
    .filter(([actor]) => pattern === undefined || pattern.test(actor))
    .map(([actor, members]) => ({
      actor,
      total: members.length,
      open: members.filter((bead) => bead.status === "open").length,
      in_progress: members.filter((bead) => bead.status === "in_progress").length,
      closed: members.filter((bead) => bead.status === "closed").length,
    }))
    .toSorted((a, b) => b.total - a.total || (a.actor < b.actor ? -1 : 1));
  out.document(groups);
  out.table(
    ["ACTOR", "TOTAL", "OPEN", "IN PROGRESS", "CLOSED"],
    groups.map((group) => [
      sanitiseLine(group.actor),
      String(group.total),
      String(group.open),
      String(group.in_progress),
      String(group.closed),
    ]),
  );
}
