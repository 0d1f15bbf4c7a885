import { unlessDiskFull } from "../../core/disk-full.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { acquireLock } from "../../core/lock/lock.ts";
import type { Town } from "../../core/town/town.ts";
import { endSilentHost } from "../sessions/end-silent-host.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { daemonStatus, stopDaemon } from "./daemon-control.ts";
import { type DownScope, readDesired, writeDesired } from "./desired-state.ts";
import type { DownService } from "./down-service.ts";
import { endSessions, type SessionsInScope, sessionsInScope } from "./end-sessions.ts";
import { countOf, endOrphans, findLeftovers, orphansOf } from "./orphans.ts";

export interface DownOptions {
  readonly scope?: DownScope;
  /** Skips the polite part of every end. */
  readonly force?: boolean;
  /** Also ends what ended sessions left running, after so long a time to end by itself; 5 s with scope `all`. */
  readonly orphansGraceMs?: number;
  /** Told about each service as it ends. */
  readonly onService?: (service: DownService) => void;
}

export interface DownReport {
  readonly services: readonly DownService[];
  /** Sessions that go on without anybody watching. */
  readonly kept: readonly string[];
  /** Agents whose files could not be kept as a snapshot in time; they are where they were. */
  readonly unsaved: readonly string[];
  /** Processes and locks of ours that are still there; only looked for with scope `all` or when orphans were to end. */
  readonly leftovers: readonly string[];
}

const usualOrphanGraceMs = 5000;

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
    const wish = writeDesired(town, "down", access.actor, access.clock, scope).then(() => true);
    // Going down makes room: it must not fail for want of it.
    if ((await unlessDiskFull(wish)) === undefined) note(unwritten);
    const { kept, unsaved } = await endServices(access, { ...options, scope }, note, () =>
      endDaemon(town, options, note),
    );
    const mustVerify = scope === "all" || options.orphansGraceMs !== undefined;
    const leftovers = mustVerify ? findLeftovers(town, { living: runsOf(kept) }) : [];
    await unlessDiskFull(access.ledger.write(access.actor, [halt(services)]));
    await unlessDiskFull(writeDesired(town, "down", access.actor, access.clock));
    return { services, kept: kept.map((record) => record.session), unsaved, leftovers };
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
    await unlessDiskFull(access.ledger.write(access.actor, [halt(services)]));
    await writeDesired(town, "down", access.actor, access.clock);
  } finally {
    lock.release();
  }
}

const unwritten: DownService = {
  name: "daemon/desired.json",
  type: "file",
  ok: false,
  detail: "the disk is full: the next command that changes work starts the town again",
};

const halt = (services: readonly DownService[]): Operation => ({
  op: "event",
  event: { type: "halt", payload: { services: services.filter((service) => service.ok).length } },
});

async function endServices(
  access: TownAccess,
  options: DownOptions & { readonly scope: DownScope },
  note: (service: DownService) => void,
  betweenSessionsAndHost: () => Promise<void> = async () => undefined,
): Promise<{ readonly kept: readonly SessionRecord[]; readonly unsaved: readonly string[] }> {
  const { scope } = options;
  const { host, isSilent, ending, kept } = await sessionsOrSilence(access, scope);
  const unsaved = host === undefined ? [] : await endSessions(access, host, ending, options, note);
  await betweenSessionsAndHost();
  if (host !== undefined && kept.length === 0) {
    await host.shutdown({ force: options.force === true });
    note({ name: "session host", type: "host", ok: true, detail: "stopped" });
  }
  if (isSilent) {
    note(await endSilent(access.town, scope));
    // Whose session lives is not known then: nothing may count as left over.
    if (scope !== "all") return { kept, unsaved };
  }
  const graceMs = options.orphansGraceMs ?? (scope === "all" ? usualOrphanGraceMs : undefined);
  if (graceMs !== undefined)
    await endOrphans(orphansOf(access.town, { living: runsOf(kept) }), graceMs, note);
  return { kept, unsaved };
}

/** The sessions in scope; none of them is known while the host does not answer. */
async function sessionsOrSilence(
  access: TownAccess,
  scope: DownScope,
): Promise<SessionsInScope & { readonly isSilent: boolean }> {
  try {
    return { ...(await sessionsInScope(access, scope)), isSilent: false };
  } catch (error) {
    if (!(error instanceof GtError && error.code === "E_HOST_SILENT")) throw error;
    return { host: undefined, ending: [], kept: [], isSilent: true };
  }
}

/** A host that hangs takes all of its sessions along: only who wants everything down wants that. */
async function endSilent(town: Town, scope: DownScope): Promise<DownService> {
  const service = { name: "session host", type: "host" } as const;
  const isEnded = scope === "all" && (await endSilentHost(town.paths));
  return isEnded
    ? { ...service, ok: true, detail: "did not answer; ended, and its sessions with it" }
    : { ...service, ok: false, detail: "does not answer (gt down --all ends it and its sessions)" };
}

/** What `gt down --dry-run` prints: the sessions and processes that would end, in their order. */
export async function planDown(access: TownAccess, options: DownOptions): Promise<readonly DownService[]> {
  const scope = options.scope ?? "services";
  const { host, isSilent, ending, kept } = await sessionsOrSilence(access, scope);
  const would = (name: string, type: DownService["type"], detail: string): DownService => ({
    ...{ name, type, ok: true, detail },
  });
  const orphans = scope === "all" ? orphansOf(access.town, { living: runsOf([...ending, ...kept]) }) : [];
  return [
    ...ending.map((record) => would(record.session, "session", "would end")),
    ...(daemonStatus(access.town).isRunning ? [would("daemon", "daemon", "would stop")] : []),
    ...(host !== undefined && kept.length === 0 ? [would("session host", "host", "would stop")] : []),
    ...(isSilent && scope === "all"
      ? [would("session host", "host", "does not answer; would end with its sessions")]
      : []),
    ...orphans.map(({ session, processes }) => would(session, "process", `${countOf(processes)} would end`)),
  ];
}

const runsOf = (records: readonly SessionRecord[]): ReadonlySet<string> =>
  new Set(records.map((record) => record.runId));

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
