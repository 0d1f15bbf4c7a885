import { setTimeout as pause } from "node:timers/promises";
import { watchLedger } from "../../core/ledger/watch-ledger.ts";
import { step } from "../../core/merge/merge.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";
import { type Command, emptyQueue, type Fact, type QueueState } from "../../core/merge/queue-state.ts";
import { Bell } from "./bell.ts";
import { claimBatch, stackBatch } from "./claim-batch.ts";
import { closeWithdrawn, release } from "./end-request.ts";
import { finalise, type Landing, observe } from "./finalise.ts";
import { GateFlights } from "./gate-flights.ts";
import { isConflict, lookAgain } from "./look-again.ts";
import { alreadyLanded, lookAtTarget, reportMissing } from "./look-at-target.ts";
import { endWithoutRun, newsFor, type Observation, observeQueue } from "./observe-queue.ts";
import { PullRequestRun } from "./pull-request-run.ts";
import { expectGreen, pushPrefix } from "./push-prefix.ts";
import type { TargetPlace } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import { type QueueReport, QueueTally } from "./queue-report.ts";
import { deleteRunRefs } from "./recover-runs.ts";
import { retarget } from "./retarget.ts";
import { RunWriter } from "./run-writer.ts";
import { saveTargets } from "./save-targets.ts";
import { mayRun } from "./may-run.ts";
import { quarantine, setCulpritAside, setMissingAside } from "./set-aside.ts";
import { setConflictAside } from "./set-conflict-aside.ts";
import { reportTargetGreen, reportTargetRed } from "./target-health.ts";
import { tellBisect } from "./tell-bisect.ts";

export interface DriveOptions {
  readonly signal: AbortSignal;
  /** Waits for a batch to fill, or a hold to end, for at most this long before it returns. */
  readonly patienceMs: number;
  /** At most one run. */
  readonly once?: "once";
  readonly target?: string;
  /** Worktrees in which this driver's gates run. */
  readonly slots: readonly number[];
  readonly byHand?: "by-hand";
}

const heartbeatMs = 10_000;
const conflictRetries = 5;

/**
 * Drives a rig's queue: feeds facts to the pure machine of core/merge and carries out its commands, one after the other,
 * while gates run beside it (spec/05 §2.2). The caller holds the rig's refinery lock and has recovered abandoned runs.
 */
export class QueueDriver {
  readonly #context: QueueContext;
  readonly #options: DriveOptions;
  #facts: Fact[] = [];
  readonly #flights: GateFlights;
  /** Requests that were found on the target, with their commits. */
  readonly #landedAs = new Map<string, string>();
  #pullRequests: PullRequestRun;
  readonly #counts = new QueueTally();
  readonly #bell = new Bell();
  #state: QueueState;
  #observation: Observation = { requests: [], inputs: [], targets: new Map() };
  #place: TargetPlace | undefined;
  #writer: RunWriter | undefined;
  #wakeAt: number | undefined;
  #isClosing = false;
  #ledgerChanged = false;

  constructor(context: QueueContext, options: DriveOptions) {
    this.#context = context;
    this.#options = options;
    const { policy } = context.settings;
    const probes = Math.min(policy.probes, options.slots.length);
    this.#state = emptyQueue({ ...policy, probes }, context.access.clock.now());
    this.#pullRequests = new PullRequestRun(context);
    this.#flights = new GateFlights(context, options.slots, (fact, run) => {
      // A gate that was cancelled may end when the next run has a prefix of the same number.
      if (run === this.#writer) this.#facts.push(fact);
      this.#bell.ring();
    });
  }

  async drive(): Promise<QueueReport> {
    const watch = watchLedger(this.#context.access.ledger, () => {
      this.#ledgerChanged = true;
      this.#bell.ring();
    });
    const onAbort = () => this.#bell.ring();
    this.#options.signal.addEventListener("abort", onAbort);
    const heartbeat = setInterval(() => void this.#beat(), heartbeatMs);
    try {
      await this.#look();
      this.#state = { ...this.#state, targets: Object.fromEntries(this.#observation.targets) };
      this.#facts.push({ t: "clock", now: this.#now });
      while (await this.#turn());
      return this.#counts.report(this.#observation.inputs.length, this.#wakeAt);
    } finally {
      clearInterval(heartbeat);
      this.#options.signal.removeEventListener("abort", onAbort);
      await this.#flights.end();
      await watch.close();
    }
  }

  get #now(): number {
    return this.#context.access.clock.now();
  }

  /** One fact, or one wait for the next; false when there is nothing left to do. */
  async #turn(): Promise<boolean> {
    if (this.#options.signal.aborted && !this.#isClosing) {
      this.#isClosing = true;
      this.#facts.push({ t: "stopped" });
    }
    const fact = this.#facts.shift();
    if (fact !== undefined) {
      await this.#take({ t: "clock", now: this.#now });
      await this.#take(fact);
      return true;
    }
    const isIdle = this.#state.run === null && this.#flights.isEmpty;
    if (isIdle && (this.#isClosing || !this.#isWorthWaiting())) return false;
    await this.#wait();
    const isTime = this.#wakeAt !== undefined && this.#wakeAt <= this.#now;
    if (this.#ledgerChanged || isTime) await this.#look();
    if (isTime) {
      this.#wakeAt = undefined;
      this.#facts.push({ t: "clock", now: this.#now });
    }
    return true;
  }

  #isWorthWaiting(): boolean {
    if (this.#options.once !== undefined && this.#counts.runs > 0) return false;
    const holds = this.#observation.requests.flatMap(({ mr }) => mr.holdUntil ?? []);
    const soonest = Math.min(...holds.filter((until) => until > this.#now));
    if (Number.isFinite(soonest)) this.#wakeAt = Math.min(this.#wakeAt ?? soonest, soonest);
    return this.#wakeAt !== undefined && this.#wakeAt - this.#now <= this.#options.patienceMs;
  }

  /** Until a gate ends, somebody writes to the ledger, the time has come or we shall stop. */
  async #wait(): Promise<void> {
    if (this.#facts.length > 0 || this.#ledgerChanged) return;
    if (this.#options.signal.aborted && !this.#isClosing) return;
    await this.#bell.heard(this.#wakeAt === undefined ? undefined : Math.max(0, this.#wakeAt - this.#now));
  }

  /** Reads the queue from the ledger and turns what is new into facts. */
  async #look(): Promise<void> {
    this.#ledgerChanged = false;
    await this.#obeySwitch();
    this.#observation = await observeQueue(this.#context, this.#scope());
    this.#facts.push(...newsFor(this.#state, this.#observation));
  }

  /** `gt refinery stop`, parking the rig and an emergency stop end the run before any further push. */
  async #obeySwitch(): Promise<void> {
    if (this.#isClosing || (await mayRun(this.#context, this.#options))) return;
    this.#isClosing = true;
    this.#facts.push({ t: "stopped" });
  }

  #scope(): { readonly target?: string } {
    return this.#options.target === undefined ? {} : { target: this.#options.target };
  }

  async #take(fact: Fact): Promise<void> {
    const before = this.#state;
    const { state, commands } = step(before, fact);
    this.#state = state;
    for (const command of commands) await this.#execute(command);
    await saveTargets(this.#context, before.targets, state.targets, this.#observation);
  }

  async #execute(command: Command): Promise<void> {
    switch (command.do) {
      case "sync":
        return this.#sync(command.target);
      case "stack":
        return this.#stack(command);
      case "gate":
        return this.#gate(command);
      case "cancel":
        return this.#flights.cancel(command.prefix);
      case "push":
        return this.#push(command.upTo, command.expect);
      case "finalise":
        return this.#finalise(command.ids);
      case "eject": {
        const { run } = this.#expectWriter();
        await lookAgain(() => setCulpritAside(this.#context, command, run));
        this.#counts.ejected.push(command.id);
        return this.#note((before) => ({ ...before, ejected: [...before.ejected, command.id] }));
      }
      case "conflict": {
        const outcome = await lookAgain(() =>
          setConflictAside(this.#context, command, this.#expectWriter().run.base),
        );
        if (outcome === "quarantined") this.#counts.quarantined.push(command.id);
        else if (outcome !== "gone") this.#counts.conflicts.push(command.id);
        return;
      }
      case "missing":
        this.#counts.quarantined.push(command.id);
        return lookAgain(() => setMissingAside(this.#context, command.id));
      case "quarantine":
        this.#counts.quarantined.push(command.id);
        return lookAgain(() =>
          quarantine(this.#context, command.id, command.because, "three runs with it ended in an error"),
        );
      case "release":
        return this.#release(command.ids, command.because);
      case "drop":
        await this.#release([command.id], "withdrawn");
        return lookAgain(() => closeWithdrawn(this.#context, command.id));
      case "targetRed":
        return reportTargetRed(this.#context, command.target, command.base, command.failed);
      case "targetGreen":
        return reportTargetGreen(this.#context, command.target);
      case "hold":
        this.#context.tell(`⏸ ${command.target} is held: ${command.because}`);
        return;
      case "finish":
        return this.#finish(command.aborted);
      case "wake":
        this.#wakeAt = Math.min(this.#wakeAt ?? command.at, command.at);
        return;
    }
  }

  async #sync(target: string): Promise<void> {
    const isRunning = this.#writer !== undefined;
    if (!isRunning && (this.#isClosing || (this.#options.once !== undefined && this.#counts.runs > 0))) {
      // The machine has more to do, but we have not.
      this.#isClosing = true;
      this.#state = { ...this.#state, run: null };
      return;
    }
    const found = await lookAtTarget(this.#context, target, (ms) => this.#rest(ms));
    if (found.sight === "unreachable") {
      this.#facts.push(found.fact);
      return;
    }
    if (found.sight === "missing") {
      const isRetargeted = await retarget(this.#context, target, this.#observation.requests);
      await this.#look();
      this.#facts.push(
        isRetargeted
          ? { t: "syncFailed", target, because: "retargeted", retryMs: 0 }
          : await reportMissing(this.#context, target),
      );
      return;
    }
    this.#place = found.place;
    await this.#look();
    if ((await endWithoutRun(this.#context, this.#observation.requests)).length > 0) await this.#look();
    const requests = this.#observation.requests.filter((request) => request.target === target);
    const landed = await alreadyLanded(
      this.#context,
      found.base,
      requests.map((request) => request.mr),
    );
    for (const [id, commit] of landed) this.#landedAs.set(id, commit);
    const waiting = new Set(this.#observation.inputs.map((input) => input.id));
    const { run } = this.#state;
    // The machine knows only those that might run; the others end here.
    await this.#finalise([...landed.keys()].filter((id) => !waiting.has(id) && !run?.ids.includes(id)));
    this.#facts.push({
      t: "synced",
      target,
      base: found.base,
      landed: [...landed.keys()],
      baseGreen: found.isGreen,
    });
  }

  async #stack(command: Extract<Command, { readonly do: "stack" }>): Promise<void> {
    const { access, actor } = this.#context;
    const { target, base } = command;
    for (let attempt = 1; ; attempt++) {
      const byId = new Map(this.#observation.requests.map((request) => [request.mr.id, request]));
      const members = command.ids.flatMap((id) => byId.get(id) ?? []);
      const isWhole =
        members.length === command.ids.length && members.every(({ mr }) => mr.status === "open");
      if (!isWhole) break;
      try {
        const id = this.#newRunId();
        const record = await claimBatch(this.#context, { id, target, base }, members);
        this.#writer = new RunWriter(access.ledger, actor, record);
        this.#context.tell(`⚙ ${id}: ${members.length} on ${target}@${base.slice(0, 8)}`);
        const { items, out } = await stackBatch(this.#context, this.#writer, members);
        this.#facts.push({ t: "stacked", items, out });
        return;
      } catch (error) {
        if (!isConflict(error) || this.#writer !== undefined || attempt >= conflictRetries) throw error;
        this.#observation = await observeQueue(this.#context, this.#scope());
      }
    }
    // Somebody was faster: nobody was claimed, and the queue is looked at again.
    const open = new Set(this.#observation.inputs.map((input) => input.id));
    for (const id of command.ids) if (!open.has(id)) this.#facts.push({ t: "withdrawn", id });
    this.#facts.push({ t: "stacked", items: [], out: [] });
  }

  async #gate(command: Extract<Command, { readonly do: "gate" }>): Promise<void> {
    const writer = this.#writer ?? (await this.#beginBaseRun());
    if (command.prefix > 0 && command.attempt === 1) this.#counts.gateRuns++;
    if (this.#state.run !== null) await tellBisect(this.#context, writer, this.#state.run, command.prefix);
    this.#flights.start(writer, command);
  }

  /** A red target's base is gated alone: a run without members. */
  async #beginBaseRun(): Promise<RunWriter> {
    const { run } = this.#state;
    if (run === null) throw new Error("a gate without a run");
    const { target, base } = run;
    const record = await claimBatch(this.#context, { id: this.#newRunId(), target, base }, []);
    this.#writer = new RunWriter(this.#context.access.ledger, this.#context.actor, record);
    return this.#writer;
  }

  #newRunId(): string {
    return `mqr-${Buffer.from(this.#context.access.random.bytes(4)).toString("hex")}`;
  }

  async #push(upTo: number, expect: string): Promise<void> {
    const writer = this.#expectWriter();
    const place = this.#place;
    if (place === undefined) throw new Error("a push without a target");
    if (this.#isClosing || this.#options.signal.aborted) {
      // Told to stop: the run ends before any further push.
      this.#facts.push({ t: "pushFailed", kind: "waiting" });
      return;
    }
    await expectGreen(this.#context, writer, upTo);
    if (writer.run.strategy === "mr") {
      const rest = (ms: number) => this.#rest(ms);
      const fact = await pushPrefix(this.#context, writer, place, { upTo, expect }, rest);
      // Who was taken back is a fact of its own, which comes before.
      if (fact.t === "pushFailed" && fact.kind === "withdrawn") await this.#look();
      this.#facts.push(fact);
      return;
    }
    if (this.#ledgerChanged) await this.#look();
    const position = this.#state.run?.landed ?? 0;
    const item = writer.run.items[position];
    const request = this.#observation.requests.find((each) => each.mr.id === item?.id);
    if (item === undefined || request === undefined) throw new Error("a pull request without a request");
    if (request.mr.withdrawn !== undefined) {
      this.#facts.push({ t: "pushFailed", kind: "withdrawn" });
      return;
    }
    this.#facts.push(...(await this.#pullRequests.land(request, item, position, place)));
  }

  async #finalise(ids: readonly string[]): Promise<void> {
    const landings = new Map(
      ids.flatMap((id) => {
        const landing = this.#landingOf(id);
        return landing === undefined ? [] : [[id, landing] as const];
      }),
    );
    if (landings.size === 0) return;
    await finalise(this.#context, landings);
    this.#counts.merged.push(...landings.keys());
    await this.#note((before) => ({ ...before, landed: [...before.landed, ...landings.keys()] }));
  }

  #landingOf(id: string): Landing | undefined {
    const writer = this.#writer;
    const item = writer?.run.items.find((each) => each.id === id);
    const pullRequest = this.#pullRequests.mergedAs.get(id);
    if (pullRequest !== undefined && writer !== undefined)
      return { ...pullRequest, target: writer.run.target, run: writer.run.id };
    if (item !== undefined && writer !== undefined)
      return { commit: item.landing, target: writer.run.target, by: "queue", run: writer.run.id };
    const commit = this.#landedAs.get(id);
    const target = this.#place?.target;
    return commit === undefined || target === undefined ? undefined : { commit, target, by: "external" };
  }

  async #release(ids: readonly string[], because: string): Promise<void> {
    // A claim that was lost has claimed nobody.
    const run = this.#writer?.run;
    if (run === undefined) return;
    const crashes = because.startsWith("error") ? { crashes: (mr: MergeRequest) => mr.crashes + 1 } : {};
    const options = { ...crashes, holds: this.#pullRequests.holds };
    await lookAgain(() => release(this.#context, ids, run.id, because, options));
    if (!because.startsWith("behind ")) return;
    for (const id of ids) {
      const mr = this.#observation.requests.find((request) => request.mr.id === id)?.mr;
      await observe(this.#context, "merge_skipped", {
        mr: id,
        branch: mr?.branch ?? "",
        worker: mr?.worker ?? "",
        reason: because,
      });
    }
  }

  async #finish(aborted: boolean): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    await deleteRunRefs(this.#context.rig.repository, writer.run.id);
    await writer.update((before) => ({
      ...before,
      state: aborted ? "aborted" : "done",
      endedAt: this.#now,
    }));
    this.#counts.runs++;
    this.#writer = undefined;
    this.#facts = this.#facts.filter((fact) => fact.t !== "gated");
    this.#landedAs.clear();
    this.#counts.ejected.push(...this.#pullRequests.failed);
    this.#counts.quarantined.push(...this.#pullRequests.closed);
    this.#pullRequests = new PullRequestRun(this.#context);
    await this.#look();
    const { run } = writer;
    await observe(this.#context, "queue_processed", {
      batch: run.id,
      merged: run.landed.length,
      failed: run.ejected.length,
      waiting: this.#observation.inputs.length,
    });
  }

  #note(change: Parameters<RunWriter["update"]>[0]): Promise<void> {
    return this.#writer?.update(change) ?? Promise.resolve();
  }

  #expectWriter(): RunWriter {
    if (this.#writer === undefined) throw new Error("no run is on record");
    return this.#writer;
  }

  async #beat(): Promise<void> {
    // A heartbeat that cannot be written must not end the run; the next step will say what is wrong.
    await this.#note((before) => ({ ...before, heartbeat: this.#now })).catch(() => {});
  }

  async #rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#options.signal }).catch(() => {});
  }
}
