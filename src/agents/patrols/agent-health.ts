import { existsSync } from "node:fs";
import { assess, byUrgency, type Health, type HealthState, type Liveness } from "../../core/health/assess.ts";
import { formatSpan } from "../../core/duration.ts";
import { readSleeps, type Sleep, sleptSince } from "../../core/health/machine-sleep.ts";
import { progressAt } from "../../core/health/progress.ts";
import { roleIcons } from "../../core/health/role-icon.ts";
import { type HealthThresholds, thresholdsOf } from "../../core/health/thresholds.ts";
import type { HookState, Agent, AgentState, Bead, Role } from "../../core/ledger/bead.ts";
import { isLocked } from "../../core/lock/lock.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { sessionName } from "../../core/town/agent-names.ts";
import { durationSetting } from "../../core/town/setting.ts";
import type { Town } from "../../core/town/town.ts";
import { GtError } from "../../core/gt-error.ts";
import { readIdentity, readState } from "../daemon/daemon-state.ts";
import { readDesired } from "../daemon/desired-state.ts";
import { loopsOf } from "../daemon/role-loops.ts";
import { isDaemonSilent, silentLoops } from "../daemon/silent-loops.ts";
import { rigsAtRest } from "../lifecycle/rig-admission.ts";
import { suspensionReasons } from "../lifecycle/suspension.ts";
import { hasSessions } from "../sessions/backend.ts";
import { isSameProcess } from "../sessions/process-identity.ts";
import type { SessionPhase, SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { switchedOff } from "./role-switch.ts";
import { sandboxTimes } from "./leftover-mark.ts";

/** One row of every list of agents: command line, plain output and terminal UI show the same (spec/04 §1.6, spec/06 §12). */
export interface AgentView {
  readonly address: string;
  readonly role: Role;
  readonly rig: string;
  readonly name: string;
  readonly icon: string;
  readonly state: AgentState;
  readonly health: HealthState;
  /** `paused`, `stuck`, `gate`, `needs-human`, `limited`; empty otherwise. */
  readonly tag: string;
  readonly needsAttention: boolean;
  /** Id of the bead on its hook; empty when there is none. */
  readonly bead: string;
  /** Stage of its assignment; nothing before the first one. */
  readonly hook?: Exclude<HookState, "">;
  readonly title: string;
  readonly idleMs: number;
  /** Of an idle agent, when it last did something; milliseconds since the epoch. */
  readonly idleSince?: number;
  readonly reason: string;
  readonly suggestion: string;
  readonly session: string;
  /** Nothing when it has no session. */
  readonly phase?: SessionPhase;
  /** When that session started; milliseconds since the epoch. */
  readonly sessionSince?: number;
  readonly runtime: string;
}

/** Everything about the host that a view needs: its sessions, or that it does not answer. */
export interface HostSnapshot {
  readonly isKnown: boolean;
  /** Minimal mode: agents run without it. */
  readonly isByHand: boolean;
  readonly sessions: ReadonlyMap<string, SessionRecord>;
}

/** Health of every agent, the most urgent first. Works with the daemon down. `known`: what the host has just said. */
export async function agentHealth(access: TownAccess, known?: HostSnapshot): Promise<readonly AgentView[]> {
  const views = await viewsOf(access, await access.ledger.agents(), known);
  return views.sort((one, other) => byUrgency(one, other) || one.address.localeCompare(other.address));
}

/** Health of one agent; undefined when there is no such agent. */
export async function healthOf(access: TownAccess, address: string): Promise<AgentView | undefined> {
  const agent = await access.ledger.agent(address);
  return agent && (await viewsOf(access, [agent]))[0];
}

async function viewsOf(
  access: TownAccess,
  agents: readonly Agent[],
  known?: HostSnapshot,
): Promise<AgentView[]> {
  const living = agents.filter((agent) => agent.state !== "nuked");
  if (living.length === 0) return [];
  const host = known ?? (await hostSnapshot(access));
  const beads = await access.ledger.getMany(living.map((agent) => agent.hookBead).filter((id) => id !== ""));
  const thresholds = thresholdsOf(access.town.settings());
  const sleeps = await readSleeps(access.ledger);
  const now = access.clock.now();
  const loops = living.some(({ role }) => builtinRoles.has(role))
    ? patrolLoops(access.town, now, sleeps, await loopsAtRest(access))
    : undefined;
  const isWatched = isLocked(access.town.paths.locks, "daemon");
  const reasons = living.some(({ hookState }) => hookState === "suspended")
    ? await suspensionReasons(access.ledger)
    : undefined;
  return living.map((agent) => {
    const view = viewAgent({
      town: access.town,
      agent,
      bead: beads.get(agent.hookBead),
      host,
      now,
      thresholds,
      sleeps,
      isWatched,
      ...(agent.hookState === "suspended" ? { rests: reasons?.get(agent.address) ?? "" } : {}),
    });
    return builtinRoles.has(agent.role) && view.phase === undefined ? { ...view, ...loops?.(agent) } : view;
  });
}

/** Roles that are loops of the daemon unless somebody gave them a session of their own (spec/04 §1.1). */
const builtinRoles: ReadonlySet<Role> = new Set(["deacon", "boot", "witness", "refinery"]);

type LoopView = Pick<AgentView, "state" | "health" | "needsAttention" | "reason" | "suggestion">;

/** Loops live and die with the daemon, and may be silent in it; in a town that is down they rest (spec/06 §12.1). */
function patrolLoops(
  town: Town,
  now: number,
  sleeps: readonly Sleep[],
  atRest: (agent: Agent) => LoopView | undefined,
): (agent: Agent) => LoopView {
  const well = { health: "idle", needsAttention: false, reason: "", suggestion: "" } as const;
  const dead = {
    health: "zombie",
    needsAttention: true,
    suggestion: "gt daemon stop -f && gt daemon start",
  } as const;
  if (!isLocked(town.paths.locks, "daemon")) {
    const rests = readDesired(town).state === "down" || readDesired(town).since === undefined;
    const view: LoopView = rests
      ? { state: "stopped", ...well }
      : { state: "stopped", ...dead, reason: "the daemon is down", suggestion: "gt up" };
    return (agent) => atRest(agent) ?? view;
  }
  const state = readState(town);
  const heartbeatAt = Date.parse(state?.last_heartbeat ?? "");
  // One that has just begun has not written anything yet.
  if (state === undefined || state.pid !== readIdentity(town)?.pid || Number.isNaN(heartbeatAt))
    return (agent) => atRest(agent) ?? { state: "running", ...well };
  const heartbeatMs = durationSetting(town.settings(), "operational.daemon.heartbeat");
  if (isDaemonSilent(heartbeatAt, { now, heartbeatMs, sleeps }))
    return (agent) =>
      atRest(agent) ?? { state: "running", ...dead, reason: "the daemon does not come round" };
  const silent = silentLoops(state.duties, { now: heartbeatAt, heartbeatMs, sleeps });
  return (agent) => {
    const rest = atRest(agent);
    if (rest !== undefined) return rest;
    const keys = loopsOf(agent);
    const loop = silent.find(({ key }) => keys.includes(key));
    return loop === undefined
      ? { state: "running", ...well }
      : { state: "running", ...dead, reason: `its loop ${loop.key} is silent` };
  };
}

/** Loops that do not run because their rig takes no work, or because a person stopped them. */
async function loopsAtRest({
  ledger,
  town,
}: Pick<TownAccess, "ledger" | "town">): Promise<(agent: Agent) => LoopView | undefined> {
  const [rigs, off] = await Promise.all([rigsAtRest(ledger, town), switchedOff({ ledger })]);
  const resting = { state: "stopped", health: "idle", needsAttention: false } as const;
  return ({ address, role, rig }) => {
    const standing = rigs.get(rig);
    if (standing !== undefined) {
      const undo = {
        parked: `gt rig unpark ${rig}`,
        docked: `gt rig undock ${rig}`,
        unreadable: "gt doctor --fix",
      };
      return { ...resting, reason: `its rig is ${standing}`, suggestion: undo[standing] };
    }
    if (!off.has(address)) return undefined;
    const start = rig === "" ? `gt ${role} start` : `gt ${role} start ${rig}`;
    return { ...resting, reason: "somebody stopped it", suggestion: start };
  };
}

/** What the host says about its sessions. A host that is not running has none; one that does not answer is unknown. */
export async function hostSnapshot(access: TownAccess): Promise<HostSnapshot> {
  const isByHand = !hasSessions(access.town);
  try {
    const host = await access.host({ start: false });
    const records = await host.list();
    return { isKnown: true, isByHand, sessions: new Map(records.map((record) => [record.session, record])) };
  } catch (error) {
    const isKnown = error instanceof GtError && error.code === "E_HOST_DOWN";
    return { isKnown, isByHand, sessions: new Map() };
  }
}

/** How many of its sessions run. */
export function livingSessions({ sessions }: HostSnapshot): number {
  return [...sessions.values()].filter((record) => record.phase !== "exited").length;
}

interface ViewInput {
  readonly town: Town;
  readonly agent: Agent;
  readonly bead: Bead | undefined;
  readonly host: HostSnapshot;
  readonly now: number;
  readonly thresholds: HealthThresholds;
  /** When the machine slept. */
  readonly sleeps: readonly Sleep[];
  /** False while no daemon notices what happens in worktrees. */
  readonly isWatched?: boolean;
  /** Why its work rests. */
  readonly rests?: string;
}

export function viewAgent(input: ViewInput): AgentView {
  const { town, agent, bead } = input;
  const session = sessionOf(town, agent);
  const record = input.host.sessions.get(session);
  const noted = progressOf(agent, bead, record);
  // Nobody watches the worktrees while there is no daemon: then the files themselves tell.
  const progress =
    input.isWatched === false && agent.hookState === "active"
      ? { ...noted, strongAt: Math.max(noted.strongAt, lastFileChange(town, agent)) }
      : noted;
  const health = assess({
    now: input.now,
    state: agent.state,
    hookState: agent.hookState,
    isHooked: bead !== undefined && bead.status !== "closed",
    isRalph: agent.mode === "ralph",
    session: livenessOf(agent, record, input.host),
    isWorktreeMissing: isWorktreeMissing(town, agent),
    isRuntimeGone: isRuntimeGone(record),
    isWaiting: record?.phase === "waiting" || record?.phase === "dialog",
    isLimited: record?.phase === "limited",
    spawningSince: hookedAt(bead) ?? agent.lastSessionAt ?? input.now,
    thresholds: input.thresholds,
    ...progress,
    suspendedMs: sleptSince(input.sleeps, progressAt(progress, input.thresholds.weakCreditMs), input.now),
  });
  return {
    address: agent.address,
    role: agent.role,
    rig: agent.rig,
    name: agent.name === "" ? agent.role : agent.name,
    icon: roleIcons[agent.role].icon,
    state: agent.state,
    health: health.state,
    tag: health.tag ?? "",
    needsAttention: health.needsAttention,
    bead: bead?.id ?? "",
    ...(agent.hookState === "" ? {} : { hook: agent.hookState }),
    title: bead?.title ?? "",
    idleMs: health.idleMs,
    ...(health.state === "idle" ? restingSince(agent) : {}),
    reason: reasonOf(health, input, record),
    suggestion: health.suggestion,
    session,
    ...(record === undefined ? {} : { phase: record.phase, sessionSince: record.startedAt }),
    runtime: record?.agent ?? agent.runtime,
  };
}

/** Why, as exactly as it is known: what put the work to rest, what is asked, how long a limit lasts. */
function reasonOf(
  { state, tag, reason }: Health,
  input: ViewInput,
  record: SessionRecord | undefined,
): string {
  if (state === "idle") return input.rests || reason;
  const { waitingFor = "", limitedUntil = 0, exitReason } = record ?? {};
  if (state === "zombie" && exitReason === "stopped") return `${reason}: somebody stopped it`;
  if (tag === "needs-human" && waitingFor !== "") return `${reason}: ${waitingFor}`;
  if (tag === "limited" && limitedUntil > input.now)
    return `${reason} for another ${formatSpan(limitedUntil - input.now)}`;
  return reason;
}

function restingSince({ lastProgressAt, lastActivity, lastSessionAt }: Agent): {
  readonly idleSince?: number;
} {
  const at = Math.max(lastProgressAt ?? 0, lastActivity ?? 0, lastSessionAt ?? 0);
  return at === 0 ? {} : { idleSince: at };
}

export function livenessOf(agent: Agent, record: SessionRecord | undefined, host: HostSnapshot): Liveness {
  if (!host.isKnown) return "unknown";
  if (record !== undefined) return record.phase === "exited" ? "dead" : "alive";
  // A person at a plain terminal has no session of ours and is judged by signals alone.
  if (agent.role === "crew" || host.isByHand) return "none";
  return agent.hookState === "active" ? "dead" : "none";
}

/** Signals of life that are written down somewhere, so that they can be read without the daemon. */
export function progressOf(
  agent: Agent,
  bead: Bead | undefined,
  record: SessionRecord | undefined,
): {
  readonly hookedAt: number;
  readonly sessionStartedAt: number;
  readonly strongAt: number;
  readonly weakAt: number;
} {
  const ownWrite = bead !== undefined && bead.updatedBy === agent.address ? bead.updatedAt : 0;
  return {
    hookedAt: hookedAt(bead) ?? 0,
    sessionStartedAt: record?.startedAt ?? agent.lastSessionAt ?? 0,
    strongAt: Math.max(agent.lastProgressAt ?? 0, ownWrite),
    weakAt: Math.max(agent.lastActivity ?? 0, record?.lastOutputAt ?? 0),
  };
}

/** When the bead was given to its holder. */
export function hookedAt(bead: Bead | undefined): number | undefined {
  const attachment = bead?.metadata["attachment"] as { readonly attached_at?: unknown } | undefined;
  const value = attachment?.attached_at;
  const ms = typeof value === "string" ? Date.parse(value) : value;
  return typeof ms === "number" && !Number.isNaN(ms) ? ms : bead?.startedAt;
}

/** When HEAD, index or something at the top of its sandbox changed last; milliseconds since the epoch, 0 for none. */
function lastFileChange(town: Town, agent: Agent): number {
  const address = parseAddress(agent.address);
  const home = address && agentHome(town, address);
  return Math.max(0, ...((home === undefined ? undefined : sandboxTimes(home)) ?? []));
}

/** The terminal lives, but not the process that we started in it. Only asked of the kernel where that costs no process. */
export function isRuntimeGone(session: SessionRecord | undefined): boolean {
  if (session === undefined || session.phase === "exited" || process.platform !== "linux") return false;
  return !isSameProcess(session.pid, session.pidStartedAt);
}

/** Only polecats live in worktrees that can vanish under them. */
function isWorktreeMissing(town: Town, agent: Agent): boolean {
  if (agent.role !== "polecat" || agent.hookState !== "active" || agent.state !== "working") return false;
  const address = parseAddress(agent.address);
  const home = address && agentHome(town, address);
  return home !== undefined && !existsSync(home);
}

function sessionOf(town: Town, agent: Agent): string {
  const address = parseAddress(agent.address);
  return address === undefined || address.role === "overseer"
    ? ""
    : sessionName(address, town.findRig(agent.rig));
}
