import { type Sleep, readSleeps, sleptSince } from "../../core/health/machine-sleep.ts";
import type { LifeRecord } from "../../core/health/sign-of-life.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { isLocked } from "../../core/lock/lock.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import { type Address, formatAddress } from "../../core/town/address.ts";
import { levelInForce, quietRigs } from "../../core/town/quiet-rigs.ts";
import { roleMemoryKey } from "../lifecycle/forget-restarts.ts";
import { pending } from "../sessions/nudge-queue.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import type { HostSnapshot } from "./agent-health.ts";
import { lifeOf, signalOf, waitingQuestion } from "./ask-for-life.ts";
import { freshRole, type RoleLimits, type RoleMemory, type RoleView } from "./decide-role.ts";
import { warrants } from "./warrants.ts";
import { workInFlight } from "./work-in-flight.ts";
import { patrolTable } from "./worker-memory.ts";

/** What is the same for all roles of one look. */
export interface TownView {
  readonly host: HostSnapshot;
  readonly sleeps: readonly Sleep[];
  readonly staleMs: number;
  /** Agents with work in flight. */
  readonly atWork: readonly Agent[];
  /** Those against whom there is a warrant: they are being asked already. */
  readonly accused: ReadonlySet<string>;
  /** Rigs whose agents are not to be disturbed. */
  readonly quiet: ReadonlySet<string>;
}

export async function observeTown(
  { town, ledger }: TownAccess,
  host: HostSnapshot,
  { staleMs }: Pick<RoleLimits, "staleMs">,
): Promise<TownView> {
  return {
    ...{ host, staleMs },
    sleeps: await readSleeps(ledger),
    atWork: await workInFlight(ledger),
    quiet: await quietRigs(town, ledger),
    accused: new Set((await warrants(ledger, { all: false })).map(({ target }) => target)),
  };
}

/** One role as `decideRole` wants to see it. */
export async function observeRole(access: TownAccess, role: Address, town: TownView): Promise<RoleView> {
  const address = formatAddress(role);
  const session = town.host.sessions.get(sessionOfAddress(access.town, address));
  const isAlive = session !== undefined && session.phase !== "exited";
  const agent = await access.ledger.agent(address);
  const memory = (await access.ledger.row<RoleMemory>(patrolTable, roleMemoryKey(address)))?.value;
  const life = isAlive ? (await lifeOf(access, address))?.value : undefined;
  const signalAt = signalOf(agent);
  const isMuted = agent !== undefined && levelInForce(agent, town.quiet) === "muted";
  const mayDisturb = !isMuted && !town.accused.has(address);
  return {
    address,
    kind: role.role === "mayor" ? "mayor" : "patrol",
    ...(session === undefined ? {} : { session }),
    memory: memory ?? freshRole,
    signalAt,
    ...(life === undefined ? {} : { life }),
    isQueued: life !== undefined && (await isUntouched(access, address, life)),
    isNeeded: isAlive && mayDisturb && (await isRoleNeeded(access, role, session, { signalAt, life, town })),
    sleeps: town.sleeps,
  };
}

/** Nobody has tried to hand the question over: what a program does not take although it was typed, it has had. */
async function isUntouched(access: TownAccess, address: string, life: LifeRecord): Promise<boolean> {
  const waiting = await waitingQuestion(access, address, life);
  return waiting !== undefined && waiting.claim === undefined && waiting.attempts === 0;
}

interface RoleNeed {
  readonly signalAt: number;
  readonly life: LifeRecord | undefined;
  readonly town: TownView;
}

/**
 * Whether anybody waits for the role, so that it is worth a turn to ask it: work in flight or requests in its queue for
 * one that patrols, a turn that runs for the Mayor, and for all of them messages that came after its last sign of life:
 * those that were there before it has left alone of its own will.
 */
async function isRoleNeeded(
  access: TownAccess,
  role: Address,
  session: SessionRecord,
  { signalAt, life, town }: RoleNeed,
): Promise<boolean> {
  const { ledger } = access;
  const now = access.clock.now();
  const waitsLong = (since: number): boolean =>
    since > signalAt && now - since - sleptSince(town.sleeps, since, now) >= town.staleMs;
  if ((await unreadMail(ledger, formatAddress(role))).some(({ sentAt }) => waitsLong(sentAt))) return true;
  const nudges = (await pending(ledger, session.session, now)).filter(
    ({ id, mode, kind }) => kind === "say" && id !== life?.nudge && mode !== "queue",
  );
  if (nudges.some(({ createdAt }) => waitsLong(createdAt))) return true;
  switch (role.role) {
    case "mayor":
      return session.phase === "working";
    case "refinery":
      return hasRequests(access, role.rig);
    case "witness":
      return town.atWork.some(({ rig }) => rig === role.rig);
    default:
      return town.atWork.length > 0;
  }
}

/** Requests that nobody works on: a merge takes as long as its gates do. */
async function hasRequests({ ledger, town }: TownAccess, rig: string): Promise<boolean> {
  const ready = await ledger.find({
    scope: rig,
    type: "merge-request",
    notStatus: "closed",
    metadata: { "mr.phase": "ready" },
  });
  return ready.length > 0 && !isLocked(town.paths.locks, `refinery-${rig}`);
}
