import { type BeadAction, decideBead, type TakenBead } from "../../../src/agents/patrols/decide-bead.ts";
import { decideWorker } from "../../../src/agents/patrols/decide-worker.ts";
import { witnessLimits } from "../../../src/agents/patrols/witness-limits.ts";
import { withAct } from "../../../src/agents/patrols/worker-memory.ts";
import type { WorkerAction } from "../../../src/agents/patrols/worker-action.ts";
import { noMemory, type WorkerMemory, type WorkerView } from "../../../src/agents/patrols/worker-view.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import { assess } from "../../../src/core/health/assess.ts";
import { withRestart } from "../../../src/core/health/restart-series.ts";
import type { Agent, Bead } from "../../../src/core/ledger/bead.ts";
import type { MergeRequest } from "../../../src/core/merge/merge-request.ts";

export const second = 1000;
export const minute = 60 * second;
const maxRespawns = 3;

export interface SimAgent {
  state: Agent["state"];
  hookState: Agent["hookState"];
  bead: number | undefined;
  seq: number;
  session: { run: number; startedAt: number; endedAt?: number; lost?: boolean } | undefined;
  progressAt: number;
  memory: WorkerMemory;
  /** Commits of this assignment that are on its branch only. */
  commits: number;
  exitType: string;
  completedAt: number;
  pushFailed: boolean;
  /** Since when the work on its hook has had nobody who goes on with it. */
  orphanedAt?: number;
}

export interface SimBead {
  status: "open" | "hooked" | "in_progress" | "closed";
  holder: number | undefined;
  hookedAt: number;
  /** Its change is on the target: what git would say. */
  isMerged: boolean;
  request: number | undefined;
  respawns: number;
  isBlocked: boolean;
  closedBy: number | undefined;
  orphanedAt?: number;
}

interface SimRequest {
  bead: number;
  status: "open" | "merged" | "rejected";
}

export type Step =
  | { readonly kind: "sling"; readonly bead: number; readonly agent: number; readonly force: boolean }
  | { readonly kind: AgentStep; readonly agent: number }
  | { readonly kind: "close" | "land" | "land-half" | "land-by-hand" | "reject"; readonly bead: number }
  | { readonly kind: "lose-host" | "restart-daemon" | "remote-down" | "remote-up" }
  | { readonly kind: "time"; readonly seconds: number };

type AgentStep =
  | "kill"
  | "progress"
  | "commit"
  | "done"
  /** Killed after the work was handed in, its operation lost with it. */
  | "done-half"
  | "close-own"
  | "handoff"
  | "nuke-half";

/**
 * A town of the mind: agents, beads and merge requests as plain values, changed at random and swept by the real decisions
 * of the Witness. What git and the ledger guarantee by themselves is modelled: a batch happens whole or not at all.
 */
export class SimTown {
  now = 1_000_000_000_000;
  isRemoteUp = true;
  /** So many actions of the next sweep are done before the daemon dies. */
  crashAfter = Number.POSITIVE_INFINITY;
  readonly asked = new Set<string>();
  readonly violations: string[] = [];
  readonly agents: SimAgent[];
  readonly beads: SimBead[];
  readonly requests: SimRequest[] = [];
  readonly #queue: number[] = [];
  #runs = 0;

  constructor(agents: number, beads: number) {
    this.agents = Array.from({ length: agents }, () => ({
      state: "idle",
      hookState: "",
      bead: undefined,
      seq: 0,
      session: undefined,
      progressAt: 0,
      memory: noMemory(0),
      commits: 0,
      exitType: "",
      completedAt: 0,
      pushFailed: false,
    }));
    this.beads = Array.from({ length: beads }, () => ({
      status: "open",
      holder: undefined,
      hookedAt: 0,
      isMerged: false,
      request: undefined,
      respawns: 0,
      isBlocked: false,
      closedBy: undefined,
    }));
  }

  apply(step: Step): void {
    switch (step.kind) {
      case "sling":
        this.sling(step.bead, step.agent, step.force);
        return;
      case "close":
        this.#close(step.bead, undefined);
        return;
      case "land":
      case "land-half":
        this.#land(step.bead, step.kind === "land");
        return;
      case "land-by-hand": {
        // A person merges a branch that nobody has handed in.
        const holder = this.agents.find((each) => each.bead === step.bead);
        if (holder === undefined || holder.commits === 0) return;
        holder.commits = 0;
        at(this.beads, step.bead).isMerged = true;
        return;
      }
      case "reject": {
        const request = this.#requestOf(step.bead);
        if (request?.status === "open") request.status = "rejected";
        return;
      }
      case "lose-host":
        for (const agent of this.agents) this.#end(agent, { lost: true });
        return;
      case "restart-daemon":
        // All that it remembers is in the ledger; it may die in the middle of a sweep.
        this.crashAfter = 1;
        return;
      case "remote-down":
      case "remote-up":
        this.isRemoteUp = step.kind === "remote-up";
        return;
      case "time":
        this.now += step.seconds * second;
        return;
      default:
        this.#agentStep(step.kind, at(this.agents, step.agent));
    }
  }

  /** One sweep with the real decisions; everything it says is done, until the daemon dies. */
  sweep(): void {
    let left = this.crashAfter;
    this.crashAfter = Number.POSITIVE_INFINITY;
    for (const [index, agent] of this.agents.entries()) {
      const view = this.view(index);
      const action = decideWorker(view, this.now);
      if (action === undefined || action.kind === "wait") continue;
      if (left-- <= 0) return;
      this.#checkHarm(agent, action);
      this.#act(index, agent, view, action);
    }
    for (const [index, bead] of this.beads.entries()) {
      const action = bead.holder === undefined ? undefined : decideBead(this.taken(index), maxRespawns);
      if (action === undefined) continue;
      if (left-- <= 0) return;
      this.#actOnBead(index, bead, action);
    }
    for (const bead of this.#queue.splice(0)) {
      if (left-- <= 0) {
        this.#queue.push(bead);
        return;
      }
      const free = this.agents.findIndex((agent) => agent.state === "idle" && !isAlive(agent));
      if (free < 0) this.#queue.push(bead);
      else this.sling(bead, free, false);
    }
  }

  /** Every batch is whole: what must hold at any moment. */
  check(): readonly string[] {
    const found = [...this.violations];
    for (const index of this.beads.keys()) {
      const hooks = this.agents.filter((agent) => agent.bead === index);
      const live = hooks.filter((agent) => agent.hookState === "active" && isAlive(agent));
      if (live.length > 1) found.push(`bead ${index} has ${live.length} live holders`);
      if (hooks.length > 1) found.push(`bead ${index} is on ${hooks.length} hooks`);
    }
    return found;
  }

  sling(beadIndex: number, agentIndex: number, force: boolean): void {
    const bead = at(this.beads, beadIndex);
    const agent = at(this.agents, agentIndex);
    if (agent.state !== "idle" || agent.bead !== undefined) return;
    const isHeld = bead.status === "hooked" || (bead.status === "in_progress" && bead.request === undefined);
    if (bead.status !== "open" && !(force && isHeld)) return;
    if (bead.isBlocked) return;
    // Whoever takes work over by force has looked at it.
    if (force && bead.isMerged) return;
    if (bead.isMerged) {
      this.violations.push(`bead ${beadIndex} was dispatched after its merge`);
      return;
    }
    // A take-over keeps the holder's work and frees it in the same batch.
    for (const holder of this.agents) if (holder.bead === beadIndex) this.#free(holder, "archived");
    Object.assign(bead, { status: "hooked", holder: agentIndex, hookedAt: this.now, request: undefined });
    delete bead.orphanedAt;
    Object.assign(agent, {
      bead: beadIndex,
      state: "working",
      hookState: "active",
      seq: agent.seq + 1,
      commits: 0,
      exitType: "",
      completedAt: 0,
      pushFailed: false,
    });
    this.#start(agent);
  }

  #agentStep(kind: AgentStep, agent: SimAgent): void {
    const isWorking = agent.bead !== undefined && agent.state === "working";
    switch (kind) {
      case "kill":
        this.#end(agent, {});
        return;
      case "progress":
      case "commit":
        if (!isAlive(agent) || !isWorking) return;
        agent.progressAt = this.now;
        if (kind !== "commit") return;
        agent.commits++;
        // Whoever merged the branch before has not merged this.
        if (agent.bead !== undefined) at(this.beads, agent.bead).isMerged = false;
        return;
      case "done":
      case "done-half":
        if (isAlive(agent) && isWorking) this.#done(agent, kind === "done");
        return;
      case "close-own":
        if (isAlive(agent) && isWorking && agent.bead !== undefined) {
          this.#close(agent.bead, this.agents.indexOf(agent));
          agent.progressAt = this.now;
        }
        return;
      case "handoff":
        if (!isWorking || !isAlive(agent)) return;
        this.#end(agent, {});
        this.#start(agent);
        return;
      case "nuke-half":
        // The sandbox and identity are gone, the bead still names it.
        this.#end(agent, {});
        Object.assign(agent, { state: "nuked", bead: undefined, hookState: "archived" });
    }
  }

  #done(agent: SimAgent, isWhole: boolean): void {
    const index = agent.bead;
    if (index === undefined) return;
    const bead = at(this.beads, index);
    if (bead.holder !== this.agents.indexOf(agent)) return;
    if (!this.isRemoteUp) {
      agent.pushFailed = true;
      return;
    }
    agent.pushFailed = false;
    agent.progressAt = this.now;
    agent.exitType = "COMPLETED";
    agent.completedAt = this.now + 1;
    if (agent.commits > 0) {
      this.requests.push({ bead: index, status: "open" });
      Object.assign(bead, { status: "in_progress", request: this.requests.length - 1 });
      agent.commits = 0;
    } else if (bead.status !== "closed") Object.assign(bead, { status: "closed", holder: undefined });
    if (isWhole) this.#free(agent, "completed");
    else agent.state = "done";
  }

  #close(index: number, by: number | undefined): void {
    const bead = at(this.beads, index);
    if (bead.status === "closed" || bead.request !== undefined) return;
    Object.assign(bead, { status: "closed", closedBy: by });
  }

  /** The change reaches the target; a Refinery that dies then has closed its request, but not yet the bead. */
  #land(index: number, isWhole: boolean): void {
    const bead = at(this.beads, index);
    const request = this.#requestOf(index);
    if (request?.status !== "open") return;
    request.status = "merged";
    bead.isMerged = true;
    if (isWhole) Object.assign(bead, { status: "closed", holder: undefined, request: undefined });
  }

  #requestOf(index: number): SimRequest | undefined {
    const { request } = at(this.beads, index);
    return request === undefined ? undefined : this.requests[request];
  }

  taken(index: number): TakenBead {
    const bead = at(this.beads, index);
    const request = this.#requestOf(index);
    const holder = bead.holder === undefined ? undefined : at(this.agents, bead.holder);
    const isTaken = bead.status === "hooked" || bead.status === "in_progress";
    return {
      bead: { id: `bead${index}`, assignee: `agent${bead.holder}`, status: bead.status } as Bead,
      awaits: bead.request === undefined ? "" : `mr${bead.request}`,
      ...(request === undefined
        ? {}
        : {
            request: {
              id: `mr${bead.request}`,
              status: request.status === "open" ? "open" : "closed",
              closeReason: request.status === "open" ? "" : request.status,
              branch: "b",
            } as MergeRequest,
          }),
      ...(holder === undefined
        ? {}
        : {
            holder: {
              hookBead: holder.bead === undefined ? "" : `bead${holder.bead}`,
              state: holder.state,
            } as Agent,
          }),
      // Beads that are not taken are never looked at.
      isOperating: !isTaken,
      hasLanded: bead.isMerged,
      respawns: bead.respawns,
    };
  }

  #actOnBead(index: number, bead: SimBead, action: BeadAction): void {
    delete bead.orphanedAt;
    switch (action.kind) {
      case "close-landed":
      case "close-merged":
        Object.assign(bead, { status: "closed", holder: undefined, request: undefined });
        return;
      case "await-other":
        return;
      case "block":
      case "recover":
        Object.assign(bead, { status: "open", holder: undefined, respawns: bead.respawns + 1 });
        if (action.kind === "block") {
          bead.isBlocked = true;
          this.asked.add(`bead${index}`);
        } else this.#queue.push(index);
        return;
      case "reopen-rejected":
        Object.assign(bead, { status: "open", holder: undefined, request: undefined });
        this.#queue.push(index);
    }
  }

  view(index: number): WorkerView {
    const agent = at(this.agents, index);
    const bead = agent.bead === undefined ? undefined : at(this.beads, agent.bead);
    const { session } = agent;
    const record =
      session === undefined
        ? undefined
        : ({
            agent: "claude",
            phase: isAlive(agent) ? "working" : "exited",
            phaseSince: session.startedAt,
            startedAt: session.startedAt,
            ...(session.endedAt === undefined ? {} : { endedAt: session.endedAt, exitCode: 1 }),
            exitReason: session.lost === true ? "host-lost" : "crashed",
            expected: false,
          } as SessionRecord);
    return {
      agent: {
        address: `agent${index}`,
        state: agent.state,
        hookState: agent.hookState,
        hookBead: agent.bead === undefined ? "" : `bead${agent.bead}`,
        hookSeq: agent.seq,
        completionTime: agent.completedAt,
        exitType: agent.exitType,
        pushFailed: agent.pushFailed,
        mrFailed: false,
        branch: "b",
      } as Agent,
      ...(bead === undefined
        ? {}
        : {
            bead: {
              id: `bead${agent.bead}`,
              status: bead.status,
              assignee: bead.holder === undefined ? "" : `agent${bead.holder}`,
              metadata: {
                attachment: { attached_at: new Date(bead.hookedAt).toISOString() },
                ...(bead.request === undefined ? {} : { awaiting_merge: `mr${bead.request}` }),
              },
            } as unknown as Bead,
          }),
      ...(record === undefined ? {} : { session: record }),
      isHostKnown: true,
      isOperating: false,
      hasWorktree: true,
      hasPlace: true,
      isRuntimeGone: false,
      isExiting: false,
      hasLanded: bead?.isMerged === true,
      isUnsubmitted: bead?.status === "closed" && bead.closedBy === index && agent.commits > 0,
      health: assess({
        now: this.now,
        state: agent.state,
        hookState: agent.hookState,
        isHooked: bead !== undefined && bead.status !== "closed",
        isRalph: false,
        session: isAlive(agent) ? "alive" : session === undefined ? "none" : "dead",
        hookedAt: bead?.hookedAt ?? 0,
        sessionStartedAt: session?.startedAt ?? 0,
        strongAt: agent.progressAt,
      }),
      strongAt: agent.progressAt,
      memory: agent.memory.seq === agent.seq ? agent.memory : noMemory(agent.seq),
    };
  }

  /** A session with recent progress may be told something, or be ended once its bead is closed; never just stopped. */
  #checkHarm(agent: SimAgent, action: WorkerAction): void {
    if (!isAlive(agent) || agent.bead === undefined || agent.state !== "working") return;
    const since = this.now - Math.max(agent.progressAt, agent.session?.startedAt ?? 0);
    const isOver =
      at(this.beads, agent.bead).status === "closed" || agent.exitType !== "" || agent.pushFailed;
    if (since >= 15 * minute || isOver || action.kind === "nudge") return;
    if (action.kind === "clear-hook" && at(this.beads, agent.bead).holder !== this.agents.indexOf(agent))
      return;
    this.violations.push(`${action.kind} (${action.detection}) to an agent with progress ${since} ms ago`);
  }

  #act(index: number, agent: SimAgent, view: WorkerView, action: WorkerAction): void {
    const { memory } = view;
    switch (action.kind) {
      case "wait":
        return;
      case "restart": {
        const after =
          action.hostLost === true
            ? { ...memory, losses: memory.losses + 1 }
            : {
                ...memory,
                restarts: withRestart(
                  memory.restarts,
                  view.session?.endedAt ?? this.now,
                  this.now,
                  witnessLimits.restarts,
                ),
              };
        agent.memory = action.detection === "W9" ? withAct(after, "W9-restart", this.now) : after;
        // One that lives and may still have something to add is another matter.
        if (agent.bead !== undefined && at(this.beads, agent.bead).isMerged && !isAlive(agent))
          this.violations.push(`a session was started for bead ${agent.bead} after its merge`);
        this.#end(agent, {});
        agent.state = "working";
        this.#start(agent);
        return;
      }
      case "stuck":
        agent.state = "stuck";
        agent.hookState = "suspended";
        this.asked.add(`agent${index}`);
        this.#end(agent, {});
        return;
      case "nudge":
      case "prod":
        agent.memory = withAct(memory, action.detection, this.now);
        return;
      case "end-session":
        this.#end(agent, {});
        return;
      case "tidy":
        agent.memory = { ...memory, tidied: action.mark };
        return;
      case "ask":
        agent.memory = withAct(memory, "ask", this.now);
        this.asked.add(`agent${index}`);
        return;
      case "hand-in":
        agent.memory = withAct(
          memory,
          action.detection === "W23" ? "W23-hand-in" : action.detection,
          this.now,
        );
        if (agent.state === "working") this.#done(agent, true);
        return;
      case "set-free":
        this.#free(agent, "completed");
        return;
      case "close-landed":
        if (agent.bead !== undefined)
          Object.assign(at(this.beads, agent.bead), { status: "closed", holder: undefined });
        this.#free(agent, "archived");
        return;
      case "abandon":
      case "release":
      case "clear-hook": {
        const bead = agent.bead === undefined ? undefined : at(this.beads, agent.bead);
        if (bead?.status === "closed") bead.holder = undefined;
        this.#free(agent, "archived");
      }
    }
  }

  #free(agent: SimAgent, hookState: Agent["hookState"]): void {
    this.#end(agent, {});
    Object.assign(agent, { bead: undefined, state: "idle", hookState, pushFailed: false });
    delete agent.orphanedAt;
  }

  #start(agent: SimAgent): void {
    agent.session = { run: ++this.#runs, startedAt: this.now };
  }

  #end(agent: SimAgent, how: { readonly lost?: boolean }): void {
    if (!isAlive(agent) || agent.session === undefined) return;
    agent.session = { ...agent.session, endedAt: this.now, ...how };
  }
}

export const isAlive = (agent: SimAgent): boolean =>
  agent.session !== undefined && agent.session.endedAt === undefined;

export function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`nothing at ${index}`);
  return value;
}
