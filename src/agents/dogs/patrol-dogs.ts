import type { Agent } from "../../core/ledger/bead.ts";
import { durationSetting, numberSetting } from "../../core/town/setting.ts";
import type { TownSettings } from "../../core/town/settings.ts";
import { hostSnapshot } from "../patrols/agent-health.ts";
import { isSameProcess } from "../sessions/process-identity.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { sessionOfAddress, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { dogs, freeDog, removeDog } from "./dog-pool.ts";
import { type DogRecord, readDogs } from "./dog-record.ts";

/** A dog as a look at all of them sees it. */
export interface DogView {
  readonly agent: Agent;
  readonly record: DogRecord;
  readonly session?: SessionRecord;
  /** The process of its `code` job lives. */
  readonly isOwnerAlive: boolean;
  /** There are more dogs than the town may have. */
  readonly isSurplus: boolean;
}

export type DogAction =
  | { readonly kind: "fail"; readonly reason: string }
  | { readonly kind: "time-out"; readonly reason: string }
  | { readonly kind: "end-session"; readonly reason: string }
  | { readonly kind: "remove"; readonly reason: string };

export interface DogLimits {
  readonly workingMs: number;
  readonly idleSessionMs: number;
  readonly removeAfterMs: number;
  /** A session needs a moment to appear after the job was given. */
  readonly startGraceMs: number;
}

export function dogLimitsOf(settings: TownSettings): DogLimits {
  return {
    workingMs: durationSetting(settings, "operational.daemon.stale_working_dog"),
    idleSessionMs: durationSetting(settings, "operational.daemon.idle_dog_session"),
    removeAfterMs: durationSetting(settings, "operational.daemon.idle_dog_remove"),
    startGraceMs: durationSetting(settings, "operational.session.start_timeout"),
  };
}

/** What to do about one dog (spec/04 §8.3 D9, §8.4, §10.3). Pure. */
export function decideDog(view: DogView, now: number, limits: DogLimits): DogAction | undefined {
  const { agent, record, session } = view;
  const isAlive = session !== undefined && session.phase !== "exited";
  const { job } = record;
  if (job === undefined) {
    if (agent.state === "working" || agent.hookBead !== "")
      return { kind: "fail", reason: "it holds work of which nothing is known" };
    const idleMs = now - record.lastActiveAt;
    if (isAlive)
      return idleMs >= limits.idleSessionMs && session.viewers === 0
        ? { kind: "end-session", reason: "idle" }
        : undefined;
    return view.isSurplus && idleMs >= limits.removeAfterMs
      ? { kind: "remove", reason: "more than needed" }
      : undefined;
  }
  if (now - job.startedAt >= (job.timeoutMs ?? limits.workingMs))
    return { kind: "time-out", reason: `${job.work} takes too long` };
  if (job.kind === "code")
    return view.isOwnerAlive ? undefined : { kind: "fail", reason: `the process of ${job.work} is gone` };
  // The session of an earlier job says nothing about this one.
  const isOwn = session !== undefined && session.startedAt >= job.startedAt;
  if (isAlive) return undefined;
  if (!isOwn && now - job.startedAt < limits.startGraceMs) return undefined;
  return { kind: "fail", reason: `its session ended without gt dog done` };
}

export interface DogTrouble {
  readonly name: string;
  readonly address: string;
  readonly kind: "zombie" | "hung" | "orphan";
  readonly reason: string;
}

/** What is wrong with dogs, for people: dead ones, ones that say nothing for so long, work of which nothing is known. */
export async function dogTroubles(access: TownAccess, inactivityMs: number): Promise<readonly DogTrouble[]> {
  const now = access.clock.now();
  const limits = dogLimitsOf(access.town.settings());
  return (await observeDogs(access)).flatMap((view): readonly DogTrouble[] => {
    const { agent, record, session } = view;
    const found = { name: agent.name, address: agent.address };
    const action = decideDog(view, now, limits);
    if (action?.kind === "fail")
      return [{ ...found, kind: record.job === undefined ? "orphan" : "zombie", reason: action.reason }];
    if (action?.kind === "time-out") return [{ ...found, kind: "hung", reason: action.reason }];
    const isQuiet =
      record.job?.kind === "session" &&
      session !== undefined &&
      session.phase !== "exited" &&
      now - (session.lastOutputAt ?? session.startedAt) >= inactivityMs;
    return isQuiet ? [{ ...found, kind: "hung", reason: "its session says nothing" }] : [];
  });
}

/** One look at all dogs; returns what was done, in words. A host that does not answer tells nothing about sessions. */
export async function patrolDogs(access: TownAccess): Promise<readonly string[]> {
  const limits = dogLimitsOf(access.town.settings());
  const now = access.clock.now();
  const told: string[] = [];
  for (const view of await observeDogs(access)) {
    const action = decideDog(view, now, limits);
    if (action === undefined) continue;
    await act(access, view.agent, view.record, action);
    told.push(`${view.agent.name}: ${action.kind} (${action.reason})`);
  }
  return told;
}

async function observeDogs(access: TownAccess): Promise<readonly DogView[]> {
  const all = await dogs(access);
  if (all.length === 0) return [];
  const [host, records] = await Promise.all([hostSnapshot(access), readDogs(access.ledger)]);
  if (!host.isKnown) return [];
  const most = numberSetting(access.town.settings(), "operational.daemon.max_dogs");
  return all.map((agent, index) => {
    const record = records.get(agent.name) ?? { lastActiveAt: 0 };
    const session = host.sessions.get(sessionOfAddress(access.town, agent.address));
    const owner = record.job?.owner;
    return {
      agent,
      record,
      ...(session === undefined ? {} : { session }),
      isOwnerAlive: owner !== undefined && isSameProcess(owner.pid, owner.startedAt),
      isSurplus: index >= most,
    };
  });
}

async function act(access: TownAccess, agent: Agent, record: DogRecord, action: DogAction): Promise<void> {
  const job = record.job === undefined ? {} : { work: record.job.work };
  switch (action.kind) {
    case "fail":
      await freeDog(access, agent.name, { result: "failed", ...job });
      return;
    case "time-out":
      await stopAgentSession(access, agent.address, "killed");
      await freeDog(access, agent.name, { result: "timeout", ...job });
      return;
    case "end-session":
      await stopAgentSession(access, agent.address, "stopped");
      return;
    case "remove":
      await removeDog(access, agent.name, { force: false });
  }
}
