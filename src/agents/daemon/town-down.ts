import { GtError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { acquireLock, isLocked } from "../../core/lock/lock.ts";
import type { Town } from "../../core/town/town.ts";
import { snapshotHooks } from "../lifecycle/snapshot-hooks.ts";
import { suspendOperations } from "../lifecycle/suspension.ts";
import { endProcessTree, processesOf, type ProcessInfo } from "../sessions/process-tree.ts";
import type { SessionHost, SessionRecord } from "../sessions/session-host.ts";
import { readRecords } from "../sessions/session-records.ts";
import type { TownAccess } from "../town-access.ts";
import { daemonLock, daemonStatus, stopDaemon } from "./daemon-control.ts";
import { type DownScope, readDesired, writeDesired } from "./desired-state.ts";

export interface DownOptions {
  readonly scope?: DownScope;
  /** Skips the polite part of every end. */
  readonly force?: boolean;
  /** Told about each service as it ends. */
  readonly onService?: (service: DownService) => void;
}

export interface DownService {
  readonly name: string;
  readonly type: "session" | "daemon" | "host" | "process";
  readonly ok: boolean;
  readonly detail: string;
}

export interface DownReport {
  readonly services: readonly DownService[];
  /** Sessions that go on without anybody watching. */
  readonly kept: readonly string[];
  /** Agents whose files could not be kept as a snapshot in time; they are where they were. */
  readonly unsaved: readonly string[];
  /** Processes and locks of ours that are still there; only looked for with scope `all`. */
  readonly leftovers: readonly string[];
}

/** Sessions in the order in which they end (spec/04 §7.2). */
const order = ["polecat", "crew", "refinery", "witness", "mayor", "boot", "deacon", "dog"];
const orphanGraceMs = 5000;

/**
 * Takes the town down until somebody wants it up again (spec/04 §7.2). The wish is written first, so that being killed in
 * between leaves a town that goes on going down. Only processes that we started are signalled: pid and start time, or
 * the run id in their environment, say so.
 */
export async function townDown(access: TownAccess, options: DownOptions = {}): Promise<DownReport> {
  const { town } = access;
  const services: DownService[] = [];
  const note = (service: DownService): void => {
    services.push(service);
    options.onService?.(service);
  };
  const lock = await acquireLock(town.paths.locks, "shutdown", { waitMs: 5000, kind: "down" });
  try {
    const scope = options.scope ?? "services";
    await writeDesired(town, "down", access.actor, access.clock, scope);
    const { kept, unsaved } = await endServices(access, { ...options, scope }, note, () =>
      endDaemon(town, options, note),
    );
    const leftovers = scope === "all" ? await findLeftovers(town) : [];
    await access.ledger.write(access.actor, [halt(services)]);
    await writeDesired(town, "down", access.actor, access.clock);
    return { services, kept, unsaved, leftovers };
  } finally {
    lock.release();
  }
}

/** The rest of a `gt down` that was killed, for the daemon, which ends last. */
export async function finishDown(access: TownAccess): Promise<void> {
  const { town } = access;
  const lock = await acquireLock(town.paths.locks, "shutdown", { kind: "down" });
  try {
    const { ending: scope } = readDesired(town);
    if (scope === undefined) return;
    const services: DownService[] = [];
    await endServices(access, { scope }, (service) => services.push(service));
    await access.ledger.write(access.actor, [halt(services)]);
    await writeDesired(town, "down", access.actor, access.clock);
  } finally {
    lock.release();
  }
}

const halt = (services: readonly DownService[]): Operation => ({
  op: "event",
  event: { type: "halt", payload: { services: services.filter((service) => service.ok).length } },
});

async function endServices(
  access: TownAccess,
  options: DownOptions & { readonly scope: DownScope },
  note: (service: DownService) => void,
  betweenSessionsAndHost: () => Promise<void> = async () => undefined,
): Promise<Pick<DownReport, "kept" | "unsaved">> {
  const { scope } = options;
  const host = await runningHost(access);
  const living = host === undefined ? [] : (await host.list()).filter((record) => record.phase !== "exited");
  const ending = living
    .filter((record) => scope !== "services" || record.role !== "polecat")
    .sort((one, other) => order.indexOf(one.role) - order.indexOf(other.role));
  const kept = living.filter((record) => !ending.includes(record)).map((record) => record.session);

  for (const record of ending) if (record.role === "polecat") await suspend(access, record);
  const workers = ending.filter((record) => record.role === "polecat" || record.role === "crew");
  const unsaved = await snapshotHooks(
    access,
    workers.map((record) => record.actor),
    "shutdown",
  );
  if (host !== undefined)
    await Promise.all(
      ending.map(async (record) => note(await endSession(host, record, options.force === true))),
    );
  await betweenSessionsAndHost();
  if (host !== undefined && kept.length === 0) {
    await host.shutdown({ force: options.force === true });
    note({ name: "session host", type: "host", ok: true, detail: "stopped" });
  }
  if (scope === "all") await endOrphans(access.town, note);
  return { kept, unsaved };
}

/** What `gt down --dry-run` prints: the sessions and processes that would end. */
export async function planDown(access: TownAccess, options: DownOptions): Promise<readonly DownService[]> {
  const host = await runningHost(access);
  const living = host === undefined ? [] : (await host.list()).filter((record) => record.phase !== "exited");
  const ending = living.filter((record) => options.scope !== "services" || record.role !== "polecat");
  return [
    ...ending.map(
      (record): DownService => ({ name: record.session, type: "session", ok: true, detail: "would end" }),
    ),
    ...(daemonStatus(access.town).isRunning
      ? [{ name: "daemon", type: "daemon", ok: true, detail: "would stop" } as const]
      : []),
    ...(host !== undefined && ending.length === living.length
      ? [{ name: "session host", type: "host", ok: true, detail: "would stop" } as const]
      : []),
  ];
}

async function runningHost(access: TownAccess): Promise<SessionHost | undefined> {
  try {
    return await access.host({ start: false });
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return undefined;
    throw error;
  }
}

/** Transition 13: bead and worktree stay, and `gt up --restore` goes on with them. Agents inside `gt done` are left to it. */
async function suspend(access: TownAccess, record: SessionRecord): Promise<void> {
  const agent = await access.ledger.agent(record.actor);
  if (agent === undefined || agent.hookState !== "active") return;
  if (agent.state !== "working" && agent.state !== "spawning") return;
  try {
    await access.ledger.write(
      access.actor,
      suspendOperations(agent, { reason: "town-down", since: access.clock.now() }),
    );
  } catch (error) {
    // It finished its work at this very moment: nothing is left to suspend.
    if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
  }
}

async function endSession(host: SessionHost, record: SessionRecord, force: boolean): Promise<DownService> {
  const service = { name: record.session, type: "session" } as const;
  try {
    await host.stop(record.session, { reason: "stopped", force, runId: record.runId });
    return { ...service, ok: true, detail: "ended" };
  } catch (error) {
    const still = await host.get(record.session);
    if (still === undefined || still.phase === "exited") return { ...service, ok: true, detail: "ended" };
    return { ...service, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function endDaemon(
  town: Town,
  options: DownOptions,
  note: (service: DownService) => void,
): Promise<void> {
  const service = { name: "daemon", type: "daemon" } as const;
  try {
    const wasRunning = await stopDaemon(town, options.force === true ? { force: true } : {});
    if (wasRunning) note({ ...service, ok: true, detail: "stopped" });
  } catch (error) {
    note({ ...service, ok: false, detail: error instanceof Error ? error.message : String(error) });
  }
}

/** What agents left running behind their sessions' backs; it carries the run id of its session. */
async function endOrphans(town: Town, note: (service: DownService) => void): Promise<void> {
  for (const record of readRecords(town.paths.sessions)) {
    const tree = { pid: record.pid, startedAt: record.pidStartedAt, runId: record.runId };
    const count = processesOf(tree).length;
    if (count === 0) continue;
    await endProcessTree(tree, orphanGraceMs);
    note({ name: record.session, type: "process", ok: true, detail: `${count} orphan processes ended` });
  }
}

/** Everything of ours that is still there: locks of our processes, members of our sessions. */
export async function findLeftovers(town: Town): Promise<readonly string[]> {
  const locks = [daemonLock, "host"].filter((name) => isLocked(town.paths.locks, name));
  const processes = readRecords(town.paths.sessions).flatMap((record) =>
    processesOf({ pid: record.pid, startedAt: record.pidStartedAt, runId: record.runId }).map(
      (found: ProcessInfo) => `process ${found.pid} of session ${record.session}`,
    ),
  );
  return [...locks.map((name) => `lock "${name}" is held`), ...processes];
}
