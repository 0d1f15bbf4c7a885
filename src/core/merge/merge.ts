import { formBatch } from "./batch.ts";
import type { Command, Fact, Probe, QueueState, Run, TargetState } from "./queue-state.ts";
import { QueueDraft } from "./queue-draft.ts";
import { inQueueOrder } from "./score.ts";
import { nextMove, pointless, unknown } from "./search.ts";

const second = 1000;
const minute = 60 * second;
/** Waits before a gate that could not be run is tried again; then the run ends (spec/05 §2.5). */
const errorDelays: readonly number[] = [10 * second, 60 * second];
const lookAtRedMs = 30 * second;
const probeRedMs = 15 * minute;
const movesBeforeHold = 3;
/** Runs that crash before a request that was alone in the last one is taken for poison. */
const poisonCrashes = 3;
const holdMs = { denied: 15 * minute, dirty: 30 * second, moved: minute, infra: minute } as const;

export interface Step {
  readonly state: QueueState;
  readonly commands: readonly Command[];
}

/**
 * The merge queue's decisions: a pure function from what is known and one new fact to what is known then and what is to
 * be done (spec/05 §2.14). It knows no clock, no randomness and no I/O. Facts about things that are over are ignored.
 */
export function step(state: QueueState, fact: Fact): Step {
  const queue = new Decision(state);
  queue.take(fact);
  if (queue.run === null) queue.startSomething();
  return queue.result();
}

/** One step. Only `take` and `startSomething` are called from outside. */
class Decision {
  readonly #draft: QueueDraft;

  constructor(state: QueueState) {
    this.#draft = new QueueDraft(state);
  }

  get run(): Run | null {
    return this.#draft.run;
  }

  result(): Step {
    return { state: this.#draft.state, commands: this.#draft.commands };
  }

  take(fact: Fact): void {
    switch (fact.t) {
      case "clock":
        this.#clock(fact.now);
        return;
      case "arrived":
        this.#arrived(fact.mr);
        return;
      case "withdrawn":
        this.#withdrawn(fact.id);
        return;
      case "synced":
        this.#synced(fact);
        return;
      case "stopped":
        this.#abort("the queue was stopped");
        return;
      case "syncFailed":
        this.#syncFailed(fact);
        return;
      case "stacked":
        this.#stacked(fact);
        return;
      case "gated":
        this.#gated(fact);
        return;
      case "pushed":
        this.#pushed(fact.upTo);
        return;
      case "pushFailed":
        this.#pushFailed(fact.kind);
        return;
    }
  }

  /** Chooses the target of the most urgent request that may run now, or says when to look again (spec/05 §2.2 step 4). */
  startSomething(): void {
    const { queue, now } = this.#draft.state;
    const wakes: number[] = [];
    const targets = new Set(inQueueOrder(queue, now).map((mr) => mr.target));
    for (const target of targets) {
      const state = this.#draft.target(target);
      if (state.hold !== undefined && state.hold.until > now) {
        wakes.push(state.hold.until);
        continue;
      }
      const { red } = state;
      const plan = formBatch(
        this.#draft.state,
        target,
        state,
        red === undefined ? {} : { alone: true, tried: red.tried },
      );
      if (plan.plan === "batch") {
        this.#sync(target, red === undefined ? "batch" : "solo");
        return;
      }
      if (plan.plan === "wait") wakes.push(plan.until);
      if (red === undefined) continue;
      const lookAt = Math.min(red.lookAt, red.probeAt);
      if (lookAt <= now) {
        this.#sync(target, "base");
        return;
      }
      wakes.push(lookAt);
    }
    if (wakes.length > 0) this.#draft.do({ do: "wake", at: Math.min(...wakes) });
  }

  #sync(target: string, purpose: Run["purpose"]): void {
    this.#draft.setRun({
      target,
      phase: "syncing",
      purpose,
      ids: [],
      base: "",
      expect: "",
      items: [],
      probes: [],
      landed: 0,
      pushing: null,
      withdrawn: [],
      errors: 0,
      retry: null,
    });
    this.#draft.do({ do: "sync", target });
  }

  // --- facts -------------------------------------------------------------------------------------------------------

  #clock(now: number): void {
    this.#draft.state = { ...this.#draft.state, now };
    const { run } = this.#draft.state;
    if (run?.retry == null) return;
    if (run.retry.at > now) {
      this.#draft.do({ do: "wake", at: run.retry.at });
      return;
    }
    this.#draft.setRun({ ...run, retry: null });
    this.#gate(run.retry.prefix);
  }

  #arrived(mr: QueueState["queue"][number]): void {
    const before = this.#draft.state.queue.find((other) => other.id === mr.id);
    const queue = this.#draft.state.queue.filter((other) => other !== before);
    this.#draft.state = { ...this.#draft.state, queue: [...queue, mr] };
    const { red } = this.#draft.target(mr.target);
    // A new head may repair what the old one did not.
    if (before !== undefined && before.head !== mr.head && red?.tried.includes(mr.id))
      this.#draft.patchTarget(mr.target, { red: { ...red, tried: red.tried.filter((id) => id !== mr.id) } });
  }

  #withdrawn(id: string): void {
    const { run } = this.#draft.state;
    this.#draft.leaveQueue([id]);
    if (run === null) return;
    const position = run.items.findIndex((item) => item.id === id);
    const isMember = run.phase === "stacking" ? run.ids.includes(id) : position >= run.landed;
    if (!isMember || run.withdrawn.includes(id)) return;
    this.#draft.setRun({ ...run, withdrawn: [...run.withdrawn, id] });
    if (run.phase === "searching" && run.pushing === null) this.#abort("a member was withdrawn");
  }

  #synced(fact: Extract<Fact, { t: "synced" }>): void {
    const { run } = this.#draft.state;
    if (run?.target !== fact.target) return;
    if (run.phase === "arriving") {
      this.#arrivalKnown(run, fact.landed);
      return;
    }
    if (run.phase !== "syncing") return;
    if (fact.landed.length > 0) this.#finalise(fact.landed);

    const red = this.#draft.target(run.target).red;
    if (red !== undefined && fact.baseGreen) this.#turnGreen(run.target);
    const stillRed = fact.baseGreen ? undefined : red;
    if (stillRed !== undefined && (run.purpose === "base" || stillRed.base !== fact.base)) {
      this.#probeBase(run, fact.base, stillRed);
      return;
    }

    const plan = formBatch(
      { ...this.#draft.state, policy: { ...this.#draft.state.policy, batchWaitMs: 0 } },
      run.target,
      this.#draft.target(run.target),
      stillRed === undefined ? {} : { alone: true, tried: stillRed.tried },
    );
    if (plan.plan !== "batch") {
      this.#draft.setRun(null);
      return;
    }
    this.#draft.patchTarget(run.target, { urgentLast: plan.urgent });
    const base: Probe = { ...unknown, verdict: fact.baseGreen ? "green" : null };
    this.#draft.setRun({
      ...run,
      phase: "stacking",
      purpose: stillRed === undefined ? "batch" : "solo",
      ids: plan.ids,
      base: fact.base,
      expect: fact.base,
      probes: [base],
    });
    this.#draft.do({ do: "stack", target: run.target, base: fact.base, ids: plan.ids });
  }

  /** Gates a red target's base alone: it has moved, or its environment may have recovered (spec/05 §2.7). */
  #probeBase(run: Run, base: string, red: NonNullable<TargetState["red"]>): void {
    const { now } = this.#draft.state;
    if (base === red.base && red.probeAt > now) {
      this.#draft.patchTarget(run.target, { red: { ...red, lookAt: now + lookAtRedMs } });
      this.#draft.setRun(null);
      return;
    }
    this.#draft.setRun({
      ...run,
      phase: "searching",
      purpose: "base",
      base,
      expect: base,
      probes: [unknown],
    });
    this.#search();
  }

  #syncFailed(fact: Extract<Fact, { t: "syncFailed" }>): void {
    const { run } = this.#draft.state;
    if (run?.target !== fact.target) return;
    const members = run.items.slice(run.landed).map((item) => item.id);
    this.#end(members, fact.because, { hold: { because: fact.because, ms: fact.retryMs } });
  }

  #stacked(fact: Extract<Fact, { t: "stacked" }>): void {
    const { run } = this.#draft.state;
    if (run?.phase !== "stacking") return;
    for (const out of fact.out) this.#refused(out, run);
    const probes = fact.items.map(
      (item): Probe => ({ ...unknown, verdict: item.known === "green" ? "green" : null }),
    );
    this.#draft.setRun({
      ...run,
      phase: "searching",
      items: fact.items.map(({ id, landing, tree }) => ({ id, landing, tree })),
      probes: [...run.probes, ...probes],
    });
    if (run.withdrawn.length > 0) {
      this.#abort("a member was withdrawn");
      return;
    }
    if (fact.items.length === 0) {
      this.#end([], "nothing to stack", {});
      return;
    }
    this.#search();
  }

  #refused(out: Extract<Fact, { t: "stacked" }>["out"][number], run: Run): void {
    if (run.withdrawn.includes(out.id)) return;
    switch (out.kind) {
      case "deferred":
        this.#draft.carry([out.id]);
        this.#draft.do({
          do: "release",
          ids: [out.id],
          because: `behind ${(out.behind ?? []).join(" ")}`.trim(),
        });
        return;
      case "missing":
        this.#draft.leaveQueue([out.id]);
        this.#draft.do({ do: "missing", id: out.id });
        return;
      default:
        this.#draft.leaveQueue([out.id]);
        this.#draft.do({ do: "conflict", id: out.id, kind: out.kind, files: out.files ?? [] });
        return;
    }
  }

  #gated(fact: Extract<Fact, { t: "gated" }>): void {
    const { run } = this.#draft.state;
    const probe = run?.probes[fact.prefix];
    if (run?.phase !== "searching" || probe === undefined) return;
    if (!probe.flying || probe.attempts !== fact.attempt) return;
    if (fact.verdict === "error") {
      this.#gateError(run, fact.prefix, fact.failed);
      return;
    }

    const isRerun = probe.verdict === "red";
    const reruns = probe.reruns + (isRerun ? 1 : 0);
    const after: Probe =
      fact.verdict === "green"
        ? { ...probe, flying: false, reruns, verdict: "green", confirmed: false, failed: [] }
        : {
            ...probe,
            flying: false,
            reruns,
            verdict: "red",
            confirmed: fact.isFinal ?? reruns >= this.#draft.state.policy.retryFlaky,
            failed: fact.failed,
          };
    this.#draft.setProbe(fact.prefix, after);
    this.#search();
  }

  #gateError(run: Run, prefix: number, because: readonly string[]): void {
    this.#draft.setProbe(prefix, { ...(run.probes[prefix] ?? unknown), flying: false });
    const delay = errorDelays[run.errors];
    if (delay !== undefined) {
      const at = this.#draft.state.now + delay;
      this.#draft.setRun({ ...(this.#draft.run ?? run), errors: run.errors + 1, retry: { prefix, at } });
      this.#draft.do({ do: "wake", at });
      return;
    }
    const errors = this.#draft.target(run.target).errors + 1;
    const members = run.items.slice(run.landed).map((item) => item.id);
    this.#chargeCrash(members);
    this.#draft.patchTarget(run.target, { errors });
    const reason = because.length > 0 ? `error: ${because.join(", ")}` : "error";
    this.#end(members, reason, {
      hold: { because: reason, ms: Math.min(15, 2 ** (errors - 1)) * minute },
      aborted: true,
    });
  }

  #pushed(upTo: number): void {
    const { run } = this.#draft.state;
    if (run == null || run.pushing === null || upTo > run.pushing || upTo <= run.landed) return;
    const expect = run.items[upTo - 1]?.landing ?? run.expect;
    this.#draft.setRun({ ...run, pushing: null });
    this.#landed(upTo, expect);
    const now = this.#draft.run;
    if (now?.withdrawn.some((id) => !isLanded(now, id))) this.#abort("a member was withdrawn");
    else this.#search();
  }

  #pushFailed(kind: Extract<Fact, { t: "pushFailed" }>["kind"]): void {
    const { run } = this.#draft.state;
    if (run == null || run.pushing === null) return;
    if (kind === "infra") {
      this.#draft.cancelFlights(run);
      this.#draft.setRun({ ...(this.#draft.run ?? run), pushing: null, phase: "arriving" });
      this.#draft.do({ do: "sync", target: run.target });
      return;
    }
    this.#draft.setRun({ ...run, pushing: null });
    if (kind === "moved") {
      const moves = this.#draft.target(run.target).moves + 1;
      this.#draft.patchTarget(run.target, { moves: moves % movesBeforeHold });
      this.#abort(
        "the target moved",
        moves < movesBeforeHold ? {} : { hold: { because: "target_moved", ms: holdMs.moved } },
      );
      return;
    }
    if (kind === "waiting") {
      this.#abort("a pull request is not ready");
      return;
    }
    const because = kind === "denied" ? "push_denied" : "origin_dirty";
    this.#abort(because, { hold: { because, ms: holdMs[kind] } });
  }

  /** The remote has been asked whether an interrupted push arrived. */
  #arrivalKnown(run: Run, onTarget: readonly string[]): void {
    const arrived = run.items.findLastIndex((item) => onTarget.includes(item.id)) + 1;
    if (arrived > run.landed) {
      const expect = run.items[arrived - 1]?.landing ?? run.expect;
      this.#draft.setRun({ ...run, phase: "searching" });
      this.#landed(arrived, expect);
      this.#abort("the push was interrupted");
      return;
    }
    this.#abort("the push was interrupted", { hold: { because: "push failed", ms: holdMs.infra } });
  }

  // --- the search ----------------------------------------------------------------------------------------------------

  #search(): void {
    const { run } = this.#draft.state;
    if (run?.phase !== "searching" || run.retry !== null) return;
    for (const prefix of pointless(run.probes)) this.#draft.cancel(prefix);
    const current = this.#draft.run;
    if (current === null) return;
    const move = nextMove(current, this.#draft.state.policy);
    switch (move.move) {
      case "wait":
        return;
      case "gate":
        for (const prefix of move.prefixes) this.#gate(prefix);
        return;
      case "confirm":
        this.#gate(move.prefix);
        return;
      case "land":
        this.#draft.setRun({ ...current, pushing: move.upTo });
        this.#draft.do({ do: "push", upTo: move.upTo, expect: current.expect });
        return;
      case "eject":
        this.#eject(current, move.prefix);
        return;
      case "baseRed":
        this.#baseRed(current);
        return;
      case "done":
        if (current.items.length === 0) this.#turnGreen(current.target);
        this.#end([], "done", {});
        return;
    }
  }

  /** Gates a prefix, or only its failed gates when it is red already. */
  #gate(prefix: number): void {
    const probe = this.#draft.run?.probes[prefix];
    if (probe === undefined) return;
    const attempt = probe.attempts + 1;
    this.#draft.setProbe(prefix, { ...probe, attempts: attempt, flying: true });
    const only = probe.verdict === "red" && probe.failed.length > 0 ? { only: probe.failed } : {};
    this.#draft.do({ do: "gate", prefix, attempt, ...only });
  }

  #eject(run: Run, prefix: number): void {
    const item = run.items[prefix - 1];
    if (item === undefined) return;
    this.#draft.leaveQueue([item.id]);
    this.#draft.decided(run.target, [true]);
    this.#draft.do({ do: "eject", id: item.id, greenPrefix: prefix - 1, redPrefix: prefix });
    const rest = run.items.slice(prefix).map((later) => later.id);
    this.#end(rest, `after ${item.id} was set aside`, {});
  }

  #baseRed(run: Run): void {
    const { now } = this.#draft.state;
    const before = this.#draft.target(run.target).red;
    const [first] = run.items;
    const triedBefore = before?.base === run.base ? before.tried : [];
    const red = {
      base: run.base,
      tried: first === undefined ? triedBefore : [...triedBefore, first.id],
      probeAt: run.purpose === "solo" && before !== undefined ? before.probeAt : now + probeRedMs,
      lookAt: now + lookAtRedMs,
    };
    this.#draft.patchTarget(run.target, { red });
    const failed = run.probes[0]?.failed ?? [];
    if (run.purpose !== "solo")
      this.#draft.do({ do: "targetRed", target: run.target, base: run.base, failed });
    this.#end(
      run.items.map((item) => item.id),
      "target_red",
      {},
    );
  }

  #landed(upTo: number, expect: string): void {
    const { run } = this.#draft.state;
    if (run === null) return;
    const ids = run.items.slice(run.landed, upTo).map((item) => item.id);
    this.#draft.setRun({ ...run, landed: upTo, expect });
    this.#draft.patchTarget(run.target, { moves: 0, errors: 0 });
    this.#draft.decided(
      run.target,
      ids.map(() => false),
    );
    this.#finalise(ids);
    if (this.#draft.target(run.target).red !== undefined) this.#turnGreen(run.target);
  }

  // --- ends ----------------------------------------------------------------------------------------------------------

  /** Ends a run without blame: everything that is not on the target goes back, or out if it was withdrawn. */
  #abort(because: string, options: { hold?: { because: string; ms: number } } = {}): void {
    const { run } = this.#draft.state;
    if (run === null) return;
    const waiting = run.items.slice(run.landed).map((item) => item.id);
    for (const id of run.withdrawn) if (!isLanded(run, id)) this.#draft.do({ do: "drop", id });
    this.#end(
      waiting.filter((id) => !run.withdrawn.includes(id)),
      because,
      { ...options, aborted: true },
    );
  }

  #end(
    released: readonly string[],
    because: string,
    options: { hold?: { because: string; ms: number }; aborted?: boolean },
  ): void {
    const { run } = this.#draft.state;
    if (run === null) return;
    this.#draft.cancelFlights(run);
    if (released.length > 0) {
      this.#draft.carry(released);
      this.#draft.do({ do: "release", ids: released, because });
    }
    if (options.hold !== undefined) this.#hold(run.target, options.hold.because, options.hold.ms);
    this.#draft.setRun(null);
    this.#draft.do({ do: "finish", target: run.target, aborted: options.aborted === true });
  }

  #hold(target: string, because: string, ms: number): void {
    const until = this.#draft.state.now + ms;
    this.#draft.patchTarget(target, { hold: { because, until } });
    this.#draft.do({ do: "hold", target, because, until });
  }

  /** A request that crashed three runs and was alone in the last one is taken for the reason (spec/05 §2.10). */
  #chargeCrash(members: readonly string[]): void {
    const alone = members.length === 1;
    for (const id of members) {
      const mr = this.#draft.state.queue.find((waiting) => waiting.id === id);
      if (mr === undefined) continue;
      if (alone && mr.crashes + 1 >= poisonCrashes) {
        this.#draft.leaveQueue([id]);
        this.#draft.do({ do: "quarantine", id, because: "crashes_runner" });
      } else this.#draft.replace({ ...mr, crashes: mr.crashes + 1 });
    }
  }

  #finalise(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#draft.leaveQueue(ids);
    // What was waited for is there.
    const queue = this.#draft.state.queue.map((mr) =>
      mr.dependsOn.some((id) => ids.includes(id))
        ? { ...mr, dependsOn: mr.dependsOn.filter((id) => !ids.includes(id)) }
        : mr,
    );
    this.#draft.state = { ...this.#draft.state, queue };
    this.#draft.do({ do: "finalise", ids });
  }

  #turnGreen(target: string): void {
    const { red: _over, ...rest } = this.#draft.target(target);
    this.#draft.setTarget(target, rest);
    this.#draft.do({ do: "targetGreen", target });
  }
}

function isLanded(run: Run, id: string): boolean {
  const position = run.items.findIndex((item) => item.id === id);
  return position >= 0 && position < run.landed;
}
