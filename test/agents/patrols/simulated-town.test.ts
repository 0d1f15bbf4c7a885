import fc from "fast-check";
import { expect, test } from "vitest";
import { decideWorker, witnessLimits } from "../../../src/agents/patrols/decide-worker.ts";
import { noMemory, type WorkerMemory, type WorkerView } from "../../../src/agents/patrols/worker-view.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import { assess } from "../../../src/core/health/assess.ts";
import { withRestart } from "../../../src/core/health/restart-series.ts";
import type { Agent, Bead } from "../../../src/core/ledger/bead.ts";

/**
 * A town of the mind: agents and beads as plain values, changed by random kills, slings, finished work, lost hosts,
 * progress, daemon restarts and leaps of the clock, and swept by the real decisions of the Witness.
 */
const second = 1000;
const minute = 60 * second;

interface SimAgent {
  state: Agent["state"];
  hookState: Agent["hookState"];
  bead: number | undefined;
  seq: number;
  session: { run: number; startedAt: number; endedAt?: number; lost?: boolean } | undefined;
  progressAt: number;
  memory: WorkerMemory;
}

interface SimBead {
  status: "open" | "hooked" | "closed";
  holder: number | undefined;
  hookedAt: number;
}

type Step =
  | { readonly kind: "sling"; readonly bead: number; readonly agent: number }
  | { readonly kind: "kill" | "progress" | "finish"; readonly agent: number }
  | { readonly kind: "lose-host" | "restart-daemon" }
  | { readonly kind: "time"; readonly seconds: number };

const agents = 4;
const beads = 6;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("sling" as const),
      bead: fc.nat(beads - 1),
      agent: fc.nat(agents - 1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("kill" as const, "progress" as const, "finish" as const),
      agent: fc.nat(agents - 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("lose-host" as const, "restart-daemon" as const) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("time" as const), seconds: fc.integer({ min: 1, max: 2400 }) }),
  },
);

class SimTown {
  now = 1_000_000_000_000;
  runs = 0;
  readonly agents: SimAgent[] = Array.from({ length: agents }, () => ({
    state: "idle",
    hookState: "",
    bead: undefined,
    seq: 0,
    session: undefined,
    progressAt: 0,
    memory: noMemory(0),
  }));
  readonly beads: SimBead[] = Array.from({ length: beads }, () => ({
    status: "open",
    holder: undefined,
    hookedAt: 0,
  }));

  apply(step: Step): void {
    switch (step.kind) {
      case "sling":
        this.#sling(step.bead, step.agent);
        return;
      case "kill":
        this.#end(this.#agent(step.agent), {});
        return;
      case "progress": {
        const agent = this.#agent(step.agent);
        if (isAlive(agent)) agent.progressAt = this.now;
        return;
      }
      case "finish":
        this.#finish(this.#agent(step.agent));
        return;
      case "lose-host":
        for (const agent of this.agents) this.#end(agent, { lost: true });
        return;
      case "restart-daemon":
        // Nothing of the daemon's is lost: what it remembers is in the ledger.
        return;
      case "time":
        this.now += step.seconds * second;
    }
  }

  /** One sweep with the real decisions; everything it says is done. */
  sweep(): void {
    for (const [index, agent] of this.agents.entries()) {
      const view = this.view(index);
      const action = decideWorker(view, this.now);
      if (action === undefined || action.kind === "wait") continue;
      const wasFresh =
        isAlive(agent) && this.now - Math.max(agent.progressAt, agent.session?.startedAt ?? 0) < 15 * minute;
      if (wasFresh && agent.bead !== undefined)
        expect(action.kind, "a session with recent progress is never stopped").toBe("nudge");
      this.#act(agent, view, action);
    }
  }

  view(index: number): WorkerView {
    const agent = this.#agent(index);
    const bead = agent.bead === undefined ? undefined : this.#bead(agent.bead);
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
        completionTime: agent.progressAt,
      } as Agent,
      ...(bead === undefined
        ? {}
        : {
            bead: {
              id: `bead${agent.bead}`,
              status: bead.status,
              assignee: bead.holder === undefined ? "" : `agent${bead.holder}`,
              metadata: { attachment: { attached_at: new Date(bead.hookedAt).toISOString() } },
            } as unknown as Bead,
          }),
      ...(record === undefined ? {} : { session: record }),
      isHostKnown: true,
      isOperating: false,
      hasWorktree: true,
      health: assess({
        now: this.now,
        state: agent.state,
        hookState: agent.hookState,
        isHooked: bead !== undefined,
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

  #act(agent: SimAgent, view: WorkerView, action: NonNullable<ReturnType<typeof decideWorker>>): void {
    const memory = view.memory;
    switch (action.kind) {
      case "restart":
        agent.memory =
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
        if (action.detection === "W9") agent.memory = acted(agent.memory, "W9-restart", this.now);
        this.#start(agent);
        return;
      case "stuck":
        agent.state = "stuck";
        agent.hookState = "suspended";
        this.#end(agent, {});
        return;
      case "nudge":
        agent.memory = acted(memory, action.detection, this.now);
        return;
      case "end-session":
        this.#end(agent, {});
        return;
      case "release":
      case "clear-hook":
        agent.bead = undefined;
        agent.state = "idle";
        agent.hookState = "archived";
        this.#end(agent, {});
    }
  }

  #sling(beadIndex: number, agentIndex: number): void {
    const bead = this.#bead(beadIndex);
    const agent = this.#agent(agentIndex);
    if (bead.status !== "open" || agent.state !== "idle") return;
    bead.status = "hooked";
    bead.holder = agentIndex;
    bead.hookedAt = this.now;
    agent.bead = beadIndex;
    agent.state = "working";
    agent.hookState = "active";
    agent.seq++;
    this.#start(agent);
  }

  #finish(agent: SimAgent): void {
    if (!isAlive(agent) || agent.bead === undefined || agent.state !== "working") return;
    const bead = this.#bead(agent.bead);
    bead.status = "closed";
    bead.holder = undefined;
    agent.bead = undefined;
    agent.state = "idle";
    agent.hookState = "completed";
    agent.progressAt = this.now;
  }

  #start(agent: SimAgent): void {
    agent.session = { run: ++this.runs, startedAt: this.now };
  }

  #end(agent: SimAgent, how: { readonly lost?: boolean }): void {
    if (!isAlive(agent) || agent.session === undefined) return;
    agent.session = { ...agent.session, endedAt: this.now, ...how };
  }

  #agent(index: number): SimAgent {
    const agent = this.agents[index];
    if (agent === undefined) throw new Error("no such agent");
    return agent;
  }

  #bead(index: number): SimBead {
    const bead = this.beads[index];
    if (bead === undefined) throw new Error("no such bead");
    return bead;
  }
}

const isAlive = (agent: SimAgent): boolean =>
  agent.session !== undefined && agent.session.endedAt === undefined;

const acted = (memory: WorkerMemory, key: string, at: number): WorkerMemory => ({
  ...memory,
  acted: { ...memory.acted, [key]: { count: (memory.acted[key]?.count ?? 0) + 1, at } },
});

test("whatever happens in whatever order: one holder at most, nothing closed on a hook, every orphan goes on or is given up in time", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const town = new SimTown();
      for (const each of steps) {
        town.apply(each);
        town.sweep();
        for (const [index, bead] of town.beads.entries()) {
          const holders = town.agents.filter((agent) => agent.bead === index);
          expect(holders.length, "a bead has at most one holder").toBeLessThanOrEqual(1);
          if (bead.status === "closed") expect(holders, "a closed bead is on no hook").toEqual([]);
        }
      }
      // Left alone, every active hook has a live session or has been given up within the longest backoff.
      for (let sweeps = 0; sweeps < 40; sweeps++) {
        town.now += 30 * second;
        town.sweep();
      }
      for (const agent of town.agents) {
        if (agent.bead === undefined) continue;
        expect(isAlive(agent) || agent.state === "stuck", "every orphan is recovered or given up").toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
