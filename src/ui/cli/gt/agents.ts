import { type AgentView, agentHealth, hostSnapshot } from "../../../agents/patrols/agent-health.ts";
import { isBuiltIn } from "../../../agents/sessions/nudge.ts";
import type { SessionRecord } from "../../../agents/sessions/session-host.ts";
import { formatSpan } from "../../../core/duration.ts";
import { roleIcons } from "../../../core/health/role-icon.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

interface Row {
  readonly rig: string;
  readonly icon: string;
  readonly label: string;
  readonly phase: string;
  readonly bead: string;
  readonly age: string;
  readonly agent: string;
  readonly isRunning: boolean;
}

/** `gt agents` (spec/03 §5.11). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const [views, host] = await Promise.all([agentHealth(access), hostSnapshot(access)]);
  const now = access.clock.now();
  const showsAll = flags.boolean("all");
  out.document(
    views.map((view) => ({
      ...view,
      running: isRunning(view),
      started_at: host.sessions.get(view.session)?.startedAt ?? null,
    })),
  );
  const rows = [
    ...views.map((view) => rowOf(view, host.sessions.get(view.session), now)),
    ...builtInRows(access.town, views),
  ];
  if (!showsAll && !rows.some((row) => row.isRunning)) {
    out.line("No agent sessions running.");
    out.line("  gt sling <bead> <rig>   give work to a polecat");
    out.line("  gt mayor start          start the Mayor");
    return;
  }
  const shown = rows.filter((row) => showsAll || row.isRunning || row.phase === "builtin");
  for (const rig of ["", ...access.town.rigs().map((each) => each.name)]) {
    const here = shown.filter((row) => row.rig === rig);
    if (here.length === 0) continue;
    if (rig !== "") out.line(`── ${rig} ──`);
    for (const row of here) {
      const text = `${row.icon} ${row.label.padEnd(20)} ${row.phase.padEnd(9)} ${row.bead.padEnd(14)} ${row.age.padEnd(6)} ${row.agent}`;
      out.line(text.trimEnd());
    }
  }
}

function isRunning(view: AgentView): boolean {
  return view.phase !== undefined && view.phase !== "exited";
}

function rowOf(view: AgentView, record: SessionRecord | undefined, now: number): Row {
  const isAlive = isRunning(view);
  const place = view.role === "crew" || view.role === "polecat" ? `${view.role}/${view.name}` : view.name;
  return {
    rig: view.rig,
    icon: view.icon,
    label: sanitiseLine(place),
    phase: isAlive ? (view.phase ?? "") : view.health === "zombie" ? "dead" : "-",
    bead: sanitiseLine(view.bead),
    age: isAlive && record !== undefined ? formatSpan(now - record.startedAt) : "",
    agent: sanitiseLine(view.runtime),
    isRunning: isAlive,
  };
}

/** Patrol roles that run inside the daemon have no agent row of their own until they become sessions. */
function builtInRows(town: Town, views: readonly AgentView[]): readonly Row[] {
  const row = (role: "deacon" | "witness" | "refinery", rig: string): readonly Row[] => {
    const isKnown = views.some((view) => view.role === role && view.rig === rig);
    if (isKnown || !isBuiltIn(town, { address: { role, rig, name: "" } })) return [];
    const { icon } = roleIcons[role];
    return [
      { ...{ rig, icon, label: role, phase: "builtin", bead: "", age: "", agent: "" }, isRunning: false },
    ];
  };
  return [
    ...row("deacon", ""),
    ...town.rigs().flatMap(({ name }) => [...row("witness", name), ...row("refinery", name)]),
  ];
}
