import { step } from "../../../src/core/merge/merge.ts";
import {
  type Command,
  emptyQueue,
  type Fact,
  type MrInput,
  type QueuePolicy,
  type QueueState,
  type StackedItem,
  type StackRefusal,
} from "../../../src/core/merge/queue-state.ts";
import { recover } from "../../../src/core/merge/recover.ts";
import { inQueueOrder } from "../../../src/core/merge/score.ts";

/** Small fast generator of numbers in [0, 1): a history is its seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export type Fate = "waiting" | "landed" | "ejected" | "conflict" | "withdrawn" | "quarantined" | "missing";

export interface HistoryOptions {
  readonly seed: number;
  /** Kills before or after a command. */
  readonly kills: boolean;
  /** The gate judges arbitrary sequences instead of independent culprits. */
  readonly arbitraryGate: boolean;
  readonly flakes: boolean;
  readonly moves: boolean;
  readonly conflicts: boolean;
  readonly withdrawals: boolean;
  readonly errors: boolean;
  readonly policy?: Partial<QueuePolicy>;
  readonly size?: number;
  /** How many, or which ones by their place in the queue. */
  readonly culprits?: number | readonly number[];
  readonly allAtOnce?: boolean;
}

export interface HistoryReport {
  readonly fates: ReadonlyMap<string, Fate>;
  readonly culprits: ReadonlySet<string>;
  /** Broken promises, in words. */
  readonly violations: readonly string[];
  /** First attempts on prefixes from 1, and rounds in which they ran at the same time. */
  readonly gateRuns: number;
  readonly rounds: number;
  readonly kills: number;
  readonly steps: number;
}

export const defaultPolicy: QueuePolicy = {
  maxBatchSize: 8,
  adaptive: true,
  batchWaitMs: 30_000,
  retryFlaky: 1,
  retryBatchOnFlaky: true,
  earlyLand: true,
  probes: 1,
};

interface Row {
  readonly ids: readonly string[];
  readonly items: readonly StackedItem[];
}

interface Flight {
  readonly prefix: number;
  readonly attempt: number;
  readonly rerun: boolean;
}

/**
 * A town in miniature: a target that is a sequence of commits, requests with a fate, a run record and a verdict store
 * survive a kill, the queue's state does not. A commit's id is the whole sequence up to it.
 */
class World {
  readonly random: () => number;
  readonly options: HistoryOptions;
  readonly policy: QueuePolicy;
  readonly violations: string[] = [];
  readonly fates = new Map<string, Fate>();
  readonly inputs = new Map<string, MrInput>();
  readonly culprits = new Set<string>();
  /** Requests that make a target green again which a person broke. */
  readonly repairs = new Set<string>();
  readonly toArrive: MrInput[] = [];
  readonly crashes = new Map<string, number>();
  readonly greenTrees = new Set<string>();
  readonly oracle = new Map<string, boolean>();
  conflicts = new Map<string, Set<string>>();
  target = "@";
  targetBad = false;
  row: Row | null = null;
  now = 1_000_000;
  state: QueueState;
  facts: Fact[] = [];
  commands: Command[] = [];
  flights: Flight[] = [];
  wakeAt: number | undefined;
  gateRuns = 0;
  rounds = 0;
  kills = 0;
  steps = 0;
  /** Reds seen per tree in this process, for the check of confirmations. */
  reds = new Map<string, number>();
  externals = 0;
  disturbances = 12;

  constructor(options: HistoryOptions) {
    this.options = options;
    this.random = randomFrom(options.seed);
    this.policy = { ...defaultPolicy, ...options.policy };
    const count = options.size ?? 1 + this.pick(14);
    const ids = Array.from({ length: count }, (_, index) => `m${index}`);
    const culprits = options.culprits ?? this.pick(Math.max(1, Math.ceil(count / 3)));
    if (typeof culprits !== "number") for (const place of culprits) this.culprits.add(ids[place] ?? "");
    else
      while (this.culprits.size < Math.min(culprits, count)) this.culprits.add(ids[this.pick(count)] ?? "");
    for (const [index, id] of ids.entries()) {
      const dependsOn = index > 0 && this.chance(0.08) ? [ids[this.pick(index)] ?? ""] : [];
      const quiet = options.allAtOnce === true;
      const mr: MrInput = {
        id,
        target: "main",
        strategy: "mr",
        head: id,
        priority: quiet ? 2 : this.chance(0.1) ? 0 : 1 + this.pick(4),
        createdAt: this.now - (quiet ? count - index : this.pick(100_000)),
        retryCount: quiet ? 0 : this.pick(3),
        dependsOn: quiet ? [] : dependsOn,
        carried: quiet,
        crashes: 0,
      };
      if (quiet || this.chance(0.7)) this.accept(mr);
      else this.toArrive.push(mr);
    }
    for (const id of ids) if (this.chance(0.1)) this.repairs.add(id);
    if (options.conflicts)
      for (const id of ids)
        if (this.chance(0.15)) this.conflicts.set(id, new Set([ids[this.pick(count)] ?? ""]));
    this.greenTrees.add("@");
    this.state = this.start();
  }

  pick(count: number): number {
    return Math.floor(this.random() * count);
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  accept(mr: MrInput): void {
    this.inputs.set(mr.id, mr);
    this.fates.set(mr.id, "waiting");
  }

  /** What a process knows when it starts: the ledger's rows. */
  start(): QueueState {
    let state = emptyQueue(this.policy, this.now);
    const queue: MrInput[] = [];
    for (const mr of this.inputs.values())
      if (this.fates.get(mr.id) === "waiting")
        queue.push({
          ...mr,
          dependsOn: mr.dependsOn.filter((id) => this.isOpen(id)),
          crashes: this.crashes.get(mr.id) ?? 0,
        });
    state = { ...state, queue };
    this.facts = [{ t: "clock", now: this.now }];
    this.commands = [];
    this.flights = [];
    this.reds = new Map();
    this.wakeAt = undefined;
    return state;
  }

  /** The ledger is read again before every run: blockers may have gone since a request arrived. */
  observeAgain(): void {
    for (const mr of this.state.queue) {
      const dependsOn = mr.dependsOn.filter((id) => this.isOpen(id));
      if (dependsOn.length < mr.dependsOn.length) this.facts.push({ t: "arrived", mr: { ...mr, dependsOn } });
    }
  }

  /** A blocker whose end is not a merge keeps blocking in the real queue, too; here it counts as gone. */
  isOpen(id: string): boolean {
    return this.fates.get(id) === "waiting";
  }

  parts(sha: string): readonly string[] {
    return sha.split("|").slice(1);
  }

  contains(sha: string, id: string): boolean {
    return this.parts(sha).includes(id);
  }

  isOnTarget(sha: string): boolean {
    return this.target === sha || this.target.startsWith(`${sha}|`);
  }

  /** The gate's true answer for a sequence; the empty one is green. */
  judge(sha: string): boolean {
    const parts = this.parts(sha);
    const lastOutside = parts.findLastIndex((part) => part.startsWith("x"));
    const repaired = parts.slice(lastOutside + 1).some((part) => this.repairs.has(part));
    const externallyBad = lastOutside >= 0 && parts[lastOutside]?.endsWith("!") === true && !repaired;
    if (!this.options.arbitraryGate) return !externallyBad && !parts.some((part) => this.culprits.has(part));
    if (externallyBad) return false;
    const key = parts.filter((part) => !part.startsWith("x")).join("|");
    if (key === "") return true;
    let verdict = this.oracle.get(key);
    if (verdict === undefined) {
      verdict = this.chance(0.75);
      this.oracle.set(key, verdict);
    }
    return verdict;
  }

  kill(): void {
    this.kills++;
    const { row } = this;
    if (row !== null) {
      const decision = recover(row, (sha) => this.isOnTarget(sha));
      this.finalise(decision.landed, "recovery");
      this.row = null;
    }
    this.state = this.start();
  }

  finalise(ids: readonly string[], by: string): void {
    for (const id of ids) {
      const fate = this.fates.get(id);
      if (fate !== "waiting" && fate !== "landed")
        this.violations.push(`P2: ${id} is finalised by ${by} after it was ${fate}`);
      if (!this.contains(this.target, id))
        this.violations.push(`landed is true only on the target: ${id} is not in ${this.target}`);
      this.fates.set(id, "landed");
    }
  }

  feed(fact: Fact): void {
    this.steps++;
    const result = step(this.state, fact);
    this.state = result.state;
    this.commands.push(...result.commands);
  }

  end(id: string, fate: Fate): void {
    const before = this.fates.get(id);
    if (before !== "waiting") this.violations.push(`P2: ${id} becomes ${fate} after it was ${before}`);
    if (this.contains(this.target, id) && fate !== "landed")
      this.violations.push(`P2: ${id} becomes ${fate} although it is on the target`);
    this.fates.set(id, fate);
    for (const mr of this.state.queue)
      if (mr.dependsOn.includes(id))
        this.facts.push({
          t: "arrived",
          mr: { ...mr, dependsOn: mr.dependsOn.filter((other) => other !== id) },
        });
  }

  execute(command: Command): void {
    const run = this.state.run;
    switch (command.do) {
      case "sync": {
        this.hasMoved = false;
        const landed = [...this.inputs.keys()].filter(
          (id) => this.fates.get(id) === "waiting" && this.contains(this.target, id),
        );
        const fact: Fact = {
          t: "synced",
          target: command.target,
          base: this.target,
          landed,
          baseGreen: this.greenTrees.has(this.target),
        };
        if (this.options.errors && this.chance(0.03))
          this.facts.push({
            t: "syncFailed",
            target: command.target,
            because: "fetch failed",
            retryMs: 60_000,
          });
        else this.facts.push(fact);
        return;
      }
      case "stack":
        this.stack(command.base, command.ids);
        return;
      case "gate": {
        const rerun = command.only !== undefined;
        if (command.prefix > 0 && command.attempt === 1) this.gateRuns++;
        if (this.flights.length === 0 && command.prefix > 0 && command.attempt === 1) this.rounds++;
        this.flights.push({ prefix: command.prefix, attempt: command.attempt, rerun });
        return;
      }
      case "cancel":
        // A result may be on its way already: some are delivered although they were cancelled.
        if (this.chance(0.7)) this.flights = this.flights.filter((f) => f.prefix !== command.prefix);
        return;
      case "push":
        this.push(command.upTo, command.expect);
        return;
      case "finalise":
        this.finalise(command.ids, "the queue");
        return;
      case "eject": {
        this.checkEjection(command.id, command.greenPrefix, command.redPrefix);
        this.end(command.id, "ejected");
        return;
      }
      case "conflict":
        this.end(command.id, "conflict");
        return;
      case "missing":
        this.end(command.id, "missing");
        return;
      case "quarantine":
        this.end(command.id, "quarantined");
        return;
      case "drop":
        if (this.fates.get(command.id) !== "withdrawn") this.end(command.id, "withdrawn");
        return;
      case "release":
        for (const id of command.ids)
          if (this.fates.get(id) !== "waiting")
            this.violations.push(`released ${id} which is ${this.fates.get(id)}`);
        if (command.because.startsWith("error"))
          for (const id of command.ids) this.crashes.set(id, (this.crashes.get(id) ?? 0) + 1);
        return;
      case "finish":
        this.row = null;
        this.flights = [];
        this.facts = this.facts.filter((fact) => fact.t !== "gated");
        return;
      case "wake":
        this.wakeAt = Math.min(this.wakeAt ?? command.at, command.at);
        return;
      case "targetRed":
        if (this.judge(command.base) && !this.options.flakes)
          this.violations.push(`${command.base} is called red but is green`);
        return;
      case "targetGreen":
      case "hold":
        void run;
        return;
    }
  }

  stack(base: string, ids: readonly string[]): void {
    const items: StackedItem[] = [];
    const out: StackRefusal[] = [];
    // The claim is one transaction: somebody was faster, so nobody is claimed.
    const lost = ids.filter((id) => this.fates.get(id) !== "waiting");
    if (lost.length > 0) {
      this.facts.push(...lost.map((id): Fact => ({ t: "withdrawn", id })), { t: "stacked", items, out });
      return;
    }
    this.checkOrder(ids);
    let tip = base;
    for (const id of ids) {
      const enemies = this.conflicts.get(id);
      const mr = this.inputs.get(id);
      const gone = out.find((refusal) => mr?.dependsOn.includes(refusal.id));
      const enemyInBase = [...(enemies ?? [])].find((enemy) => this.contains(base, enemy));
      const enemyInBatch = [...(enemies ?? [])].find((enemy) => this.contains(tip, enemy));
      if (gone !== undefined) out.push({ id, kind: "deferred", behind: [gone.id] });
      else if (enemyInBase !== undefined) out.push({ id, kind: "conflict", files: ["a.txt"] });
      else if (enemyInBatch !== undefined) out.push({ id, kind: "deferred", behind: [enemyInBatch] });
      else {
        tip = `${tip}|${id}`;
        items.push({
          id,
          landing: tip,
          tree: tip,
          ...(this.greenTrees.has(tip) ? { known: "green" as const } : {}),
        });
      }
    }
    this.row = { ids, items };
    this.facts.push({ t: "stacked", items, out });
  }

  /** P4: the batch is taken in queue order; only what waits for a member stands behind it, and nobody is passed over. */
  checkOrder(ids: readonly string[]): void {
    const ordered = inQueueOrder(this.state.queue, this.state.now);
    const place = new Map(ordered.map((mr, index) => [mr.id, index]));
    for (const [index, id] of ids.entries()) {
      const waitsFor = this.state.queue.find((mr) => mr.id === id)?.dependsOn ?? [];
      if (waitsFor.some((blocker) => !ids.slice(0, index).includes(blocker)))
        this.violations.push(`P4: ${id} is taken before ${waitsFor.join(" ")}`);
      const isLate = ids.slice(0, index).some((before) => (place.get(before) ?? 0) > (place.get(id) ?? 0));
      if (isLate && waitsFor.length === 0)
        this.violations.push(`P4: ${id} is out of order in ${ids.join(" ")}`);
    }
    if (this.state.run?.purpose !== "batch") return;
    const first = ordered.find((mr) => mr.id === ids[0]);
    for (const mr of ordered) {
      if (mr === first) break;
      const isApart = mr.priority === 0 || first?.priority === 0 || mr.crashes > 0;
      if (mr.dependsOn.length === 0 && !isApart) this.violations.push(`P4: ${mr.id} is passed over`);
    }
  }

  push(upTo: number, expect: string): void {
    const item = this.row?.items[upTo - 1];
    if (item === undefined) {
      this.violations.push("a push without a stack");
      return;
    }
    const taken = this.row?.items.slice(0, upTo).filter(({ id }) => this.pendingWithdrawals.has(id)) ?? [];
    if (taken.length > 0) {
      // The intent is one transaction with the requests' state: who was taken back before is heard.
      this.facts.push(...taken.map(({ id }): Fact => ({ t: "withdrawn", id })), {
        t: "pushFailed",
        kind: "withdrawn",
      });
      return;
    }
    if (!this.greenTrees.has(item.tree))
      this.violations.push(`P1: pushed ${item.tree} without a green verdict`);
    if (this.options.errors && this.chance(0.05)) {
      const kinds = ["denied", "dirty", "infra"] as const;
      const kind = kinds[this.pick(3)] ?? "infra";
      // An interrupted push may have arrived.
      if (kind === "infra" && this.chance(0.5) && this.target === expect) this.target = item.landing;
      this.facts.push({ t: "pushFailed", kind });
      return;
    }
    if (this.isOnTarget(item.landing)) this.facts.push({ t: "pushed", upTo });
    else if (this.target !== expect) {
      if (!this.hasMoved)
        this.violations.push(`P1: the push expects ${expect}, nobody has moved ${this.target}`);
      this.facts.push({ t: "pushFailed", kind: "moved" });
    } else {
      const before = this.target;
      this.target = item.landing;
      const landing = item.landing.slice(before.length + 1).split("|");
      const inOrder = (this.row?.ids ?? []).filter((id) => landing.includes(id));
      if (landing.join() !== inOrder.join())
        this.violations.push(`P4: landed in the order ${landing.join(" ")}`);
      if (!item.landing.startsWith(`${before}|`))
        this.violations.push(`a push that is not a fast-forward: ${before} -> ${item.landing}`);
      if (!this.judge(item.landing)) this.violations.push(`G2: ${item.landing} is red`);
      const order = this.parts(item.landing).filter((part) => !part.startsWith("x"));
      if (new Set(order).size !== order.length) this.violations.push(`G3: landed twice: ${item.landing}`);
      this.facts.push({ t: "pushed", upTo });
    }
  }

  checkEjection(id: string, green: number, red: number): void {
    const items = this.row?.items ?? [];
    const item = items[red - 1];
    if (item?.id !== id || green !== red - 1) {
      this.violations.push(`P3: ${id} is ejected for prefixes ${green} and ${red}`);
      return;
    }
    const previous = items[green - 1]?.tree ?? item.tree.slice(0, item.tree.lastIndexOf("|"));
    if (!this.greenTrees.has(previous)) this.violations.push(`P3: ${previous} has no green verdict`);
    if (this.greenTrees.has(item.tree)) this.violations.push(`P3: ${item.tree} is green`);
    if ((this.reds.get(item.tree) ?? 0) < 1 + this.policy.retryFlaky)
      this.violations.push(`P3: ${item.tree} is not confirmed red`);
  }

  deliverGate(): void {
    const index = this.pick(this.flights.length);
    const [flight] = this.flights.splice(index, 1);
    const run = this.state.run;
    if (flight === undefined || run === null) return;
    const tree = flight.prefix === 0 ? run.base : run.items[flight.prefix - 1]?.tree;
    if (tree === undefined) return;
    if (this.options.errors && this.chance(0.03)) {
      this.facts.push({
        t: "gated",
        prefix: flight.prefix,
        attempt: flight.attempt,
        verdict: "error",
        failed: [],
      });
      return;
    }
    const flaked = this.options.flakes && this.chance(0.06);
    const green = this.judge(tree) && !flaked;
    if (green) this.greenTrees.add(tree);
    else this.reds.set(tree, (this.reds.get(tree) ?? 0) + 1);
    this.facts.push({
      t: "gated",
      prefix: flight.prefix,
      attempt: flight.attempt,
      verdict: green ? "green" : "red",
      failed: green ? [] : ["test"],
    });
  }

  /** Something from outside: an arrival, a withdrawal, a person's push. */
  disturb(): void {
    if (this.disturbances-- <= 0) return;
    const dice = this.random();
    if (dice < 0.4 && this.toArrive.length > 0) {
      const mr = this.toArrive.shift();
      if (mr === undefined) return;
      this.accept(mr);
      this.facts.push({
        t: "arrived",
        mr: { ...mr, createdAt: this.now, dependsOn: mr.dependsOn.filter((id) => this.isOpen(id)) },
      });
    } else if (dice < 0.6 && this.options.withdrawals) {
      const waiting = [...this.fates].filter(([, fate]) => fate === "waiting").map(([id]) => id);
      const id = waiting[this.pick(waiting.length)];
      if (id !== undefined) this.withdraw(id);
    } else if (dice < 0.8 && this.options.moves) this.move();
  }

  withdraw(id: string): void {
    // Taken back by a person: refused once it is on the target.
    if (this.contains(this.target, id)) return;
    const inRun = this.row?.ids.includes(id) === true;
    this.facts.push({ t: "withdrawn", id });
    if (!inRun) this.end(id, "withdrawn");
    else this.pendingWithdrawals.add(id);
  }

  readonly pendingWithdrawals = new Set<string>();

  move(): void {
    const last = this.parts(this.target).at(-1);
    const isBad = last?.endsWith("!") === true;
    // A person breaks the target now and then, and repairs it later.
    const bad = !isBad && this.chance(0.3);
    this.target = `${this.target}|x${this.externals++}${bad ? "!" : ""}`;
    if (bad) this.mustRepair = true;
    this.hasMoved = true;
  }

  /** A person has pushed since the queue looked last. */
  hasMoved = false;

  mustRepair = false;

  settleWithdrawals(): void {
    for (const id of this.pendingWithdrawals) {
      if (this.fates.get(id) !== "waiting") this.pendingWithdrawals.delete(id);
      else if (this.state.run === null && this.row === null) {
        this.pendingWithdrawals.delete(id);
        // The next look finds it landed after all, when its push was interrupted but arrived.
        if (this.contains(this.target, id)) this.finalise([id], "the next look");
        else this.end(id, "withdrawn");
      }
    }
  }
}

/** Plays one random history to its end and reports which promises were broken. */
export function playHistory(options: HistoryOptions): HistoryReport {
  const world = new World(options);
  const killChance = options.kills ? 0.04 : 0;
  let killsLeft = 8;
  for (let turn = 0; turn < 6000; turn++) {
    if (!options.allAtOnce && world.chance(0.08)) world.disturb();
    const fact = world.facts.shift();
    if (fact !== undefined) world.feed(fact);
    let killed = false;
    for (
      let command = world.commands.shift();
      command !== undefined && !killed;
      command = world.commands.shift()
    ) {
      if (killsLeft > 0 && world.chance(killChance)) {
        // Before the command took effect.
        killed = true;
        break;
      }
      world.execute(command);
      if (killsLeft > 0 && world.chance(killChance)) killed = true;
    }
    if (killed) {
      killsLeft--;
      world.kill();
      for (const id of world.pendingWithdrawals) {
        world.pendingWithdrawals.delete(id);
        if (world.fates.get(id) !== "waiting" || world.contains(world.target, id)) continue;
        world.facts.push({ t: "withdrawn", id });
        world.end(id, "withdrawn");
      }
      continue;
    }
    world.settleWithdrawals();
    if (world.facts.length > 0) continue;
    if (world.flights.length > 0) {
      if (options.allAtOnce)
        while (world.flights.length > 0) world.deliverGate(); // one round: all at the same time
      else world.deliverGate();
      continue;
    }
    world.observeAgain();
    if (world.facts.length > 0) continue;
    const open = [...world.fates.values()].some((fate) => fate === "waiting");
    if (!open && world.toArrive.length === 0) return report(world);
    if (world.toArrive.length > 0) {
      world.disturbances = 3;
      world.disturb();
    }
    if (world.mustRepair && world.chance(0.5)) {
      world.mustRepair = false;
      world.hasMoved = true;
      world.target = `${world.target}|x${world.externals++}`;
    }
    if (world.wakeAt === undefined) {
      if (world.facts.length === 0 && world.toArrive.length === 0 && open) {
        world.violations.push(`P6: nothing happens any more, waiting: ${waiting(world)}`);
        return report(world);
      }
      continue;
    }
    world.now = Math.max(world.now + 1, world.wakeAt);
    world.wakeAt = undefined;
    world.facts.push({ t: "clock", now: world.now });
  }
  world.violations.push(`P6: the history does not end, waiting: ${waiting(world)}`);
  return report(world);
}

function waiting(world: World): string {
  return [...world.fates]
    .filter(([, fate]) => fate === "waiting")
    .map(([id]) => id)
    .join(" ");
}

function report(world: World): HistoryReport {
  const { fates, culprits, violations, gateRuns, rounds, kills, steps } = world;
  return { fates, culprits, violations, gateRuns, rounds, kills, steps };
}
