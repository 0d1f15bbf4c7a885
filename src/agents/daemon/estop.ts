import { existsSync, readdirSync, rmSync } from "node:fs";
import { formatTime } from "../../core/clock.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import type { Town } from "../../core/town/town.ts";
import { hostSnapshot } from "../patrols/agent-health.ts";
import { processesOf, signalProcesses } from "../sessions/process-tree.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { type EmergencyStop, readStop, stopFile } from "./emergency-stop.ts";
import { type Suspension, suspensionKey } from "./suspension.ts";

export interface EstopRequest {
  /** Only this rig; the whole town without. */
  readonly rig?: string;
  readonly reason: string;
  readonly kind?: "manual" | "auto";
}

export interface EstopReport {
  /** Sessions that were frozen (or went on). */
  readonly sessions: readonly string[];
  /** It was stopped (or running) before. */
  readonly wasDone: boolean;
}

/**
 * Freezes every agent in scope but the mayor (spec/04 §7.3). The file comes first: from then on nothing starts, whatever
 * happens to the rest.
 */
export async function estop(access: TownAccess, request: EstopRequest): Promise<EstopReport> {
  const { town } = access;
  if (request.rig !== undefined) town.rig(request.rig);
  const existing = readStop(town, request.rig);
  const wasDone = existing !== undefined;
  if (!wasDone) {
    const since = formatTime(access.clock.now());
    const reason = request.reason.replace(/\s+/g, " ").trim();
    await writeFileAtomic(stopFile(town, request.rig), `${request.kind ?? "manual"}\t${since}\t${reason}\n`);
  }
  const sessions = await sessionsInScope(access, request.rig);
  for (const record of sessions) signalProcesses(processesOf(treeOf(record)), "SIGSTOP");
  for (const agent of await activeAgents(access, request.rig)) await suspend(access, agent);
  if (!wasDone) {
    await access.ledger.write(access.actor, [
      event("estop", { scope: request.rig ?? "town", reason: request.reason, ...rigOf(request.rig) }),
    ]);
  }
  return { sessions: sessions.map((record) => record.session), wasDone };
}

/** Lets the agents go on where they were stopped. Thawing the town thaws its rigs too. */
export async function thaw(
  access: TownAccess,
  request: { readonly rig?: string } = {},
): Promise<EstopReport> {
  const { town } = access;
  if (request.rig !== undefined) {
    town.rig(request.rig);
    if (existsSync(stopFile(town))) {
      throw new GtError("E_ESTOP", "the whole town is stopped", {
        why: [`thawing rig ${request.rig} alone would change nothing`],
        hint: "gt thaw",
      });
    }
  }
  const files =
    request.rig === undefined ? allStopFiles(town) : [stopFile(town, request.rig)].filter(existsSync);
  if (files.length === 0) return { sessions: [], wasDone: true };
  for (const agent of await suspendedByStop(access, request.rig)) await restore(access, agent);
  for (const file of files) rmSync(file, { force: true });
  const sessions = await sessionsInScope(access, request.rig);
  for (const record of sessions) signalProcesses(processesOf(treeOf(record)), "SIGCONT");
  await access.ledger.write(access.actor, [
    event("thaw", { scope: request.rig ?? "town", ...rigOf(request.rig) }),
  ]);
  return { sessions: sessions.map((record) => record.session), wasDone: false };
}

/** Every stop that holds now, the town's first. */
export function activeStops(town: Town): readonly EmergencyStop[] {
  const whole = readStop(town);
  const ofRigs = town
    .rigs()
    .flatMap((rig) => (existsSync(stopFile(town, rig.name)) ? (readStop(town, rig.name) ?? []) : []));
  return whole === undefined ? ofRigs : [whole];
}

function allStopFiles(town: Town): readonly string[] {
  return readdirSync(town.root)
    .filter((name) => name === "ESTOP" || name.startsWith("ESTOP."))
    .map((name) => stopFile(town, name === "ESTOP" ? undefined : name.slice("ESTOP.".length)));
}

async function sessionsInScope(
  access: TownAccess,
  rig: string | undefined,
): Promise<readonly SessionRecord[]> {
  const { sessions } = await hostSnapshot(access);
  return [...sessions.values()].filter(
    (record) =>
      record.phase !== "exited" && record.role !== "mayor" && (rig === undefined || record.rig === rig),
  );
}

const treeOf = (record: SessionRecord) => ({
  pid: record.pid,
  startedAt: record.pidStartedAt,
  runId: record.runId,
});

async function activeAgents(access: TownAccess, rig: string | undefined): Promise<readonly Agent[]> {
  const agents = await access.ledger.agents({ state: ["working", "spawning"], ...rigOf(rig) });
  return agents.filter((agent) => agent.hookState === "active" && agent.role !== "mayor");
}

async function suspendedByStop(access: TownAccess, rig: string | undefined): Promise<readonly Agent[]> {
  const rows = await access.ledger.rows<Suspension>("patrols", { prefix: suspensionKey("") });
  const stopped = new Set(rows.filter((row) => row.value.reason === "estop").map((row) => row.key));
  const agents = await access.ledger.agents({ state: "paused", ...rigOf(rig) });
  return agents.filter((agent) => stopped.has(suspensionKey(agent.address)));
}

async function suspend(access: TownAccess, agent: Agent): Promise<void> {
  const payload = {
    agent: agent.address,
    bead: agent.hookBead,
    seq: agent.hookSeq,
    rig: agent.rig,
    reason: "estop",
  };
  await writeUnlessChanged(access, [
    { op: "expectAgent", address: agent.address, expected: { state: agent.state, hookBead: agent.hookBead } },
    { op: "setAgent", address: agent.address, fields: { state: "paused", hookState: "suspended" } },
    {
      op: "putRow",
      table: "patrols",
      key: suspensionKey(agent.address),
      value: { reason: "estop", state: agent.state, since: access.clock.now() },
    },
    event("hook_suspended", payload),
  ]);
}

/** Back to what it was; the time of the stop does not count as idleness. */
async function restore(access: TownAccess, agent: Agent): Promise<void> {
  const payload = { agent: agent.address, bead: agent.hookBead, seq: agent.hookSeq, rig: agent.rig };
  await writeUnlessChanged(access, [
    { op: "expectAgent", address: agent.address, expected: { state: "paused", hookBead: agent.hookBead } },
    {
      op: "setAgent",
      address: agent.address,
      fields: { state: "working", hookState: "active", lastProgressAt: access.clock.now() },
    },
    { op: "deleteRow", table: "patrols", key: suspensionKey(agent.address) },
    event("hook_resumed", payload),
  ]);
}

async function writeUnlessChanged(access: TownAccess, operations: readonly Operation[]): Promise<void> {
  try {
    await access.ledger.write(access.actor, operations);
  } catch (error) {
    // Somebody ended this assignment at the same moment: there is nothing to suspend or restore.
    if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
  }
}

const rigOf = (rig: string | undefined) => (rig === undefined ? {} : { rig });

const event = (type: string, payload: Readonly<Record<string, unknown>>): Operation => ({
  op: "event",
  event: { type, payload },
});
