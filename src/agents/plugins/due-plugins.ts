import { execFile } from "node:child_process";
import { readEvents } from "../../core/events/read-events.ts";
import { decideGate, type GateDecision } from "../../core/plugins/gate.ts";
import type { PluginEvent } from "../../core/plugins/plugin.ts";
import type { TownAccess } from "../town-access.ts";
import type { PluginSite } from "./find-plugins.ts";
import { isEnabled, type PluginRecord, putPlugin, readPlugin } from "./plugin-record.ts";

const checkTimeoutMs = 30_000;

/** Types of the event log that stand for what a plugin may wait for; the start of the daemon is one of them. */
const eventTypes: Readonly<Record<PluginEvent, string>> = {
  startup: "daemon_started",
  "rig-added": "rig_added",
  merged: "merged",
  "convoy-landed": "convoy_landed",
  "bead-closed": "complete",
  "session-death": "session_death",
};

/** Whether the plugin runs now by itself, and why not; its condition is tried when that is due. */
export async function isDue(
  access: TownAccess,
  site: PluginSite,
  record: PluginRecord,
): Promise<Exclude<GateDecision, { kind: "check" }>> {
  if (!isEnabled(site, record)) return { kind: "closed", reason: "it is disabled" };
  if (site.plugin.type === "exec-wrapper")
    return { kind: "closed", reason: "it wraps commands and does not run by itself" };
  const decision = gateDecision(access, site, record);
  if (decision.kind !== "check") return decision;
  const isMet = await runCheck(access, site, decision.command);
  const now = access.clock.now();
  const latest = await readPlugin(access.ledger, site);
  await access.ledger.write(access.actor, [putPlugin(site, { ...latest, lastCheckedAt: now })]);
  return isMet
    ? { kind: "open", reason: "its condition holds" }
    : { kind: "closed", reason: "its condition does not hold" };
}

/** The same without trying its condition. */
export function gateDecision(access: TownAccess, site: PluginSite, record: PluginRecord): GateDecision {
  const { gate } = site.plugin;
  const eventAt = gate.type === "event" ? newestEvent(access, site, gate.on, record.lastRunAt) : undefined;
  return decideGate(gate, {
    now: access.clock.now(),
    ...(record.lastRunAt === undefined ? {} : { lastRunAt: record.lastRunAt }),
    ...(record.lastCheckedAt === undefined ? {} : { lastCheckedAt: record.lastCheckedAt }),
    ...(eventAt === undefined ? {} : { eventAt }),
  });
}

function newestEvent(
  { town }: TownAccess,
  site: PluginSite,
  on: PluginEvent,
  since: number | undefined,
): number | undefined {
  const [newest] = readEvents(town.paths.events, {
    filter: { types: [eventTypes[on]], ...(since === undefined ? {} : { since }) },
    limit: 1,
    ...(site.rig === "" ? {} : { accepts: (event) => (event.payload?.["rig"] ?? site.rig) === site.rig }),
  });
  return newest === undefined ? undefined : Date.parse(newest.ts);
}

function runCheck({ town }: TownAccess, site: PluginSite, command: string): Promise<boolean> {
  const cwd = site.rig === "" ? town.root : town.rig(site.rig).reference;
  return new Promise((resolve) => {
    execFile("/bin/sh", ["-c", command], { cwd, timeout: checkTimeoutMs, killSignal: "SIGKILL" }, (error) =>
      resolve(error === null),
    );
  });
}
