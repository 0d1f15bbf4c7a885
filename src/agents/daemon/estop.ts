import { existsSync, readdirSync, rmSync } from "node:fs";
import { formatTime } from "../../core/clock.ts";
import { unlessDiskFull } from "../../core/disk-full.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { Town } from "../../core/town/town.ts";
import { hostSnapshot } from "../patrols/agent-health.ts";
import { snapshotHooks } from "../lifecycle/snapshot-hooks.ts";
import { resumeOperations, suspendedFor, suspendOperations } from "../lifecycle/suspension.ts";
import { nudge } from "../sessions/nudge.ts";
import { processesOf, signalProcesses, treeOf } from "../sessions/process-tree.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { type EmergencyStop, readStop, stopFile } from "./emergency-stop.ts";
import { writeStop } from "./write-stop.ts";

export interface EstopRequest {
  /** Only this rig; the whole town without. */
  readonly rig?: string;
  readonly reason: string;
  readonly kind?: "manual" | "auto";
}

export interface EstopReport {
  /** Sessions that were frozen (or went on). */
  readonly sessions: readonly string[];
  /** Agents whose files could not be kept as a snapshot in time. */
  readonly unsaved: readonly string[];
  /** It was stopped (or running) before. */
  readonly wasDone: boolean;
}

/**
 * Freezes every agent in scope but the mayor (spec/04 §7.3). The file comes first: from then on nothing starts, whatever
 * happens to the rest. On a disk that is too full for the ledger the stop holds without its entries there.
 */
export async function estop(access: TownAccess, request: EstopRequest): Promise<EstopReport> {
  const { town } = access;
  if (request.rig !== undefined) town.rig(request.rig);
  const existing = readStop(town, request.rig);
  const wasDone = existing !== undefined;
  if (!wasDone) {
    const since = formatTime(access.clock.now());
    const reason = request.reason.replace(/\s+/g, " ").trim();
    await writeStop(town, { rig: request.rig, kind: request.kind ?? "manual", since, reason });
  }
  const sessions = await sessionsInScope(access, request.rig);
  for (const record of sessions) signalProcesses(processesOf(treeOf(record)), "SIGSTOP");
  const active = await activeAgents(access, request.rig);
  for (const agent of active)
    await unlessDiskFull(
      writeUnlessChanged(access, suspendOperations(agent, { reason: "estop", since: access.clock.now() })),
    );
  const unsaved = await snapshotHooks(
    access,
    active.filter(hasSandbox).map((agent) => agent.address),
    "estop",
  );
  if (!wasDone) {
    await unlessDiskFull(
      access.ledger.write(access.actor, [
        event("estop", { scope: request.rig ?? "town", reason: request.reason, ...rigOf(request.rig) }),
      ]),
    );
  }
  return { sessions: sessions.map((record) => record.session), unsaved, wasDone };
}

/**
 * Lets the agents go on where they were stopped, and tells them. Thawing the town thaws its rigs too. The files go last:
 * whoever is killed before leaves a stop that can be thawed again.
 */
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
  if (files.length === 0) return { sessions: [], unsaved: [], wasDone: true };
  const sessions = await sessionsInScope(access, request.rig);
  // Before anybody runs again: where it fails, the stop holds as a whole.
  for (const agent of await suspendedFor(access, "estop", request.rig))
    await writeUnlessChanged(access, resumeOperations(agent, "working", access.clock.now()));
  for (const record of sessions) signalProcesses(processesOf(treeOf(record)), "SIGCONT");
  // Nobody is asked for a sign of life because of the time in which he could give none.
  for (const { actor } of sessions)
    await unlessDiskFull(access.ledger.touchAgent(actor, { lastProgressAt: access.clock.now() }));
  for (const file of files) rmSync(file, { force: true });
  await unlessDiskFull(
    access.ledger.write(access.actor, [
      event("thaw", { scope: request.rig ?? "town", ...rigOf(request.rig) }),
    ]),
  );
  await tellThawed(access, sessions);
  return { sessions: sessions.map((record) => record.session), unsaved: [], wasDone: false };
}

/** Whatever ran while the clock stood may have failed. A script takes no advice, and a message must not undo the thaw. */
async function tellThawed(access: TownAccess, sessions: readonly SessionRecord[]): Promise<void> {
  for (const { actor, agent } of sessions) {
    if (agent === "shell" || actor === access.actor) continue;
    await nudge(access, {
      ...{ to: actor, from: access.actor, mode: "wait-idle", priority: "urgent", force: true },
      text: "Work may continue; re-check any command that was interrupted.",
    }).catch(() => undefined);
  }
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

const hasSandbox = (agent: Agent): boolean => agent.role === "polecat" || agent.role === "crew";

async function activeAgents(access: TownAccess, rig: string | undefined): Promise<readonly Agent[]> {
  const agents = await access.ledger.agents({ state: ["working", "spawning"], ...rigOf(rig) });
  return agents.filter((agent) => agent.hookState === "active" && agent.role !== "mayor");
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
