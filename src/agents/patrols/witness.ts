import { withLock } from "../../core/lock/lock.ts";
import type { Rig } from "../../core/town/town.ts";
import { decideWorker } from "./decide-worker.ts";
import { handInWork } from "./hand-in-work.ts";
import type { Finding } from "./finding.ts";
import { type WitnessLimits, witnessLimitsOf } from "./witness-limits.ts";
import { actOnWorker, isSuperseded } from "./act-on-worker.ts";
import { hostSnapshot } from "./agent-health.ts";
import { observeWorkers } from "./observe-workers.ts";
import { patrolBeads } from "./patrol-beads.ts";
import { patrolRequests } from "./patrol-requests.ts";
import { releaseWorker } from "./release-worker.ts";
import type { StartBudget } from "./start-budget.ts";
import { exitCodeOf } from "../sessions/exit-code.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";

export interface PatrolOptions {
  readonly budget: StartBudget;
  readonly limits?: WitnessLimits;
  readonly signal?: AbortSignal;
  /** Whether code may act on a finding; all of them without it. Asked once a sweep for each. */
  readonly permits?: (finding: Finding) => boolean;
  /** Told about each thing that was done, and about what failed. */
  readonly report?: (text: string) => void;
}

export interface PatrolReport {
  /** Things that were acted upon. */
  readonly findings: number;
  /** When the next thing falls due, in milliseconds from now. */
  readonly againMs?: number;
}

/** One sweep of a rig's Witness: look once, decide for each polecat, act on what still holds (spec/04 §9.1). */
export async function patrolRig(access: TownAccess, rig: Rig, options: PatrolOptions): Promise<PatrolReport> {
  const limits = options.limits ?? witnessLimitsOf(access.town.settings());
  let findings = 0;
  let againMs = Number.POSITIVE_INFINITY;
  for (const seen of await observeWorkers(access, rig.name)) {
    if (options.signal?.aborted === true) break;
    const now = access.clock.now();
    const wanted = decideWorker(seen, now, limits);
    if (wanted === undefined) continue;
    if (wanted.kind === "wait") {
      againMs = Math.min(againMs, Math.max(0, wanted.until - now));
      continue;
    }
    const finding = {
      detection: wanted.detection,
      subject: seen.agent.address,
      action: wanted.kind,
      reason: "reason" in wanted ? wanted.reason : "",
      ...{ bead: seen.agent.hookBead, polecat: seen.agent.address },
      ...("minutes" in wanted ? { minutes: wanted.minutes } : {}),
      ...exitOf(seen.session),
    };
    if (options.permits?.(finding) === false) continue;
    try {
      if (wanted.kind === "release" || wanted.kind === "hand-in") {
        if (wanted.kind === "release") await releaseWorker(access, seen, wanted.reason);
        else await handInWork(access, seen, wanted);
        findings++;
        options.report?.(`${wanted.detection} ${seen.agent.address}: ${wanted.kind}`);
        continue;
      }
      const outcome = await actUnderLock(access, rig, seen.agent.address, { ...options, limits });
      if (outcome.done !== undefined) {
        findings++;
        options.report?.(outcome.done);
      }
      againMs = Math.min(againMs, outcome.againMs ?? Number.POSITIVE_INFINITY);
    } catch (error) {
      if (isSuperseded(error)) againMs = Math.min(againMs, 1000);
      else
        options.report?.(
          `${wanted.detection} ${seen.agent.address}: ${wanted.kind} failed: ${String(error)}`,
        );
    }
  }
  findings += await patrolBeads(access, rig, options.report, options.permits);
  findings += await patrolRequests(access, rig, options.report, options.permits);
  findings += await endGhosts(access, rig, options);
  return { findings, ...(Number.isFinite(againMs) ? { againMs } : {}) };
}

function exitOf(session: SessionRecord | undefined): Pick<Finding, "exitCode"> {
  const exitCode = session && exitCodeOf(session);
  return exitCode === undefined ? {} : { exitCode };
}

const ghostAgeMs = 60_000;

/** W16: a session named like a polecat that has no identity belongs to nobody. */
async function endGhosts(
  access: TownAccess,
  rig: Rig,
  { permits, report }: Pick<PatrolOptions, "permits" | "report">,
): Promise<number> {
  const { sessions } = await hostSnapshot(access);
  const now = access.clock.now();
  let ended = 0;
  for (const record of sessions.values()) {
    if (record.phase === "exited" || record.role !== "polecat" || record.rig !== rig.name) continue;
    if (now - record.startedAt < ghostAgeMs) continue;
    const agent = await access.ledger.agent(record.actor);
    if (agent !== undefined && agent.state !== "nuked") continue;
    const reason = "a session without an identity";
    const finding = { detection: "W16", subject: record.actor, action: "end-session", reason } as const;
    if (permits?.(finding) === false) continue;
    await stopAgentSession(access, record.actor, "killed", { runId: record.runId, why: "ghost" });
    report?.(`W16 ${record.actor}: ended a session without an identity`);
    ended++;
  }
  return ended;
}

/** Time has passed since the snapshot: under the agent's lock a newer session or state cancels the action. */
async function actUnderLock(
  access: TownAccess,
  rig: Rig,
  address: string,
  options: PatrolOptions & { readonly limits: WitnessLimits },
): Promise<{ readonly done?: string; readonly againMs?: number }> {
  return withLock(
    access.town.paths.locks,
    `agent-${address}`,
    { kind: "patrol", subject: address },
    async () => {
      const [view] = await observeWorkers(access, rig.name, address);
      const now = access.clock.now();
      const action = view && decideWorker(view, now, options.limits);
      if (view === undefined || action === undefined || action.kind === "wait") return {};
      if (action.kind === "release" || action.kind === "hand-in") return {};
      const waitMs = action.kind === "restart" ? options.budget.take(now) : 0;
      if (waitMs > 0) return { againMs: waitMs };
      if (!(await actOnWorker(access, view, action))) return {};
      return { done: `${action.detection} ${address}: ${action.kind}` };
    },
  );
}
