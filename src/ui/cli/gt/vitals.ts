import { formatAge, formatSpan } from "../../../core/duration.ts";
import { columnLines } from "../../plain/columns.ts";
import { readVitals, type Vitals } from "../../plain/vitals.ts";
import type { CommandContext } from "../command.ts";
import { lookingAccess } from "./looking.ts";

/** `gt vitals`: exit 3 when something needs care (spec/06 §13.3). */
export async function run(context: CommandContext): Promise<number> {
  const { out } = context;
  const access = await lookingAccess(context);
  const vitals = await readVitals(access);
  out.document(documentOf(vitals));
  for (const line of linesOf(vitals, access.clock.now())) out.line(line);
  for (const { area, message, hint } of vitals.warnings)
    out.line(`  ${out.style.warning("!")} ${area.padEnd(8)} ${message} (${hint})`);
  return vitals.warnings.length === 0 ? 0 : 3;
}

function documentOf(vitals: Vitals): Readonly<Record<string, unknown>> {
  const { daemon, host, ledger, events, exports: exported, disk, warnings } = vitals;
  return {
    services: {
      daemon: {
        running: daemon.isRunning,
        pid: daemon.pid ?? 0,
        ...(daemon.startedAt === undefined ? {} : { started_at: daemon.startedAt }),
        ...(daemon.lastHeartbeat === undefined ? {} : { last_heartbeat: daemon.lastHeartbeat }),
      },
      host: {
        running: host.isRunning,
        pid: host.pid ?? 0,
        sessions: host.sessions,
        answering: host.isAnswering,
      },
    },
    ledger: {
      path: ledger.path,
      bytes: ledger.bytes,
      wal_bytes: ledger.walBytes,
      writes_per_minute: ledger.writesPerMinute,
      scopes: ledger.scopes,
    },
    events: { bytes: events.bytes, archives: events.archives, bad_lines: events.badLines },
    exports: exported.map(({ scope, at }) => ({
      scope,
      ...(at === undefined ? {} : { exported_at: new Date(at).toISOString() }),
    })),
    telemetry: { state: "off" },
    disk: { ...(disk.freeBytes === undefined ? {} : { free_bytes: disk.freeBytes }) },
    warnings,
  };
}

function linesOf(vitals: Vitals, now: number): readonly string[] {
  const { daemon, host, ledger, events, exports: exported, disk } = vitals;
  const since = (time: string | undefined) => (time === undefined ? undefined : now - Date.parse(time));
  const up = since(daemon.startedAt);
  const beat = since(daemon.lastHeartbeat);
  const percent = (closed: number, total: number) =>
    total === 0 ? "-" : `${Math.round((closed * 100) / total)}%`;
  return [
    "Services",
    daemon.isRunning
      ? `  ● daemon   PID ${daemon.pid ?? "?"}${up === undefined ? "" : `  up ${formatSpan(up)}`}${beat === undefined ? "" : `  heartbeat ${formatSpan(beat)} ago`}`
      : "  ○ daemon   stopped",
    host.isRunning
      ? `  ● host     PID ${host.pid ?? "?"}  ${host.sessions} sessions`
      : "  ○ host     stopped",
    `Ledger   ${size(ledger.bytes)}, WAL ${size(ledger.walBytes)}, ${ledger.writesPerMinute} writes/min`,
    ...columnLines([
      ["  Rig", "Total", "Open", "Closed", "%"],
      ...ledger.scopes.map((scope) => [
        `  ${scope.scope}`,
        String(scope.total),
        String(scope.open),
        String(scope.closed),
        percent(scope.closed, scope.total),
      ]),
    ]),
    `Events   ${size(events.bytes)} live, ${events.archives} archives, ${events.badLines} bad lines`,
    `Exports  ${exported.map(({ scope, at }) => `${scope} ${at === undefined ? "never" : formatAge(now - at)}`).join(", ")}     Telemetry  off`,
    `Disk     ${disk.freeBytes === undefined ? "unknown" : `${size(disk.freeBytes)} free`}`,
  ];
}

function size(bytes: number): string {
  if (bytes >= 1024 ** 3) return `${(bytes / 1024 ** 3).toFixed(0)} GB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
