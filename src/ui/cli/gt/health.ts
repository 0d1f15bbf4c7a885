import { daemonStatus } from "../../../agents/daemon/daemon-control.ts";
import { readDesired } from "../../../agents/daemon/desired-state.ts";
import { freeDiskMb } from "../../../core/health/free-disk.ts";
import { activeStops } from "../../../agents/daemon/estop.ts";
import { openOperations } from "../../../agents/lifecycle/operation-record.ts";
import { type AgentView, agentHealth, hostSnapshot } from "../../../agents/patrols/agent-health.ts";
import { formatAge } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { plural } from "./mail-text.ts";
import type { CommandContext } from "../command.ts";

/** `gt health` (spec/04 §7.2): exit 0 whatever it finds. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const { town } = access;
  const daemon = daemonStatus(town);
  const [host, agents, operations, freeMb] = await Promise.all([
    hostSnapshot(access),
    agentHealth(access),
    openOperations(access.ledger),
    freeDiskMb(town.root),
  ]);
  const living = [...host.sessions.values()].filter((record) => record.phase !== "exited").length;
  const count = (health: AgentView["health"]) => agents.filter((agent) => agent.health === health).length;
  const counts = {
    gupp: count("gupp"),
    stalled: count("stalled"),
    zombie: count("zombie"),
    working: count("working"),
    idle: count("idle"),
  };
  const stops = activeStops(town);
  out.document({
    desired: readDesired(town).state,
    daemon: {
      running: daemon.isRunning,
      pid: daemon.pid ?? null,
      last_heartbeat: daemon.lastHeartbeat ?? null,
    },
    host: { answering: host.isKnown, sessions: living },
    disk: { free_mb: freeMb },
    estop: stops,
    operations: operations.length,
    duties: daemon.duties,
    agents: counts,
  });
  const beat =
    daemon.lastHeartbeat === undefined
      ? ""
      : `, heartbeat ${formatAge(Date.now() - Date.parse(daemon.lastHeartbeat))}`;
  out.line(`town       wanted ${readDesired(town).state}`);
  for (const stop of stops)
    out.line(`🛑 stop     ${stop.scope} since ${stop.since}: ${sanitiseLine(stop.reason)}`);
  out.line(
    `daemon     ${daemon.isRunning ? `running (pid ${daemon.pid ?? "unknown"}${beat})` : "not running"}`,
  );
  out.line(`host       ${host.isKnown ? plural(living, "session") : "does not answer"}`);
  out.line(`disk       ${Number.isFinite(freeMb) ? `${freeMb} MB free` : "unknown"}`);
  out.line(`operations ${operations.length} open`);
  const parts = Object.entries(counts).map(([name, number]) => `${number} ${name}`);
  out.line(`agents     ${parts.join(", ")}`);
  for (const agent of agents.filter((each) => each.needsAttention))
    out.line(`  ${agent.icon} ${agent.address}  ${sanitiseLine(agent.reason)}: ${agent.suggestion}`);
}
