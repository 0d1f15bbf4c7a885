import { setTimeout as pause } from "node:timers/promises";
import { crashPoint } from "../../core/crash-point.ts";
import { runGit } from "../../core/git/git.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { watchLedger } from "../../core/ledger/watch-ledger.ts";
import { step } from "../../core/merge/merge.ts";
import { type Command, emptyQueue, type Fact, type QueueState } from "../../core/merge/queue-state.ts";
import { refinerySwitch, runsByItself } from "../../core/merge/refinery-switch.ts";
import type { WaitingRequest } from "../../core/merge/open-requests.ts";
import type { LandingCommit } from "../../core/merge/run-record.ts";
import { bounds } from "../../core/merge/search.ts";
import { GtError } from "../../core/gt-error.ts";
import { putTarget, type TargetRecord } from "../../core/merge/target-record.ts";
import { claimBatch, stackBatch } from "./claim-batch.ts";
import { escalation } from "./escalate.ts";
import { finalise, type Landing, observe } from "./finalise.ts";
import { endWithoutRun, newsFor, type Observation, observeQueue } from "./observe-queue.ts";
import { probePrefix } from "./probe-prefix.ts";
import { hasOrigin, placeOf, pushTarget, type TargetPlace, targetCommit } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import { askOverseer, settleQuestion } from "./ask-overseer.ts";
import { landPullRequest, mergedPullRequests, type PullRequestOutcome } from "./land-pull-request.ts";
import { isConflict, lookAgain } from "./look-again.ts";
import { findLanded } from "./reconcile.ts";
import { deleteRunRefs } from "./recover-runs.ts";
import { RunWriter } from "./run-writer.ts";
import {
  closeWithdrawn,
  quarantine,
  release,
  setConflictAside,
  setCulpritAside,
  setFailureAside,
  setMissingAside,
} from "./set-aside.ts";
import { retarget } from "./retarget.ts";
import { reportTargetGreen, reportTargetRed } from "./target-health.ts";
import { gatePermits } from "./gate-permits.ts";
import { isKnownGreen } from "./verdict-store.ts";

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

/** What one call of the queue did. */
export interface QueueReport {
  readonly merged: readonly string[];
  /** Culprits that were set aside. */
  readonly ejected: readonly string[];
  readonly conflicts: readonly string[];
  readonly quarantined: readonly string[];
  readonly runs: number;
  readonly gateRuns: number;
  /** Open requests that may still run. */
  readonly waiting: number;
  /** When to look again even if nothing happens; milliseconds since the epoch. */
  readonly wakeAt?: number;
}

const fetchAttempts = 3;
const fetchHoldMs = 60_000;
const missingTargetMs = 15 * 60_000;
const heartbeatMs = 10_000;
const refusedHoldMs = 5 * 60_000;
const conflictRetries = 5;

/**
 * Drives a rig's queue: feeds facts to the pure machine of core/merge and carries out its commands, one after the other,
 * while gates run beside it (spec/05 §2.2). The caller holds the rig's refinery lock and has recovered abandoned runs.
 */
export class QueueDriver {
  readonly #context: QueueContext;
  readonly #options: DriveOptions;
  readonly #facts: Fact[] = [];
  readonly #flights = new Map<string, AbortController>();
  /** Gates that run or are being ended. */
  readonly #ending = new Set<Promise<void>>();
  readonly #freeSlots: number[];
  readonly #landedAs = new Map<string, string>();
  /** Pull requests that were merged in this run. */
  readonly #mergedAs = new Map<string, { readonly commit: string; readonly by: "queue" | "pr" }>();
  readonly #holds = new Map<string, { readonly reason: string; readonly until: number }>();
  /** Somebody else merged in between: the target is not what was gated. */
  #hasDrifted = false;
  readonly #counts = {
    merged: [] as string[],
    ejected: [] as string[],
    conflicts: [] as string[],
    quarantined: [] as string[],
    runs: 0,
    gateRuns: 0,
  };
  #state: QueueState;
  #observation: Observation = { requests: [], inputs: [], targets: new Map() };
  #place: TargetPlace | undefined;
  #writer: RunWriter | undefined;
  #wakeAt: number | undefined;
  #isClosing = false;
  #ledgerChanged = false;
  #notify: () => void = () => {};

  constructor(context: QueueContext, options: DriveOptions) {
    this.#context = context;
    this.#options = options;
    const { policy } = context.settings;
    const probes = Math.min(policy.probes, options.slots.length);
    this.#state = emptyQueue({ ...policy, probes }, context.access.clock.now());
    this.#freeSlots = [...options.slots];
  }

  async drive(): Promise<QueueReport> {
    const watch = watchLedger(this.#context.access.ledger, () => {
      this.#ledgerChanged = true;
      this.#notify();
    });
    const onAbort = () => this.#notify();
    this.#options.signal.addEventListener("abort", onAbort);
    const heartbeat = setInterval(() => void this.#beat(), heartbeatMs);
    try {
      await this.#look();
      this.#state = { ...this.#state, targets: Object.fromEntries(this.#observation.targets) };
      this.#facts.push({ t: "clock", now: this.#now });
      while (await this.#turn());
      return this.#report();
    } finally {
      clearInterval(heartbeat);
      this.#options.signal.removeEventListener("abort", onAbort);
      for (const flight of this.#flights.values()) flight.abort();
      await Promise.allSettled(this.#ending);
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
    const isIdle = this.#state.run === null && this.#flights.size === 0;
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
    await new Promise<void>((resolve) => {
      const ms = this.#wakeAt === undefined ? undefined : Math.max(0, this.#wakeAt - this.#now);
      const timer = ms === undefined ? undefined : setTimeout(resolve, Math.min(ms, 2 ** 31 - 1));
      this.#notify = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#options.signal.aborted && !this.#isClosing) this.#notify();
    });
    this.#notify = () => {};
  }

  /** Reads the queue from the ledger and turns what is new into facts. */
  async #look(): Promise<void> {
    this.#ledgerChanged = false;
    await this.#obeySwitch();
    this.#observation = await observeQueue(this.#context, this.#scope());
    this.#facts.push(...newsFor(this.#state, this.#observation));
  }

  /** `gt refinery stop` ends the run before any further push. */
  async #obeySwitch(): Promise<void> {
    const { access, rig } = this.#context;
    if (this.#isClosing || this.#options.byHand !== undefined) return;
    if (runsByItself(await refinerySwitch(access.ledger, rig.name))) return;
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
    await this.#saveTargets(before);
  }

  async #saveTargets(before: QueueState): Promise<void> {
    const { rig, actor, access } = this.#context;
    const changed = Object.entries(this.#state.targets).filter(
      ([target, value]) => before.targets[target] !== value,
    );
    if (changed.length === 0) return;
    await access.ledger.write(
      actor,
      changed.map(([target, value]) => {
        const paused = this.#observation.targets.get(target)?.paused;
        const record: TargetRecord = { ...value, ...(paused === undefined ? {} : { paused }) };
        return putTarget(rig.name, target, record);
      }),
    );
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
        for (const [key, flight] of this.#flights) if (key.startsWith(`${command.prefix}.`)) flight.abort();
        return;
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

  // --- looking at the target ------------------------------------------------------------------------------------------

  async #sync(target: string): Promise<void> {
    const isRunning = this.#writer !== undefined;
    if (!isRunning && (this.#isClosing || (this.#options.once !== undefined && this.#counts.runs > 0))) {
      // The machine has more to do, but we have not.
      this.#isClosing = true;
      this.#state = { ...this.#state, run: null };
      return;
    }
    const { rig, settings, access, actor } = this.#context;
    const failure = await this.#fetch();
    if (failure !== undefined) {
      await access.ledger.write(actor, [
        {
          op: "event",
          event: { type: "fetch_failed", payload: { target, reason: failure, rig: rig.name } },
        },
        ...(await escalation(this.#context, {
          severity: "medium",
          topic: "fetch_failed",
          title: `Cannot fetch from the origin of ${rig.name}`,
          reason: failure,
        })),
      ]);
      this.#facts.push({ t: "syncFailed", target, because: "fetch_failed", retryMs: fetchHoldMs });
      return;
    }
    this.#place = await placeOf(rig, target, settings);
    const base = await targetCommit(rig, this.#place);
    if (base === undefined) {
      if (await retarget(this.#context, target, this.#observation.requests)) {
        await this.#look();
        this.#facts.push({ t: "syncFailed", target, because: "retargeted", retryMs: 0 });
        return;
      }
      await access.ledger.write(
        actor,
        await escalation(this.#context, {
          severity: "medium",
          topic: `target_missing:${target}`,
          title: `Merge requests of ${rig.name} want to reach ${target}, which does not exist`,
          reason: `gt mq list ${rig.name} --target ${target}`,
        }),
      );
      this.#facts.push({ t: "syncFailed", target, because: "target_missing", retryMs: missingTargetMs });
      return;
    }
    await this.#look();
    await endWithoutRun(this.#context, this.#observation.requests);
    await this.#look();
    const requests = this.#observation.requests.filter((request) => request.target === target);
    const open = requests.map((request) => request.mr);
    const landed = new Map([
      ...(await findLanded(rig.repository, base, open)),
      ...(await mergedPullRequests(this.#context, open)),
    ]);
    const waiting = new Set(this.#observation.inputs.map((input) => input.id));
    const elsewhere: string[] = [];
    for (const [id, commit] of landed) {
      this.#landedAs.set(id, commit);
      const isOurs = waiting.has(id) || this.#state.run?.ids.includes(id) === true;
      if (!isOurs) elsewhere.push(id);
    }
    await this.#finalise(elsewhere);
    const tree = await runGit(rig.repository, ["rev-parse", "--verify", `${base}^{tree}`]);
    const baseGreen =
      settings.gates.length === 0 ||
      (await isKnownGreen(access.ledger, rig.name, settings.gateset, tree, this.#now));
    this.#facts.push({ t: "synced", target, base, landed: [...landed.keys()], baseGreen });
  }

  /** Undefined when all is well, else what the last attempt complained about. */
  async #fetch(): Promise<string | undefined> {
    const { repository } = this.#context.rig;
    if (!(await hasOrigin(repository))) return undefined;
    let complaint = "";
    for (let attempt = 1; attempt <= fetchAttempts; attempt++) {
      try {
        await fetchOrigin(repository, { timeoutMs: 120_000 });
        return undefined;
      } catch (error) {
        complaint = error instanceof Error ? error.message : String(error);
        if (attempt < fetchAttempts) await this.#rest(attempt * 1000);
      }
    }
    return complaint;
  }

  // --- a run ----------------------------------------------------------------------------------------------------------

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
        const id = `mqr-${Buffer.from(access.random.bytes(4)).toString("hex")}`;
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
    const writer = this.#expectWriter();
    const controller = new AbortController();
    const key = `${command.prefix}.${command.attempt}`;
    this.#flights.set(key, controller);
    if (command.prefix > 0 && command.attempt === 1) this.#counts.gateRuns++;
    await this.#tellBisect(writer, command.prefix);
    const flight = this.#fly(writer, command, controller.signal)
      .catch(
        (error: unknown): Fact => ({
          t: "gated",
          prefix: command.prefix,
          attempt: command.attempt,
          verdict: "error",
          failed: [error instanceof Error ? error.message : String(error)],
        }),
      )
      .then((fact) => {
        this.#flights.delete(key);
        if (fact.t === "gated" && fact.verdict === "error" && !controller.signal.aborted)
          this.#context.tell(`  prefix ${command.prefix} could not be gated: ${fact.failed.join("; ")}`);
        this.#ending.delete(flight);
        this.#facts.push(fact);
        this.#notify();
      });
    this.#ending.add(flight);
  }

  async #fly(
    writer: RunWriter,
    command: Extract<Command, { readonly do: "gate" }>,
    signal: AbortSignal,
  ): Promise<Fact> {
    const permit = await gatePermits(this.#context.access.town).take(signal);
    const slot = await this.#takeSlot(signal);
    try {
      const { prefix, attempt, only } = command;
      return await probePrefix(this.#context, writer, {
        prefix,
        attempt,
        slot,
        signal,
        ...(only === undefined ? {} : { only }),
      });
    } finally {
      this.#freeSlots.push(slot);
      permit.release();
    }
  }

  async #takeSlot(signal: AbortSignal): Promise<number> {
    for (;;) {
      const slot = this.#freeSlots.shift();
      if (slot !== undefined) return slot;
      // A cancelled gate is still ending in it.
      await pause(50, undefined, { signal }).catch(() => {
        throw new Error("cancelled");
      });
    }
  }

  async #tellBisect(writer: RunWriter, prefix: number): Promise<void> {
    const { run } = this.#state;
    if (run === null || prefix === 0) return;
    const { lo, hi } = bounds(run.probes);
    if (hi === undefined || prefix >= hi) return;
    const { ledger } = this.#context.access;
    await ledger.write(this.#context.actor, [
      {
        op: "event",
        event: {
          type: "batch_bisect",
          payload: {
            batch: writer.run.id,
            lo,
            hi,
            prefix,
            left: prefix - lo,
            right: hi - prefix,
            depth: writer.run.gateRuns,
            rig: this.#context.rig.name,
          },
        },
      },
    ]);
  }

  async #push(upTo: number, expect: string): Promise<void> {
    const writer = this.#expectWriter();
    const { rig, settings, access, actor } = this.#context;
    const item = writer.run.items[upTo - 1];
    const place = this.#place;
    if (item === undefined || place === undefined) throw new Error("a push without a stack");
    // G1: nothing untested is ever pushed, whatever the search believes.
    const isGreen =
      settings.gates.length === 0 ||
      (await isKnownGreen(access.ledger, rig.name, settings.gateset, item.tree, this.#now));
    if (!isGreen) throw new Error(`prefix ${upTo} of ${writer.run.id} has no green verdict`);

    if (writer.run.strategy === "pr") return this.#landPullRequest(writer, place);
    await writer.update((before) => ({ ...before, state: "pushing", expect, pushedUpTo: upTo }));
    crashPoint("mq.push.intent");
    const result = await pushTarget(rig, place, expect, item.landing, (ms) => this.#rest(ms));
    const target = writer.run.target;
    switch (result.result) {
      case "pushed":
        crashPoint("mq.pushed");
        await writer.update((before) => ({ ...before, state: "pushed", expect: item.landing }));
        await settleQuestion(this.#context, `origin_dirty:${target}`);
        this.#facts.push({ t: "pushed", upTo });
        return;
      case "moved":
        await observe(this.#context, "target_moved", { target, reason: result.reason });
        this.#facts.push({ t: "pushFailed", kind: "moved" });
        return;
      case "denied":
        await access.ledger.write(actor, [
          {
            op: "event",
            event: { type: "push_denied", payload: { target, reason: result.reason, rig: rig.name } },
          },
          ...(await escalation(this.#context, {
            severity: "high",
            topic: `push_denied:${target}`,
            title: `Pushing to ${target} of ${rig.name} is denied`,
            reason: `${result.reason}\nIf the branch is protected: gt rig settings set ${rig.name} merge_queue.merge_strategy pr; then gt mq resume ${rig.name}`,
          })),
        ]);
        this.#facts.push({ t: "pushFailed", kind: "denied" });
        return;
      case "checkout":
        await askOverseer(this.#context, {
          topic: `origin_dirty:${target}`,
          title: `${place.checkout ?? rig.pushUrl} has uncommitted changes: ${rig.name} waits`,
          text: `Commit or stash in ${place.checkout ?? rig.pushUrl}; the queue continues by itself.`,
          event: { type: "origin_dirty", payload: { target, reason: result.reason, rig: rig.name } },
        });
        this.#facts.push({ t: "pushFailed", kind: "dirty" });
        return;
      case "unreachable":
        this.#facts.push({ t: "pushFailed", kind: "infra" });
        return;
    }
  }

  /** One pull request at a time: the machine asks again for the rest (spec/05 §3.3). */
  async #landPullRequest(writer: RunWriter, place: TargetPlace): Promise<void> {
    const position = this.#state.run?.landed ?? 0;
    const item = writer.run.items[position];
    const request = this.#observation.requests.find((each) => each.mr.id === item?.id);
    if (item === undefined || request === undefined) throw new Error("a pull request without a request");
    if (this.#hasDrifted) {
      this.#facts.push({ t: "pushFailed", kind: "moved" });
      return;
    }
    const outcome = await this.#tryPullRequest(request, item, place);
    switch (outcome.outcome) {
      case "merged":
        this.#hasDrifted = !outcome.isExact;
        this.#mergedAs.set(item.id, { commit: outcome.commit, by: outcome.by });
        this.#facts.push({ t: "pushed", upTo: position + 1 });
        return;
      case "waiting":
        this.#holds.set(item.id, outcome);
        this.#facts.push({ t: "pushFailed", kind: "waiting" });
        return;
      case "failed":
        await lookAgain(() => setFailureAside(this.#context, item.id, outcome));
        this.#counts.ejected.push(item.id);
        this.#facts.push({ t: "withdrawn", id: item.id }, { t: "pushFailed", kind: "waiting" });
        return;
      case "closed":
        await lookAgain(() => quarantine(this.#context, item.id, "pr_closed", "its pull request was closed"));
        this.#counts.quarantined.push(item.id);
        this.#facts.push({ t: "withdrawn", id: item.id }, { t: "pushFailed", kind: "waiting" });
        return;
      case "refused":
        this.#context.tell(`⚠ ${item.id}: ${outcome.text}`);
        this.#holds.set(item.id, { reason: "awaiting_checks", until: this.#now + refusedHoldMs });
        this.#facts.push({ t: "pushFailed", kind: "waiting" });
        return;
    }
  }

  async #tryPullRequest(
    request: WaitingRequest,
    item: LandingCommit,
    place: TargetPlace,
  ): Promise<PullRequestOutcome> {
    try {
      return await landPullRequest(this.#context, request, item, place);
    } catch (error) {
      if (!(error instanceof GtError) || error.code !== "E_GH") throw error;
      const { access, actor, rig } = this.#context;
      await access.ledger.write(
        actor,
        await escalation(this.#context, {
          severity: "medium",
          topic: "gh_unavailable",
          title: `Pull requests of ${rig.name} cannot be handled: gh is not usable`,
          reason: [error.message, ...error.why, error.hint ?? ""].join("\n"),
        }),
      );
      return { outcome: "refused", text: `gh unavailable: ${error.message}` };
    }
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
    const pullRequest = this.#mergedAs.get(id);
    if (pullRequest !== undefined && writer !== undefined)
      return { ...pullRequest, target: writer.run.target, run: writer.run.id };
    if (item !== undefined && writer !== undefined)
      return { commit: item.landing, target: writer.run.target, by: "queue", run: writer.run.id };
    const commit = this.#landedAs.get(id);
    const target = this.#place?.target;
    return commit === undefined || target === undefined ? undefined : { commit, target, by: "external" };
  }

  async #release(ids: readonly string[], because: string): Promise<void> {
    const { run } = this.#expectWriter();
    const crashed = because.startsWith("error") ? { crashed: "crashed" as const } : {};
    const options = { ...crashed, holds: this.#holds };
    await lookAgain(() => release(this.#context, ids, run.id, because, options));
    if (because.startsWith("behind "))
      for (const id of ids) {
        const mr = this.#observation.requests.find((request) => request.mr.id === id)?.mr;
        await observe(this.#context, "merge_skipped", {
          mr: id,
          branch: mr?.branch ?? "",
          worker: mr?.worker ?? "",
          reason: because,
        });
      }
    this.#context.tell(`↩ released ${ids.join(" ")}: ${because}`);
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
    this.#landedAs.clear();
    this.#mergedAs.clear();
    this.#holds.clear();
    this.#hasDrifted = false;
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

  #report(): QueueReport {
    const wakeAt = this.#wakeAt;
    return {
      ...this.#counts,
      waiting: this.#observation.inputs.length,
      ...(wakeAt === undefined ? {} : { wakeAt }),
    };
  }
}
