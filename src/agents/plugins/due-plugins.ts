import { execFile } from "node:child_process";
import { readEvents } from "../../core/events/read-events.ts";
import { infrastructureTypes } from "../../core/ledger/bead-types.ts";
import { decideGate, type GateDecision } from "../../core/plugins/gate.ts";
import type { PluginEvent } from "../../core/plugins/plugin.ts";
import type { TownAccess } from "../town-access.ts";
import type { PluginSite } from "./find-plugins.ts";
import { isEnabled, type PluginRecord, putPlugin, readPlugin } from "./plugin-record.ts";

const checkTimeoutMs = 30_000;

const day = 24 * 3_600_000;

/** Types of the event log that stand for what a plugin may wait for; the start of the daemon is one of them. */
const eventTypes: Readonly<Record<Exclude<PluginEvent, "bead-closed">, string>> = {
  startup: "daemon_started",
  "rig-added": "rig_added",
  merged: "merged",
  "convoy-landed": "convoy_landed",
  "session-death": "session_death",
};

/** Beads that stand for something else than work. */
const noWork = [...infrastructureTypes, "merge-request", "convoy", "escalation", "event"];

/** Whether the plugin runs now by itself, and why not; its condition is tried when that is due. */
export async function isDue(
  access: TownAccess,
  site: PluginSite,
  record: PluginRecord,
): Promise<Exclude<GateDecision, { kind: "check" }>> {
  if (!isEnabled(site, record)) return { kind: "closed", reason: "it is disabled" };
  if (site.plugin.type === "exec-wrapper")
    return { kind: "closed", reason: "it wraps commands and does not run by itself" };
  const decision = await gateDecision(access, site, record);
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
export async function gateDecision(
  access: TownAccess,
  site: PluginSite,
  record: PluginRecord,
): Promise<GateDecision> {
  const { gate } = site.plugin;
  const now = access.clock.now();
  const { lastRunAt, lastCheckedAt, enabledAt } = record;
  // What happened before it was wanted, or long ago, is no occasion.
  const since = Math.max(lastRunAt ?? 0, enabledAt ?? 0, now - day);
  const eventAt = gate.type === "event" ? await newestEvent(access, site, gate.on, since) : undefined;
  return decideGate(gate, {
    now,
    ...(lastRunAt === undefined ? {} : { lastRunAt }),
    ...(enabledAt === undefined ? {} : { enabledAt }),
    ...(lastCheckedAt === undefined ? {} : { lastCheckedAt }),
    ...(eventAt === undefined ? {} : { eventAt }),
  });
}

async function newestEvent(
  { town, ledger }: TownAccess,
  site: PluginSite,
  on: PluginEvent,
  since: number,
): Promise<number | undefined> {
  if (on === "bead-closed") {
    // Whoever closed it: a person, an agent, the queue.
    const closed = await ledger.find({
      ...{ status: "closed", closedAfter: since, ephemeral: false, notType: noWork },
      ...(site.rig === "" ? {} : { scope: site.rig }),
    });
    return closed.reduce<number | undefined>(
      (newest, bead) => Math.max(newest ?? 0, bead.closedAt ?? 0),
      undefined,
    );
  }
  const [newest] = readEvents(town.paths.events, {
    filter: { types: [eventTypes[on]], since },
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
