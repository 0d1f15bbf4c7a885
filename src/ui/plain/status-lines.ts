import { sanitiseLine } from "../../core/sanitise.ts";
import { fitCells } from "../cli/standard-output.ts";
import type { Style } from "../cli/style.ts";
import type { AgentStatus, RigStatus, TownStatus } from "./town-status.ts";

export interface StatusLineOptions {
  readonly style: Style;
  readonly verbose: boolean;
  /** The town's path as it is shown. */
  readonly location: string;
}

/** The text of `gt status` (spec/06 §13.1). */
export function statusLines(status: TownStatus, options: StatusLineOptions): readonly string[] {
  const { style } = options;
  const { overseer, escalations, estop, daemon, host } = status;
  const service = (name: string, isRunning: boolean, pid: number | undefined, more = "") =>
    isRunning ? `${name} (PID ${pid ?? "?"}${more})` : style.muted(`${name} (stopped)`);
  return [
    ...(estop.isActive
      ? [style.failure(`🛑 EMERGENCY STOP${estop.reason ? `: ${sanitiseLine(estop.reason)}` : ""} (gt thaw)`)]
      : []),
    `Town: ${style.bold(sanitiseLine(status.name))}`,
    options.location,
    "",
    `👤 Overseer: ${sanitiseLine(overseer.name)}${overseer.email ? ` <${sanitiseLine(overseer.email)}>` : ""}`,
    ...(overseer.unreadMail > 0 ? [`   📬 ${overseer.unreadMail} unread`] : []),
    ...(escalations.unacked > 0 ? [style.failure(escalationLine(escalations))] : []),
    ...(status.muted.length > 0 ? [`🔕 DND: on (${status.muted.join(", ")})`] : []),
    "",
    `Services: ${service("daemon", daemon.isRunning, daemon.pid)}  ${service(
      "host",
      host.isRunning,
      host.pid,
      host.isAnswering
        ? `, ${host.sessions} ${host.sessions === 1 ? "session" : "sessions"}`
        : ", not answering",
    )}  ledger (${megabytes(status.ledger.bytes)}, ${status.ledger.open.toLocaleString("en-US")} open)`,
    "",
    ...status.townAgents.flatMap((agent) => agentLines(agent, `${agent.view.icon} `, options)),
    ...(status.rigs.length === 0
      ? ["", "No rigs registered. Use gt rig add to add one."]
      : status.rigs.flatMap((rig) => ["", ...rigLines(rig, options)])),
  ];
}

function rigLines(rig: RigStatus, options: StatusLineOptions): readonly string[] {
  const title = `${rig.rig.name}/${rig.view.status === "operational" ? "" : ` (${rig.view.status})`}`;
  const rule = "─".repeat(Math.max(3, 50 - title.length));
  const ofRole = (role: string) => rig.agents.filter((agent) => agent.view.role === role);
  const group = (icon: string, name: string, agents: readonly AgentStatus[]) =>
    agents.length === 0
      ? []
      : [
          `${icon} ${name} (${agents.length})`,
          ...agents
            .toSorted((one, other) => one.view.name.localeCompare(other.view.name))
            .flatMap((agent) => agentLines(agent, "   ", options)),
        ];
  return [
    options.style.accent(`─── ${title} ${rule}`),
    ...(rig.stop === undefined
      ? []
      : [
          options.style.failure(
            `🛑 EMERGENCY STOP${rig.stop === "" ? "" : `: ${sanitiseLine(rig.stop)}`} (gt thaw --rig ${rig.rig.name})`,
          ),
        ]),
    "",
    ...(rig.agents.length === 0 ? ["   (no agents)"] : []),
    ...ofRole("witness").flatMap((agent) => agentLines(agent, "🦉 ", options)),
    ...ofRole("refinery").flatMap((agent) => refineryLines(agent, rig, options)),
    ...group("👷", "Crew", ofRole("crew")),
    ...group("😺", "Polecats", ofRole("polecat")),
  ];
}

function refineryLines(agent: AgentStatus, rig: RigStatus, options: StatusLineOptions): readonly string[] {
  const { pending, inFlight, blocked } = rig.queue;
  const total = pending + inFlight + blocked;
  const [first = "", ...rest] = agentLines(agent, "🏭 ", options);
  const isStale = pending > 0 && !rig.view.isRefineryRunning;
  return [
    total > 0 ? `${first}  MQ:${total}` : first,
    ...rest,
    ...(options.verbose
      ? [
          `      MQ: ${inFlight > 0 ? "●" : "○"} ${pending} pending, ${inFlight} in-flight, ${blocked} blocked${isStale ? " [stale]" : ""}`,
        ]
      : []),
  ];
}

function agentLines(
  agent: AgentStatus,
  lead: string,
  { style, verbose }: StatusLineOptions,
): readonly string[] {
  const { view } = agent;
  const glyph = agent.isRunning ? style.pass("●") : style.muted("○");
  const needs = view.health === "gupp" || view.health === "stalled" || view.health === "zombie";
  const parts = [
    ...(view.tag ? [view.tag] : []),
    ...(needs ? [style.warning(view.health)] : []),
    ...(agent.notificationLevel === "muted" ? ["🔕"] : []),
    ...(view.runtime && agent.isRunning ? [style.muted(`[${sanitiseLine(view.runtime)}]`)] : []),
    ...(view.title ? [`→ ${fitCells(sanitiseLine(view.title), 30).trimEnd()}`] : []),
    ...(agent.unreadMail > 0 ? [`📬${agent.unreadMail}`] : []),
  ];
  const name = fitCells(view.name, 12);
  const line = `${lead}${name} ${[glyph, ...parts].join(" ")}`;
  if (!verbose) return [line];
  return [
    line,
    `      ${view.address}  state ${view.state}, health ${view.health}`,
    ...(view.runtime ? [`      agent: ${sanitiseLine(view.runtime)}  session: ${view.session}`] : []),
    ...(view.bead ? [`      hook: ${view.bead} → ${sanitiseLine(view.title)}`] : []),
    `      notify: ${agent.notificationLevel}  mail: ${agent.unreadMail}`,
  ];
}

function escalationLine({ unacked, worst }: TownStatus["escalations"]): string {
  return `🚨 ${unacked} unacknowledged escalation${unacked === 1 ? "" : "s"}${worst ? ` (${worst})` : ""}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
