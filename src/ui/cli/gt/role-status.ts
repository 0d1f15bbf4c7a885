import { daemonStatus } from "../../../agents/daemon/daemon-control.ts";
import { readDeaconPause } from "../../../agents/daemon/deacon-pause.ts";
import { loopsOf } from "../../../agents/daemon/role-loops.ts";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { agentHealth } from "../../../agents/patrols/agent-health.ts";
import { readBootStatus } from "../../../agents/patrols/triage-deacon.ts";
import { isSwitchedOff } from "../../../agents/patrols/role-switch.ts";
import type { Target } from "../../../agents/sessions/find-target.ts";
import { isBuiltIn } from "../../../agents/sessions/nudge.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatAge, formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { roleTarget } from "./role-target.ts";

/** `gt mayor status`, `gt deacon status`, `gt boot status`, `gt witness status [rig]` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<void> {
  const target = await roleTarget(context);
  const town = await context.town();
  const { role } = target.address;
  const boot = role === "boot" ? await readBootStatus(await context.access()) : undefined;
  const pause = role === "deacon" ? readDeaconPause(town) : undefined;
  const more = {
    ...(role === "boot" ? { last_decision: boot ?? null } : {}),
    ...(role === "deacon" ? { paused: pause ?? null, heartbeat: await heartbeatOf(context, town) } : {}),
  };
  if (isBuiltIn(town, target)) await showLoop(context, town, target, more);
  else await showSession(context, target, more);
  if (pause !== undefined)
    context.out.warn(
      `paused${pause.reason === "" ? "" : `: ${sanitiseLine(pause.reason)}`} (gt deacon resume)`,
    );
  if (boot !== undefined) context.out.line(`  last decision: ${boot.last_action} (${boot.completed_at})`);
}

/** What the Deacon's heartbeat says (spec/04 §10.1): the daemon's own, or that of its session, and how the agents fare. */
async function heartbeatOf(context: CommandContext, town: Town): Promise<object> {
  const access = await context.access();
  const row = (await access.ledger.row<SessionBeat>("patrols", "deacon-heartbeat"))?.value;
  const daemon = daemonStatus(town);
  const agents = await agentHealth(access);
  const unhealthy = agents.filter((agent) => agent.needsAttention).length;
  return {
    timestamp: daemon.lastHeartbeat ?? row?.timestamp ?? null,
    cycle: daemon.heartbeats ?? row?.cycle ?? 0,
    last_action: row?.last_action ?? "",
    healthy_agents: agents.length - unhealthy,
    unhealthy_agents: unhealthy,
  };
}

/** What `gt deacon heartbeat` has noted. */
interface SessionBeat {
  readonly timestamp: string;
  readonly cycle: number;
  readonly last_action: string;
}

/** What the daemon's loops do that stand for the role. */
export async function showLoop(
  context: CommandContext,
  town: Town,
  target: Target,
  more: object = {},
): Promise<void> {
  const { out } = context;
  const isStopped = await isSwitchedOff({ ledger: await context.ledger() }, target.actor);
  const daemon = daemonStatus(town);
  const names = loopsOf(target.address);
  const loops = daemon.duties.filter((duty) => names.includes(duty.key));
  out.document({
    address: target.actor,
    mode: "builtin",
    running: daemon.isRunning && !isStopped,
    stopped: isStopped,
    session: null,
    loops: loops.map((loop) => ({
      name: loop.key,
      running: loop.isRunning,
      runs: loop.runs,
      failures: loop.failures,
      last_run_at: loop.lastEndedAt === undefined ? null : formatTime(loop.lastEndedAt),
      last_error: loop.lastError ?? null,
    })),
    ...more,
  });
  const state = isStopped ? "stopped" : daemon.isRunning ? "the daemon runs" : "the daemon does not run";
  out.line(`${target.actor}: builtin, ${state}`);
  for (const loop of loops) {
    const age = loop.lastEndedAt === undefined ? "never" : formatAge(Date.now() - loop.lastEndedAt);
    const trouble = loop.lastError === undefined ? "" : `  ${sanitiseLine(loop.lastError)}`;
    out.line(
      `  ${loop.key.padEnd(20)} ${String(loop.runs).padStart(5)} runs  ${loop.isRunning ? "running" : age}${trouble}`,
    );
  }
  if (!daemon.isRunning) out.next("gt up");
}

/** Whether the agent has a session, and what it does. */
export async function showSession(context: CommandContext, target: Target, more: object = {}): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const [record, agent] = await Promise.all([
    liveSession(access, target.actor),
    access.ledger.agent(target.actor),
  ]);
  const isRunning = record !== undefined;
  out.document({
    address: target.actor,
    mode: "agent",
    running: isRunning,
    session: target.session,
    phase: record?.phase ?? null,
    agent: record?.agent ?? null,
    started_at: record === undefined ? null : formatTime(record.startedAt),
    bead: agent?.hookBead || null,
    ...more,
  });
  if (context.words[0] === "mayor" && flags.boolean("running")) {
    out.line(String(isRunning));
    return;
  }
  if (record === undefined) {
    out.line(`${target.actor}: not running`);
    if (target.address.role === "mayor") out.next("gt mayor start");
    return;
  }
  const age = formatSpan(access.clock.now() - record.startedAt);
  out.line(`${target.actor}: running (${sanitiseLine(record.agent)}, ${record.phase}, up ${age})`);
  if (agent?.hookBead) out.line(`  on its hook: ${agent.hookBead}`);
  out.next(`gt attach ${target.actor}`);
}
