import { formatSpan } from "../../core/duration.ts";
import { GtError } from "../../core/gt-error.ts";
import { daemonStatus, startDaemon } from "../daemon/daemon-control.ts";
import { readDesired } from "../daemon/desired-state.ts";
import { activeStops } from "../daemon/estop.ts";
import { openOperations } from "../lifecycle/operation-record.ts";
import { recoverOperations } from "../lifecycle/recover-operations.ts";
import { agentHealth } from "../patrols/agent-health.ts";
import type { Check } from "./check.ts";

const minute = 60_000;
const staleHeartbeatMs = 10 * minute;
const oldOperationMs = 60 * minute;

export const serviceChecks: readonly Check[] = [
  {
    id: "daemon",
    category: "Services",
    severity: "warning",
    summary: "the daemon runs as it is wanted",
    run: async (context) => {
      const town = context.town();
      const status = daemonStatus(town);
      const desired = readDesired(town);
      if (!status.isRunning) {
        if (desired.state === "down" || desired.since === undefined) return undefined;
        return { message: "the town is wanted up but the daemon is not running", hint: "gt up" };
      }
      if (status.isOutdated)
        return {
          severity: "info",
          message: "the running daemon is another version",
          hint: "gt daemon stop && gt up",
        };
      const age = status.lastHeartbeat === undefined ? 0 : Date.now() - Date.parse(status.lastHeartbeat);
      return age > staleHeartbeatMs
        ? { message: `the last heartbeat was ${formatSpan(age)} ago`, hint: "gt daemon stop && gt up" }
        : undefined;
    },
    fix: async (context) => {
      const { pid } = await startDaemon(context.town(), context.env);
      return `started the daemon (pid ${pid ?? "unknown"})`;
    },
  },
  {
    id: "session-host",
    category: "Services",
    severity: "warning",
    summary: "the session host answers",
    run: async (context) => {
      const access = await context.access();
      try {
        await (await access.host({ start: false })).list();
        return undefined;
      } catch (error) {
        // A town without sessions needs no host.
        if (error instanceof GtError && error.code === "E_HOST_DOWN") return undefined;
        return {
          message: error instanceof Error ? error.message : String(error),
          hint: error instanceof GtError && error.hint !== undefined ? error.hint : "gt down --all && gt up",
        };
      }
    },
  },
  {
    id: "operations",
    category: "Services",
    severity: "warning",
    summary: "no command was left half-done",
    run: async (context) => {
      const now = Date.now();
      const old = (await openOperations(await context.ledger())).filter(
        (row) => now - row.value.startedAt > oldOperationMs,
      );
      return old.length === 0
        ? undefined
        : {
            message: `${old.length} operations are older than an hour`,
            details: old.map(
              (row) =>
                `${row.value.id} (${row.value.subject.agent || row.value.subject.bead}, step ${row.value.step})`,
            ),
          };
    },
    fix: async (context) => {
      const recovered = await recoverOperations(await context.access());
      return recovered.map((each) => `${each.id}: ${each.outcome}`).join(", ") || "nothing was abandoned";
    },
  },
  {
    id: "estop",
    category: "Services",
    severity: "warning",
    summary: "no emergency stop is active",
    run: async (context) => {
      const stops = activeStops(context.town());
      return stops.length === 0
        ? undefined
        : {
            message: "an emergency stop is active",
            details: stops.map((stop) => `${stop.scope} since ${stop.since} (${stop.kind}): ${stop.reason}`),
            hint: "gt thaw",
          };
    },
  },
  {
    id: "patrols",
    category: "Services",
    severity: "warning",
    summary: "the daemon's duties run without errors",
    run: async (context) => {
      const failing = daemonStatus(context.town()).duties.filter((duty) => duty.lastError !== undefined);
      return failing.length === 0
        ? undefined
        : {
            message: `${failing.length} duties failed the last time`,
            details: failing.map((duty) => `${duty.key}: ${duty.lastError}`),
            hint: "gt daemon logs",
          };
    },
  },
  {
    id: "sessions",
    category: "Services",
    severity: "warning",
    summary: "no agent needs attention",
    run: async (context) => {
      const needy = (await agentHealth(await context.access())).filter((agent) => agent.needsAttention);
      return needy.length === 0
        ? undefined
        : {
            message: `${needy.length} agents need attention`,
            details: needy.map((agent) => `${agent.address}: ${agent.reason}`),
            hint: "gt feed --problems",
          };
    },
  },
];
