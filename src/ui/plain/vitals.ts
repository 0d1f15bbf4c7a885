import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { daemonStatus } from "../../agents/daemon/daemon-control.ts";
import type { TownAccess } from "../../agents/town-access.ts";
import { inspectLog, type LogFacts } from "../../core/events/read-events.ts";
import { GtError } from "../../core/gt-error.ts";
import { neverReadyTypes } from "../../core/ledger/bead-types.ts";
import { lockHolder } from "../../core/lock/lock.ts";

export interface VitalWarning {
  readonly area: string;
  readonly message: string;
  readonly hint: string;
}

/** Health of the machinery (spec/06 §13.3), read without starting anything. */
export interface Vitals {
  readonly daemon: {
    readonly isRunning: boolean;
    readonly pid: number | undefined;
    readonly startedAt: string | undefined;
    readonly lastHeartbeat: string | undefined;
  };
  readonly host: {
    readonly isRunning: boolean;
    readonly pid: number | undefined;
    readonly sessions: number;
    readonly isAnswering: boolean;
  };
  readonly ledger: {
    readonly path: string;
    readonly bytes: number;
    readonly walBytes: number;
    /** Recorded changes of the last minute. */
    readonly writesPerMinute: number;
    readonly scopes: readonly ScopeCounts[];
  };
  readonly events: LogFacts;
  readonly exports: readonly { readonly scope: string; readonly at: number | undefined }[];
  readonly disk: { readonly freeBytes: number | undefined };
  readonly warnings: readonly VitalWarning[];
}

export interface ScopeCounts {
  readonly scope: string;
  readonly total: number;
  readonly open: number;
  readonly closed: number;
}

const warnBytes = 1024 ** 3;
const heartbeatLateMs = 10 * 60_000;

export async function readVitals(access: TownAccess): Promise<Vitals> {
  const { town, ledger, clock } = access;
  const daemon = daemonStatus(town);
  const holder = lockHolder(town.paths.locks, "host");
  const { sessions, isAnswering } = await askHost(access, holder !== undefined);
  const scopes = await Promise.all(
    [...town.rigs().map((rig) => rig.name), "town"].map(async (scope): Promise<ScopeCounts> => {
      const filter = { scope, notType: neverReadyTypes };
      const [total, closed] = await Promise.all([
        ledger.count(filter),
        ledger.count({ ...filter, status: "closed" }),
      ]);
      return { scope, total, closed, open: total - closed };
    }),
  );
  const disk = await statfs(town.root).then(
    (found) => found.bavail * found.bsize,
    () => undefined,
  );
  const vitals: Omit<Vitals, "warnings"> = {
    daemon: {
      isRunning: daemon.isRunning,
      pid: daemon.pid,
      startedAt: daemon.startedAt,
      lastHeartbeat: daemon.lastHeartbeat,
    },
    host: { isRunning: holder !== undefined, pid: holder?.pid, sessions, isAnswering },
    ledger: {
      path: ledger.path,
      bytes: sizeOf(ledger.path),
      walBytes: sizeOf(`${ledger.path}-wal`),
      writesPerMinute: await recentWrites(access),
      scopes,
    },
    events: inspectLog(town.paths.events),
    exports: [
      ...town
        .rigs()
        .map((rig) => ({ scope: rig.name, at: timeOf(join(rig.path, ".beads", "issues.jsonl")) })),
      { scope: "hq", at: timeOf(join(town.paths.beads, "issues.jsonl")) },
    ],
    disk: { freeBytes: disk },
  };
  return {
    ...vitals,
    warnings: warningsOf(
      vitals,
      town
        .rigs()
        .filter((rig) => !existsSync(rig.repository))
        .map((rig) => rig.name),
      clock.now(),
    ),
  };
}

async function askHost(
  access: TownAccess,
  isRunning: boolean,
): Promise<{ readonly sessions: number; readonly isAnswering: boolean }> {
  if (!isRunning) return { sessions: 0, isAnswering: true };
  try {
    const host = await access.host({ start: false });
    const records = await host.list();
    return { sessions: records.filter((record) => record.phase !== "exited").length, isAnswering: true };
  } catch (error) {
    return { sessions: 0, isAnswering: error instanceof GtError && error.code === "E_HOST_DOWN" };
  }
}

async function recentWrites({ ledger, clock }: TownAccess): Promise<number> {
  const since = clock.now() - 60_000;
  const head = await ledger.head();
  const page = await ledger.changes(Math.max(0, head - 1000), { limit: 1000 });
  return page.changes.filter((change) => change.createdAt >= since).length;
}

/** Everything that needs care, each with the next step. */
function warningsOf(
  vitals: Omit<Vitals, "warnings">,
  missingRigs: readonly string[],
  now: number,
): readonly VitalWarning[] {
  const { daemon, host, events, disk, ledger } = vitals;
  const heartbeat = daemon.lastHeartbeat === undefined ? undefined : Date.parse(daemon.lastHeartbeat);
  const isLate = daemon.isRunning && heartbeat !== undefined && now - heartbeat > heartbeatLateMs;
  const candidates: readonly (VitalWarning & { readonly isTrue: boolean })[] = [
    {
      isTrue: host.sessions > 0 && !daemon.isRunning,
      area: "daemon",
      message: "agents are running and nobody watches them",
      hint: "gt up",
    },
    { isTrue: isLate, area: "daemon", message: "no heartbeat for 10 minutes", hint: "gt daemon logs" },
    {
      isTrue: host.isRunning && !host.isAnswering,
      area: "host",
      message: "socket not answering",
      hint: "gt down --all && gt up",
    },
    {
      isTrue: events.badLines > 0,
      area: "events",
      message: `${events.badLines} bad ${events.badLines === 1 ? "line" : "lines"}`,
      hint: "gt doctor",
    },
    {
      isTrue: ledger.walBytes > 64 * 1024 * 1024,
      area: "ledger",
      message: "the write-ahead log is larger than 64 MB",
      hint: "gt doctor --fix",
    },
    {
      isTrue: disk.freeBytes !== undefined && disk.freeBytes < warnBytes,
      area: "disk",
      message: "less than 1 GB free",
      hint: "gt polecat gc",
    },
    ...missingRigs.map((rig) => ({
      isTrue: true,
      area: "rigs",
      message: `the repository of ${rig} is missing`,
      hint: `gt rig add ${rig} --adopt`,
    })),
  ];
  return candidates
    .filter(({ isTrue }) => isTrue)
    .map(({ area, message, hint }) => ({ area, message, hint }));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function timeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
