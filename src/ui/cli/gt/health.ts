import { daemonStatus } from "../../../agents/daemon/daemon-control.ts";
import { readDesired } from "../../../agents/daemon/desired-state.ts";
import { freeDiskMb } from "../../../core/health/free-disk.ts";
import { scopeOf, thawHint } from "../../../agents/daemon/emergency-stop.ts";
import { activeStops } from "../../../agents/daemon/estop.ts";
import { openOperations } from "../../../agents/lifecycle/operation-record.ts";
import {
  type AgentView,
  agentHealth,
  hostSnapshot,
  livingSessions,
} from "../../../agents/patrols/agent-health.ts";
import type { DutyStatus } from "../../../agents/daemon/duty-runner.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { formatAge, formatAgo } from "../../../core/duration.ts";
import { isLocked } from "../../../core/lock/lock.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { commandFor } from "../../plain/command-for.ts";
import { plural } from "./mail-text.ts";
import type { CommandContext } from "../command.ts";

/** `gt health` (spec/04 §7.2): exit 0 whatever it finds. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const { town } = access;
  const daemon = daemonStatus(town);
  const host = await hostSnapshot(access);
  const [agents, operations, freeMb] = await Promise.all([
    agentHealth(access, host),
    openOperations(access.ledger),
    freeDiskMb(town.root),
  ]);
  const living = livingSessions(host);
  const isHostUp = isLocked(town.paths.locks, "host");
  const count = (health: AgentView["health"]) => agents.filter((agent) => agent.health === health).length;
  const counts = {
    gupp: count("gupp"),
    stalled: count("stalled"),
    zombie: count("zombie"),
    working: count("working"),
    idle: count("idle"),
  };
  const stops = activeStops(town);
  const damage = damageOf(access.ledger);
  out.document({
    desired: readDesired(town).state,
    daemon: {
      running: daemon.isRunning,
      pid: daemon.pid ?? null,
      last_heartbeat: daemon.lastHeartbeat ?? null,
    },
    host: { answering: isHostUp && host.isKnown, sessions: living },
    ledger: { ok: damage === undefined, problem: damage ?? null },
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
    out.line(
      `🛑 stop     ${scopeOf(stop)}, ${formatAgo(Date.now() - Date.parse(stop.since))}: ${sanitiseLine(stop.reason)} (${thawHint(stop)})`,
    );
  out.line(
    `daemon     ${daemon.isRunning ? `running (pid ${daemon.pid ?? "unknown"}${beat})` : "not running"}`,
  );
  out.line(`host       ${hostText(isHostUp, host.isKnown, living)}`);
  out.line(`ledger     ${damage === undefined ? "the file is intact" : `damaged: ${damage} (bd doctor)`}`);
  out.line(`disk       ${Number.isFinite(freeMb) ? `${freeMb} MB free` : "unknown"}`);
  out.line(`operations ${operations.length} open`);
  for (const line of patrolLines(daemon.duties, Date.now())) out.line(line);
  const parts = Object.entries(counts).map(([name, number]) => `${number} ${name}`);
  const stuck = agents.filter(({ tag }) => tag === "stuck").length;
  out.line(`agents     ${parts.join(", ")}${stuck === 0 ? "" : ` (${stuck} of them stuck)`}`);
  for (const agent of agents.filter((each) => each.needsAttention)) {
    out.line(`  ${agent.icon} ${agent.address}  ${sanitiseLine(agent.reason)}`);
    out.line(`     → ${commandFor(agent)}`);
  }
}

function hostText(isUp: boolean, isKnown: boolean, living: number): string {
  if (!isUp) return "not running";
  return isKnown ? plural(living, "session") : "does not answer (gt down --all && gt up)";
}

/** What SQLite finds wrong with the file at a quick look; another kind of ledger answers for itself. */
function damageOf(ledger: Ledger): string | undefined {
  if (!(ledger instanceof SqliteLedger)) return undefined;
  const answer = String(ledger.database.pragma("quick_check"));
  return answer === "ok" ? undefined : answer.split("\n")[0];
}

/** How long ago the loops looked; those that fail by name. */
function patrolLines(duties: readonly DutyStatus[], now: number): readonly string[] {
  const ages = duties.flatMap(({ key, lastEndedAt }) =>
    lastEndedAt === undefined ? [] : [{ key, age: now - lastEndedAt }],
  );
  const oldest = ages.toSorted((one, other) => other.age - one.age)[0];
  const failing = duties.filter((duty) => duty.lastError !== undefined);
  return [
    `patrols    ${plural(duties.length, "loop")}${oldest === undefined ? "" : `; the one that looked longest ago is ${oldest.key}, ${formatAgo(oldest.age)}`}`,
    ...failing.map(({ key, lastError }) => `  ${key} fails: ${sanitiseLine(lastError ?? "")}`),
  ];
}
