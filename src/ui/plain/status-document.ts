import type { AgentStatus, RigStatus, TownStatus } from "./town-status.ts";

/** The JSON of `gt status` (spec/06 §13.1); other programs read it, so that keys only ever get added. */
export function statusDocument(status: TownStatus): Readonly<Record<string, unknown>> {
  const { overseer, estop, daemon, host, rigs } = status;
  const ofRole = (role: string) =>
    rigs.reduce((sum, rig) => sum + rig.agents.filter((agent) => agent.view.role === role).length, 0);
  const everyone = [...status.townAgents, ...rigs.flatMap((rig) => rig.agents)];
  return {
    name: status.name,
    location: status.location,
    overseer: {
      name: overseer.name,
      email: overseer.email,
      username: overseer.username,
      source: overseer.source,
      unread_mail: overseer.unreadMail,
    },
    dnd: {
      enabled: status.muted.length > 0,
      level: status.muted.length > 0 ? "muted" : "normal",
      agent: status.muted[0] ?? "",
    },
    estop: { active: estop.isActive, reason: estop.reason },
    daemon: { running: daemon.isRunning, pid: daemon.pid ?? 0 },
    host: { running: host.isRunning, pid: host.pid ?? 0, sessions: host.sessions },
    ledger: status.ledger,
    escalations: status.escalations,
    agents: everyone.map(agentDocument),
    rigs: rigs.map(rigDocument),
    summary: {
      rig_count: rigs.length,
      polecat_count: ofRole("polecat"),
      crew_count: ofRole("crew"),
      witness_count: ofRole("witness"),
      refinery_count: ofRole("refinery"),
      active_hooks: everyone.filter((agent) => agent.view.bead !== "").length,
    },
  };
}

function rigDocument({ rig, view, agents, queue, stop }: RigStatus): Readonly<Record<string, unknown>> {
  const named = (role: string) =>
    agents.filter((agent) => agent.view.role === role).map((agent) => agent.view.name);
  const has = (role: string) => agents.some((agent) => agent.view.role === role);
  return {
    name: rig.name,
    state: view.status,
    estop: { active: stop !== undefined, reason: stop ?? "" },
    polecats: named("polecat"),
    polecat_count: named("polecat").length,
    crews: named("crew"),
    crew_count: named("crew").length,
    has_witness: has("witness"),
    has_refinery: has("refinery"),
    hooks: agents
      .filter((agent) => agent.view.role === "polecat" || agent.view.role === "crew")
      .map(({ view: agent }) => ({
        agent: agent.address,
        role: agent.role,
        has_work: agent.bead !== "",
        molecule: "",
        title: agent.title,
      })),
    agents: agents.map(agentDocument),
    mq: {
      pending: queue.pending,
      in_flight: queue.inFlight,
      blocked: queue.blocked,
      state: view.isRefineryRunning ? "running" : "stopped",
      health: view.isRefineryRunning || queue.pending === 0 ? "healthy" : "stale",
    },
  };
}

function agentDocument(agent: AgentStatus): Readonly<Record<string, unknown>> {
  const { view } = agent;
  return {
    name: view.name,
    address: view.address,
    session: view.session,
    role: view.role,
    running: agent.isRunning,
    has_work: view.bead !== "",
    work_title: view.title,
    hook_bead: view.bead,
    state: view.state,
    health: view.health,
    notification_level: agent.notificationLevel,
    unread_mail: agent.unreadMail,
    first_subject: agent.firstSubject,
    agent_alias: view.runtime,
    agent_info: view.runtime,
  };
}
