import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { isGuide } from "../../core/formulas/molecule-record.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { acquireLock, type Lock } from "../../core/lock/lock.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { agentLockName } from "./agent-lock.ts";
import { metadataText } from "./attachment.ts";
import { putAside } from "./lost-and-found.ts";
import { expectPolecatName, namePool } from "./name-pool.ts";
import { firstFreeName } from "./name-theme.ts";
import { countOverflow, overflowNext } from "./overflow-names.ts";
import { isAbandoned, openOperations } from "./operation-record.ts";
import { type PolecatPlaces, polecatDirectories, seatPlaces } from "./polecat-places.ts";
import { reconcilePool } from "./reconcile-pool.ts";

/** The place of one polecat: its name, directory and lock, reserved for the caller. */
export interface Seat extends PolecatPlaces {
  /** The polecat as it was; undefined for one that never existed. */
  readonly before: Agent | undefined;
  /** An idle polecat with its sandbox, as opposed to a new sandbox. */
  readonly isReused: boolean;
  readonly lock: Lock;
}

export interface SeatRequest {
  /** This polecat and no other. */
  readonly name?: string;
  /** The named polecat may be new. */
  readonly create?: boolean;
  /** The named polecat may hold another bead, which is released. */
  readonly force?: boolean;
  /** Of a preview: addresses that others of the same dry run would take. */
  readonly promised?: ReadonlySet<string>;
  /** Not an idle one: its sandbox could not be used again. */
  readonly fresh?: boolean;
}

/** A new sandbox costs more than this wait for one that is being let go; all other slings of the rig wait, too. */
const patienceMs = 3000;

/**
 * Picks an idle polecat or reserves a name, and takes the agent's lock (spec/04 §3.3-3.4). The caller holds the pool
 * lock of the rig: two slings at once never get the same seat.
 */
export async function takeSeat(access: TownAccess, rig: Rig, request: SeatRequest = {}): Promise<Seat> {
  const polecats = await access.ledger.agents({ rig: rig.name, role: "polecat" });
  if (request.name !== undefined) return takeNamed(access, rig, polecats, request.name, request);
  const idle = request.fresh === true ? undefined : await takeIdle(access, rig, polecats);
  return idle ?? takeNewSeat(access, rig, polecats);
}

/** Which seat a sling would take now, or why it would get none. Nothing is reserved. */
export async function previewSeat(
  access: TownAccess,
  rig: Rig,
  request: SeatRequest = {},
): Promise<{ readonly address: string; readonly isReused: boolean }> {
  const polecats = await access.ledger.agents({ rig: rig.name, role: "polecat" });
  if (request.name !== undefined) {
    const agent = namedPolecat(access, rig, polecats, request.name, request);
    if (agent !== undefined) expectFreeHook(agent, request);
    const { address, worktree } = seatPlaces(rig, request.name);
    return { address, isReused: existsSync(join(worktree, ".git")) };
  }
  const { promised = new Set() } = request;
  for (const agent of polecats) {
    if (promised.has(agent.address)) continue;
    if (await isReusable(access, rig, agent)) return { address: agent.address, isReused: true };
  }
  expectRoom(access.town, rig);
  const name = await freeName(access, rig, polecats, promised);
  return { address: seatPlaces(rig, name).address, isReused: false };
}

/** A seat with a new sandbox, never an idle polecat's. The caller holds the pool lock. */
export async function takeNewSeat(access: TownAccess, rig: Rig, known?: readonly Agent[]): Promise<Seat> {
  const polecats = known ?? (await access.ledger.agents({ rig: rig.name, role: "polecat" }));
  await reconcilePool(access, rig, polecats);
  expectRoom(access.town, rig);
  const now = await access.ledger.agents({ rig: rig.name, role: "polecat" });
  const name = await freeName(access, rig, now);
  await countName(access, rig, name);
  return newSeat(access, rig, name, now);
}

/** The name that the next new polecat of the rig gets, for an identity without a sandbox. The caller holds the pool lock. */
export async function takeName(access: TownAccess, rig: Rig): Promise<string> {
  const polecats = await access.ledger.agents({ rig: rig.name, role: "polecat" });
  // Identities without a sandbox are as good as nuked, and their names free; a new one needs a name of its own.
  const known = new Set(polecats.map((polecat) => polecat.address));
  const name = await freeName(access, rig, polecats, known);
  await countName(access, rig, name);
  return name;
}

async function countName({ ledger, actor }: TownAccess, rig: Rig, name: string): Promise<void> {
  const operations = countOverflow(rig, name);
  if (operations.length > 0) await ledger.write(actor, operations);
}

/** The first idle polecat that nobody is changing; else one that is about to be let go, as by a `gt done` at its end. */
async function takeIdle(access: TownAccess, rig: Rig, polecats: readonly Agent[]): Promise<Seat | undefined> {
  const busy: Agent[] = [];
  for (const agent of [...polecats].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (!(await isReusable(access, rig, agent))) continue;
    const seat = await tryIdle(access, rig, agent, 0);
    if (seat !== undefined) return seat;
    busy.push(agent);
  }
  const deadline = performance.now() + patienceMs;
  for (const agent of busy) {
    const seat = await tryIdle(access, rig, agent, Math.max(0, deadline - performance.now()));
    if (seat !== undefined) return seat;
  }
  return undefined;
}

/** The idle polecat as a seat; undefined when it stays locked or was taken meanwhile. */
async function tryIdle(
  access: TownAccess,
  rig: Rig,
  { name, address }: Agent,
  waitMs: number,
): Promise<Seat | undefined> {
  const lock = await tryAgentLock(access, address, waitMs);
  if (lock === undefined) return undefined;
  const before = await access.ledger.agent(address);
  if (before !== undefined && (await isReusable(access, rig, before)))
    return { ...seatPlaces(rig, name), before, isReused: true, lock };
  lock.release();
  return undefined;
}

async function takeNamed(
  access: TownAccess,
  rig: Rig,
  polecats: readonly Agent[],
  name: string,
  request: SeatRequest,
): Promise<Seat> {
  const agent = namedPolecat(access, rig, polecats, name, request);
  if (agent === undefined) return newSeat(access, rig, name, polecats);
  const lock = await acquireLock(access.town.paths.locks, agentLockName(agent.address), {
    kind: "sling",
    subject: agent.address,
  });
  const now = (await access.ledger.agent(agent.address)) ?? agent;
  try {
    expectFreeHook(now, request);
    return {
      ...seatPlaces(rig, name),
      before: now,
      isReused: existsSync(join(seatPlaces(rig, name).worktree, ".git")),
      lock,
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The polecat of that name; undefined for one that may be made. */
function namedPolecat(
  access: TownAccess,
  rig: Rig,
  polecats: readonly Agent[],
  name: string,
  request: SeatRequest,
): Agent | undefined {
  const agent = polecats.find((polecat) => polecat.name === name && polecat.state !== "nuked");
  if (agent !== undefined) return agent;
  if (request.create !== true)
    throw new GtError("E_AGENT_NOT_FOUND", `rig ${rig.name} has no polecat ${name}`, {
      hint: `gt sling <bead> ${rig.name}/${name} --create`,
    });
  expectPolecatName(name);
  expectRoom(access.town, rig);
  return undefined;
}

function expectFreeHook(agent: Agent, { force }: SeatRequest): void {
  if (agent.hookBead === "" || force === true) return;
  throw new GtError("E_HOOK_OCCUPIED", `${agent.address} has ${agent.hookBead} on its hook`, {
    hint: `gt unsling ${agent.hookBead} ${agent.address} --force`,
    details: { bead: agent.hookBead },
  });
}

async function newSeat(
  access: TownAccess,
  rig: Rig,
  name: string,
  polecats: readonly Agent[],
): Promise<Seat> {
  const places = seatPlaces(rig, name);
  const lock = await acquireLock(access.town.paths.locks, agentLockName(places.address), {
    kind: "sling",
    subject: places.address,
  });
  const before = polecats.find((polecat) => polecat.name === name);
  return { ...places, before, isReused: false, lock };
}

async function tryAgentLock(access: TownAccess, address: string, waitMs: number): Promise<Lock | undefined> {
  try {
    return await acquireLock(access.town.paths.locks, agentLockName(address), { kind: "sling", waitMs });
  } catch (error) {
    if (error instanceof GtError && error.code === "E_BUSY") return undefined;
    throw error;
  }
}

/** Idle, with a sandbox, and nothing in its hands but work that waits for its merge. */
async function isReusable(access: TownAccess, rig: Rig, agent: Agent): Promise<boolean> {
  if (agent.state !== "idle" || agent.hookBead !== "") return false;
  if (!existsSync(join(seatPlaces(rig, agent.name).worktree, ".git"))) return false;
  const held = await access.ledger.find({ assignee: agent.address, status: ["hooked", "in_progress"] });
  return held.every((bead) => metadataText(bead, "awaiting_merge") !== "" || isGuide(bead));
}

function expectRoom(town: Town, rig: Rig): void {
  const limit = numberSetting(town.rigSettings(rig.name), "operational.polecat.max_dirs");
  const count = polecatDirectories(rig).length;
  if (count >= limit)
    throw new GtError(
      "E_POLECAT_DIRS",
      `rig ${rig.name} has ${count} polecat directories, the limit is ${limit}`,
      {
        hint: `gt polecat stale ${rig.name} --cleanup`,
      },
    );
}

/** A name is taken iff its directory exists, an operation reserves it, or it lives on as an identity in use. */
async function freeName(
  access: TownAccess,
  rig: Rig,
  polecats: readonly Agent[],
  promised: ReadonlySet<string> = new Set(),
): Promise<string> {
  const taken = new Set(polecatDirectories(rig));
  for (const polecat of polecats) if (polecat.state !== "nuked") taken.add(polecat.name);
  for (const { value } of await openOperations(access.ledger)) {
    if (isAbandoned(value)) continue;
    const prefix = `${rig.name}/polecats/`;
    if (value.subject.agent.startsWith(prefix)) taken.add(value.subject.agent.slice(prefix.length));
  }
  return firstFreeName(
    namePool(access.town, rig),
    (name) => taken.has(name) || promised.has(seatPlaces(rig, name).address),
    await overflowNext(access.ledger, rig),
  );
}

/** Makes the directory of a new seat. What a broken sandbox left there is put aside, never deleted. */
export function makeHome(access: TownAccess, rig: Rig, seat: Pick<Seat, "home" | "name">): void {
  putAside(access.town, seat.home, `${rig.name}-${seat.name}`, access.clock.now());
  mkdirSync(seat.home, { recursive: true });
}
