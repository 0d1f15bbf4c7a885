import { existsSync } from "node:fs";
import { gitDirectoryOf } from "../../core/git/git-directory.ts";
import { assess } from "../../core/health/assess.ts";
import { readSleeps, sleptSince } from "../../core/health/machine-sleep.ts";
import { progressAt } from "../../core/health/progress.ts";
import { thresholdsOf } from "../../core/health/thresholds.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import { openRequestsFor } from "../../core/merge/submit.ts";
import { durationSetting } from "../../core/town/setting.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { fateOfWork } from "../lifecycle/landed-work.ts";
import { openOperations } from "../lifecycle/operation-record.ts";
import { seatPlaces } from "../lifecycle/polecat-places.ts";
import { readHeartbeat } from "../sessions/heartbeat-mark.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { type HostSnapshot, hostSnapshot, isRuntimeGone, livenessOf, progressOf } from "./agent-health.ts";
import { leftoverMark } from "./leftover-mark.ts";
import { memoryKey } from "../lifecycle/forget-restarts.ts";
import { patrolTable } from "./worker-memory.ts";
import { noMemory, type WorkerMemory, type WorkerView } from "./worker-view.ts";

/**
 * Polecats of a rig, in name order, as they are now. With `address` only that one, thoroughly: whether the work of a dead
 * one has landed is a question to git that only the look before an action asks.
 */
export async function observeWorkers(
  access: TownAccess,
  rig: string,
  address?: string,
): Promise<readonly WorkerView[]> {
  const { ledger } = access;
  const agents = (await ledger.agents({ rig, role: "polecat" }))
    .filter((agent) => agent.state !== "nuked" && (address === undefined || agent.address === address))
    .sort((one, other) => one.address.localeCompare(other.address));
  if (agents.length === 0) return [];

  const [host, operations, memories, beads] = await Promise.all([
    hostSnapshot(access),
    openOperations(ledger),
    ledger.rows<WorkerMemory>(patrolTable, { prefix: memoryKey("") }),
    ledger.getMany(agents.map((agent) => agent.hookBead).filter((id) => id !== "")),
  ]);
  const operated = new Set(operations.map((row) => row.value.subject.agent));
  const remembered = new Map(memories.map((row) => [row.key, row.value]));
  const thresholds = thresholdsOf(access.town.settings());
  const sleeps = await readSleeps(ledger);
  const now = access.clock.now();
  const landed = address === undefined ? new Set<string>() : await landedAgents(access, rig, agents, host);
  const unsubmitted = await unsubmittedAgents(access, rig, agents, beads);

  return agents.map((agent) => {
    const bead = beads.get(agent.hookBead);
    const session = host.sessions.get(sessionOfAddress(access.town, agent.address));
    const progress = progressOf(agent, bead, session);
    const memory = remembered.get(memoryKey(agent.address));
    const hasWorktree = worktreeExists(access, agent);
    return {
      agent,
      ...(bead === undefined ? {} : { bead }),
      ...(session === undefined ? {} : { session }),
      isHostKnown: host.isKnown,
      isOperating: operated.has(agent.address),
      hasWorktree,
      hasPlace: placeExists(access, agent),
      isRuntimeGone: isRuntimeGone(session),
      isExiting: session !== undefined && saysItExits(access, session, now),
      hasLanded: landed.has(agent.address),
      isUnsubmitted: unsubmitted.has(agent.address),
      ...markOf(access, agent),
      health: assess({
        now,
        state: agent.state,
        hookState: agent.hookState,
        isHooked: bead !== undefined && bead.status !== "closed",
        isRalph: agent.mode === "ralph",
        session: livenessOf(agent, session, host),
        isWorktreeMissing: !hasWorktree,
        thresholds,
        ...progress,
        suspendedMs: sleptSince(sleeps, progressAt(progress, thresholds.weakCreditMs), now),
      }),
      strongAt: progress.strongAt,
      memory: memory?.seq === agent.hookSeq ? memory : noMemory(agent.hookSeq),
    };
  });
}

/** A fresh report of the run itself that it is about to end is worth more than what its screen looks like (spec/04 §1.6). */
function saysItExits({ town }: TownAccess, session: SessionRecord, now: number): boolean {
  if (session.phase === "exited" || session.agent === "shell") return false;
  const report = readHeartbeat(town.root, session.session);
  if (report?.state !== "exiting" || report.runId !== session.runId) return false;
  return now - report.at < durationSetting(town.settings(), "operational.polecat.heartbeat_stale");
}

function markOf(access: TownAccess, agent: Agent): { readonly leftoverMark?: string } {
  const address = parseAddress(agent.address);
  const home = agent.state === "idle" ? address && agentHome(access.town, address) : undefined;
  const mark = home === undefined ? undefined : leftoverMark(home);
  return mark === undefined ? {} : { leftoverMark: mark };
}

/** Agents that closed their own bead while its commits are neither landed nor in the queue (W23). Git is asked only for those. */
async function unsubmittedAgents(
  access: TownAccess,
  rigName: string,
  agents: readonly Agent[],
  beads: ReadonlyMap<string, Bead>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const agent of agents) {
    const bead = beads.get(agent.hookBead);
    if (bead?.status !== "closed" || agent.hookState !== "active") continue;
    if (!(await closedItself(access, agent))) continue;
    if ((await openRequestsFor(access.ledger, bead.id)).length > 0) continue;
    if ((await fateOfWork(access.town.rig(rigName), agent)) === "own") found.add(agent.address);
  }
  return found;
}

async function landedAgents(
  access: TownAccess,
  rig: string,
  agents: readonly Agent[],
  host: HostSnapshot,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const agent of agents) {
    const session = host.sessions.get(sessionOfAddress(access.town, agent.address));
    const isDead = session === undefined || session.phase === "exited";
    if (agent.hookBead === "" || agent.hookState !== "active" || !isDead) continue;
    if ((await fateOfWork(access.town.rig(rig), agent)) === "landed") found.add(agent.address);
  }
  return found;
}

async function closedItself({ ledger }: TownAccess, agent: Agent): Promise<boolean> {
  const { changes } = await ledger.changes(0, { bead: agent.hookBead, types: ["closed"] });
  return changes.at(-1)?.actor === agent.address;
}

/** What spec/04 §3.5 asks of a worktree, as far as that costs no process. */
function worktreeExists(access: TownAccess, agent: Agent): boolean {
  const { worktree } = seatPlaces(access.town.rig(agent.rig), agent.name);
  return existsSync(worktree) && existsSync(gitDirectoryOf(worktree) ?? "");
}

/** A rig whose volume is not mounted has no places, and says nothing about its polecats. */
function placeExists(access: TownAccess, agent: Agent): boolean {
  const rig = access.town.rig(agent.rig);
  return existsSync(seatPlaces(rig, agent.name).home) || !existsSync(rig.polecats);
}
