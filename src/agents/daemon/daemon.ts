import { formatTime, systemClock } from "../../core/clock.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { openTownLedger } from "../../core/ledger/town-ledger.ts";
import { watchLedger } from "../../core/ledger/watch-ledger.ts";
import { keepLock } from "../../core/lock/keep-lock.ts";
import { isLocked, lockHolder } from "../../core/lock/lock.ts";
import { systemRandom } from "../../core/random.ts";
import { parseAddress } from "../../core/town/address.ts";
import { formatSpan } from "../../core/duration.ts";
import { SleepWatch } from "../../core/health/machine-sleep.ts";
import { durationSetting } from "../../core/town/setting.ts";
import type { Town } from "../../core/town/town.ts";
import { version } from "../../core/version.ts";
import { connectHost } from "../sessions/client.ts";
import { processStartTime } from "../sessions/process-identity.ts";
import { StartBudget } from "../patrols/start-budget.ts";
import { clearDeadLocks } from "./after-power-cut.ts";
import type { DaemonContext } from "./daemon-context.ts";
import { daemonLock } from "./daemon-control.ts";
import type { DaemonLog } from "./daemon-log.ts";
import { readState, removeIdentity, writeIdentity, writeState } from "./daemon-state.ts";
import { readDesired } from "./desired-state.ts";
import { convoyDuty } from "./duties/convoys.ts";
import { bootDuty } from "./duties/boot.ts";
import { deaconDuty } from "./duties/deacon.ts";
import { orphansDuty } from "./duties/orphans.ts";
import { rolesDuty } from "./duties/roles.ts";
import { settleStates, statesDuty } from "./duties/states.ts";
import { branchesDuty } from "./duties/branches.ts";
import { doctorDuty } from "./duties/doctor.ts";
import { eventsDuty } from "./duties/events.ts";
import { FeedDuty } from "./duties/feed.ts";
import { maintenanceDuty } from "./duties/maintenance.ts";
import { defaultBranchDuty } from "./duties/default-branch.ts";
import { diskDuty } from "./duties/disk.ts";
import { dogsDuty } from "./duties/dogs.ts";
import { escalationsDuty } from "./duties/escalations.ts";
import { goingDownDuty } from "./duties/going-down.ts";
import { gatesDuty } from "./duties/gates.ts";
import { hostDuty } from "./duties/host.ts";
import { exportAtEnd, ledgerDuty } from "./duties/ledger.ts";
import { operationsDuty } from "./duties/operations.ts";
import { PluginDuty } from "./duties/plugins.ts";
import { quotaDuty } from "./duties/quota.ts";
import { refineryDuty } from "./duties/refinery.ts";
import { schedulerDuty } from "./duties/scheduler.ts";
import { syncDuty } from "./duties/sync.ts";
import { warrantsDuty } from "./duties/warrants.ts";
import { witnessDuty } from "./duties/witness.ts";
import { type Duty, type DutyReport, DutyRunner } from "./duty-runner.ts";
import { readStop } from "./emergency-stop.ts";
import { HostEvents } from "./host-events.ts";
import { HostLink } from "./host-link.ts";
import type { TownAccess } from "../town-access.ts";
import { PressureGate } from "./pressure-gate.ts";
import { ProgressTracker } from "./progress-tracker.ts";
import { dutiesFor, rigDuty } from "./route-changes.ts";
import { switchable } from "./switchable-duty.ts";
import { takeWakeCalls } from "./wake-calls.ts";
import { noteSleep } from "./wake-up.ts";
import { watchIntent } from "./watch-intent.ts";
import { WorktreeWatches } from "./worktree-watches.ts";

const minute = 60_000;
const flushMs = minute;
const sleepLookMs = 15_000;
const stopGraceMs = 6000;

export interface DaemonOptions {
  /** Hears which duties are at work. */
  readonly tellActive?: (keys: readonly string[]) => void;
  /** Called at each heartbeat and when a duty had trouble, for what concerns the daemon's process. */
  readonly onLook?: (daemon: Daemon) => void;
}

/**
 * The daemon of a town: follows the ledger's change feed and the host's events, and runs its duties when they have a
 * reason to look, with sparse timers as a safety net (spec/04 §8). Owns nothing: a new one finds everything it needs.
 */
export class Daemon {
  readonly #town: Town;
  readonly #log: DaemonLog;
  readonly #ledger: Ledger;
  readonly #link: HostLink;
  readonly #runner: DutyRunner;
  readonly #onLook: (daemon: Daemon) => void;
  readonly #progress: ProgressTracker;
  readonly #context: DaemonContext;
  readonly #startedAt = systemClock.now();
  readonly #closers: (() => void | Promise<void>)[] = [];
  readonly #hostEvents: HostEvents;
  readonly #worktrees: WorktreeWatches;
  #cursor = 0;
  #heartbeats = 0;
  #isFollowing = false;
  readonly #sleepWatch = new SleepWatch(systemClock, sleepLookMs);
  #followAgain = false;
  #flushTimer: NodeJS.Timeout | undefined;

  /** Takes the lock and begins. Throws `E_DAEMON_RUNNING` when the town has a daemon. */
  static async start(town: Town, log: DaemonLog, options: DaemonOptions = {}): Promise<Daemon> {
    const onLost = (): void => {
      log.warn("another daemon has this town now");
      leaveAtOnce();
    };
    const lock = await keepLock(town.paths.locks, daemonLock, onLost).catch((error: unknown) => {
      if (error instanceof GtError && error.code === "E_BUSY") throw alreadyRunning(town);
      throw error;
    });
    const ledger = await openTownLedger(town);
    const daemon = new Daemon(town, log, ledger, options);
    daemon.#closers.push(() => lock.release());
    await daemon.#begin();
    return daemon;
  }

  private constructor(town: Town, log: DaemonLog, ledger: Ledger, options: DaemonOptions) {
    const { tellActive, onLook } = options;
    this.#onLook = onLook ?? (() => undefined);
    this.#town = town;
    this.#log = log;
    this.#ledger = ledger;
    this.#link = new HostLink(
      (options) => connectHost(town, options),
      (event) => this.#hostEvents.note(event),
    );
    this.#runner = new DutyRunner((report) => this.#noteTrouble(report), {
      ...(tellActive === undefined ? {} : { tellActive }),
    });
    this.#progress = new ProgressTracker(ledger, systemClock, isWorker);
    const link = this.#link;
    const access: TownAccess = {
      ...{ town, ledger, clock: systemClock, random: systemRandom, actor: "daemon" },
      host: (options) => link.get(options),
    };
    this.#context = {
      ...access,
      ...{ log, link, budget: new StartBudget(), pressure: new PressureGate({ ...access, log }) },
      wake: (key) => this.#runner.wake(key),
      duties: () => this.#runner.status(),
      noticeSleep: () => this.#noticeSleep(),
      isOperational: (rig) => isOperational(town, rig),
    };
    this.#hostEvents = new HostEvents(this.#context, (address) => this.#noteWork(address));
    this.#worktrees = new WorktreeWatches(this.#context, (address) => this.#noteWork(address));
  }

  /** Ends within seconds: duties stop at their next step, sessions go on. */
  async stop(): Promise<void> {
    await this.giveWay();
    removeIdentity(this.#town);
  }

  /** The same, but like one that died it leaves its name behind: whoever watches the daemon starts the next one. */
  async giveWay(): Promise<void> {
    clearTimeout(this.#flushTimer);
    await this.#runner.stop(stopGraceMs);
    await this.#progress.flush().catch(() => undefined);
    await settleStates(this.#context, { isEnding: true }).catch(() => undefined);
    await exportAtEnd(this.#context);
    this.#link.close();
    await this.#writeState(false).catch(() => undefined);
    if (this.#closers.length > 0) await this.#tell("daemon_stopped").catch(() => undefined);
    // Each once, however often it is stopped.
    for (const close of this.#closers.splice(0).reverse()) await close();
    this.#log.info("daemon stopped");
  }

  async #tell(type: "daemon_started" | "daemon_stopped"): Promise<void> {
    await this.#context.ledger.write("daemon", [
      { op: "event", event: { type, payload: { pid: process.pid, version }, source: "daemon" } },
    ]);
  }

  /** Reads everything anew, as after a change of settings. */
  reload(): void {
    this.#log.info("settings, rigs and stops are read anew");
    this.#addRigDuties();
    this.#runner.wakeAll();
  }

  /** Reads the mail of roles that run as code now. */
  readMail(): void {
    this.#log.info("the mail of roles that run as code is read now");
    this.#runner.wake("deacon");
  }

  async #begin(): Promise<void> {
    const { ledger } = this.#context;
    this.#closers.push(() => ledger.close());
    clearDeadLocks(this.#town, this.#log);
    this.#cursor = await ledger.head();
    const feed = watchLedger(ledger, () => void this.#follow());
    this.#closers.push(() => feed.close());
    const intent = watchIntent(this.#town, () => this.reload());
    this.#closers.push(() => intent.close());

    const runner = this.#runner;
    const restoreSessions = (): void => {
      runner.wakeAll("witness");
      runner.wake("roles");
    };
    runner.add(operationsDuty(this.#context));
    runner.add(goingDownDuty(this.#context, () => process.kill(process.pid, "SIGTERM")));
    runner.add(hostDuty(this.#context, restoreSessions));
    this.#addRigDuties();
    const plugins = new PluginDuty(this.#context);
    this.#closers.push(() => plugins.close());
    const outside = new FeedDuty(this.#context);
    this.#closers.push(() => outside.close());
    for (const duty of [
      escalationsDuty(this.#context),
      gatesDuty(this.#context),
      convoyDuty(this.#context),
      schedulerDuty(this.#context),
      diskDuty(this.#context),
      ledgerDuty(this.#context),
      syncDuty(this.#context),
      rolesDuty(this.#context),
      statesDuty(this.#context),
      deaconDuty(this.#context),
      bootDuty(this.#context),
      orphansDuty(this.#context),
      eventsDuty(this.#context),
      branchesDuty(this.#context),
      doctorDuty(this.#context),
      maintenanceDuty(this.#context),
      defaultBranchDuty(this.#context),
      dogsDuty(this.#context),
      warrantsDuty(this.#context),
      quotaDuty(this.#context),
      plugins.duty,
    ])
      runner.add(switchable(this.#context, duty));
    runner.add(outside.duty);
    const sleepTimer = setInterval(() => void this.#noticeSleep().catch(() => undefined), sleepLookMs);
    this.#closers.push(() => clearInterval(sleepTimer));
    runner.add({ key: "worktrees", run: () => this.#worktrees.sync() });
    this.#closers.push(() => this.#worktrees.close());
    runner.add({ key: "progress", run: () => this.#progress.flush() });
    const town = this.#town;
    runner.add({
      key: "heartbeat",
      get intervalMs() {
        return durationSetting(town.settings(), "operational.daemon.heartbeat");
      },
      run: () => this.#heartbeat(),
    });
    await writeIdentity(this.#town, {
      pid: process.pid,
      startedAt: processStartTime(process.pid) ?? "",
      version,
    });
    await this.#tell("daemon_started");
    this.#log.info(`daemon ${version} started for ${this.#town.root} (pid ${process.pid})`);
  }

  /** One pair of duties per registered rig; those of removed rigs end. */
  #addRigDuties(): void {
    const wanted = new Map<string, () => Duty>();
    for (const rig of this.#town.rigs()) {
      wanted.set(rigDuty("witness", rig.name), () =>
        switchable(this.#context, witnessDuty(this.#context, rig), rig),
      );
      wanted.set(rigDuty("refinery", rig.name), () =>
        switchable(this.#context, refineryDuty(this.#context, rig), rig),
      );
    }
    for (const key of this.#runner.keys())
      if (key.includes(":") && !wanted.has(key)) this.#runner.remove(key);
    for (const [key, make] of wanted) if (!this.#runner.keys().includes(key)) this.#runner.add(make());
  }

  /** Reads the change feed up to its head; at most one reader at a time. */
  async #follow(): Promise<void> {
    this.#followAgain = true;
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    try {
      while (this.#followAgain) {
        this.#followAgain = false;
        await this.#readFeed();
      }
    } catch (error) {
      this.#log.warn(`change feed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#isFollowing = false;
    }
  }

  async #readFeed(): Promise<void> {
    const rigs = this.#town.rigs().map((rig) => rig.name);
    for (;;) {
      const page = await this.#ledger.changes(this.#cursor);
      const isDone = page.to === this.#cursor;
      this.#cursor = page.to;
      if (page.reset) this.#runner.wakeAll();
      this.#noteProgress(page.changes);
      for (const key of dutiesFor(page.changes, rigs)) this.#runner.wake(key);
      if (page.reset || page.changes.some((change) => change.type === "agent_updated"))
        this.#runner.wake("worktrees");
      if (isDone || page.changes.length === 0) break;
    }
    // Operation records are no beads and have no change rows: look whether there are any.
    this.#runner.wake("operations");
    // Neither has the scheduler's pause.
    this.#runner.wake("scheduler");
    // And most of what happens is a change of the ledger.
    this.#runner.wake("feed");
    // Nor has a nudge to a role that runs in here.
    for (const key of await takeWakeCalls(this.#ledger, this.#context.actor)) this.#runner.wake(key);
  }

  #noteProgress(changes: Parameters<ProgressTracker["noteChanges"]>[0]): void {
    const wasDirty = this.#progress.isDirty;
    this.#progress.noteChanges(changes);
    if (!wasDirty && this.#progress.isDirty)
      this.#flushTimer = setTimeout(() => this.#runner.wake("progress"), flushMs);
  }

  async #noticeSleep(): Promise<void> {
    const sleep = this.#sleepWatch.look();
    if (sleep === undefined) return;
    this.#log.info(`the machine slept for ${formatSpan(sleep.to - sleep.from)}`);
    await noteSleep(this.#context, sleep);
    this.#runner.wakeAll();
  }

  #noteWork(address: string): void {
    const wasDirty = this.#progress.isDirty;
    this.#progress.note(address);
    if (!wasDirty) this.#flushTimer = setTimeout(() => this.#runner.wake("progress"), flushMs);
  }

  #noteTrouble({ key, kind, message }: DutyReport): void {
    this.#log.warn(`duty ${key} ${kind}: ${message}`);
    this.#onLook(this);
  }

  async #heartbeat(): Promise<void> {
    this.#heartbeats++;
    if (this.#heartbeats > 1)
      for (const key of this.#runner.keys()) if (key !== "heartbeat") this.#runner.wake(key);
    await this.#writeState(true);
    this.#onLook(this);
  }

  async #writeState(isRunning: boolean): Promise<void> {
    await writeState(this.#town, {
      running: isRunning,
      pid: process.pid,
      started_at: formatTime(this.#startedAt),
      last_heartbeat: formatTime(systemClock.now()),
      heartbeat_count: this.#heartbeats,
      duties: this.#runner.status(),
    });
  }
}

/** As if killed: what says who the town's daemon is stays as it is, for the one that has the town or takes it over. */
function leaveAtOnce(): void {
  process.exit(1);
}

function isWorker(address: string): boolean {
  const role = parseAddress(address)?.role;
  return role === "polecat" || role === "crew";
}

/** Nothing starts in a town that is down, going down or stopped, nor in a rig that is stopped (see `isRigAtWork`). */
function isOperational(town: Town, rig?: string): boolean {
  if (readDesired(town).state === "down" || readStop(town, rig) !== undefined) return false;
  return !isLocked(town.paths.locks, "shutdown");
}

function alreadyRunning(town: Town): GtError {
  const pid = lockHolder(town.paths.locks, daemonLock)?.pid ?? readState(town)?.pid;
  return new GtError(
    "E_DAEMON_RUNNING",
    `the daemon of this town is running already${pid ? ` (pid ${pid})` : ""}`,
    {
      hint: "gt daemon status",
      details: { pid },
    },
  );
}
