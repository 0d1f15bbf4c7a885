import { createHash } from "node:crypto";
import { parseDuration } from "../duration.ts";
import { GtError } from "../gt-error.ts";
import type { RigSettings } from "../town/settings.ts";
import type { QueuePolicy } from "./queue-state.ts";

export type MergeStyle = "squash" | "merge" | "rebase" | "ff-only";

/** A command whose exit code says whether a tree is acceptable (spec/05 §2.5). */
export interface Gate {
  readonly name: string;
  readonly cmd: string;
  /** `setup` first and alone, then `parallel` at the same time, then `serial` one after another. */
  readonly group: "setup" | "parallel" | "serial";
  readonly timeoutMs: number;
  /** Relative to the worktree. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its failure is reported and never red. */
  readonly optional: boolean;
  /** Re-runs that confirm its red; overrides `retry_flaky_tests`. */
  readonly retry?: number;
}

/** The rig's `merge_queue` settings with their defaults (spec/05 §4.3). Times in milliseconds. */
export interface MergeSettings {
  readonly enabled: boolean;
  readonly strategy: "mr" | "pr" | "local";
  readonly style: MergeStyle;
  readonly gates: readonly Gate[];
  /** Identifies the gate set: verdicts of another one do not count. */
  readonly gateset: string;
  readonly gatesParallel: boolean;
  readonly gatesFailFast: boolean;
  readonly gateClean: "untracked" | "all";
  /** The test gate is red when it says that it found no tests. */
  readonly testsRequired: boolean;
  readonly policy: QueuePolicy;
  readonly slots: number;
  readonly onConflict: "assign_back" | "auto_rebase";
  readonly onFailure: "redispatch" | "assign_back" | "hold";
  readonly maxRetryCount: number;
  readonly maxFixAttempts: number;
  readonly maxConflictTasks: number;
  readonly requireReview: boolean;
  readonly prMerge: "queue" | "human";
  readonly prWaitChecks: boolean;
  readonly prChecksTimeoutMs: number;
  /** Work of strategy `direct` is pushed only when the gates pass on it. */
  readonly directGates: boolean;
  /** How often waiting requests are looked at when nothing happens. */
  readonly pollMs: number;
  readonly vcsProvider: string;
  /** `off`: verdicts of `gt mq verify` do not count. */
  readonly trustPreVerified: "recorded" | "off";
  readonly autoPush: boolean;
  readonly localOrigin: "update" | "branch" | "refuse";
  readonly deleteMergedBranches: boolean;
  readonly integrationRefinery: boolean;
  readonly integrationTemplate: string;
  readonly integrationAutoLand: boolean;
  readonly staleClaimMs: number;
  readonly trailers: boolean;
  readonly sign: boolean;
  readonly retentionMs: number;
}

const builtIn = ["typecheck", "lint", "build", "test"] as const;

/** Throws `E_CONFIG` naming the key. */
export function mergeSettings(settings: RigSettings): MergeSettings {
  const read = new Reader(settings["merge_queue"]);
  const gates = gateList(read);
  const slots = read.count("max_concurrent", 1, 1);
  const speculation = read.word("speculation", "bisect", ["off", "bisect"]);
  return {
    enabled: read.flag("enabled", true),
    strategy: strategyOf(read.word("merge_strategy", "mr", ["mr", "pr", "local", "direct"])),
    style: read.word("merge_style", "squash", ["squash", "merge", "rebase", "ff-only"]),
    gates,
    gateset: gatesetId(gates),
    gatesParallel: read.flag("gates_parallel", true),
    gatesFailFast: read.flag("gates_fail_fast", true),
    gateClean: read.word("gate_clean", "untracked", ["untracked", "all"]),
    testsRequired: read.flag("tests_required", false),
    policy: {
      maxBatchSize: read.count("batch.max_batch_size", 8, 1),
      adaptive: read.flag("batch.adaptive", true),
      batchWaitMs: read.duration("batch.batch_wait_time", "30s"),
      retryFlaky: read.count("retry_flaky_tests", 1, 0),
      retryBatchOnFlaky: read.flag("batch.retry_batch_on_flaky", true),
      earlyLand: read.flag("early_land", true),
      probes: speculation === "off" ? 1 : slots,
    },
    slots,
    onConflict: read.word("on_conflict", "assign_back", ["assign_back", "auto_rebase"]),
    onFailure: read.word("on_failure", "redispatch", ["redispatch", "assign_back", "hold"]),
    maxRetryCount: read.count("max_retry_count", 5, 0),
    maxFixAttempts: read.count("max_fix_attempts", 3, 0),
    maxConflictTasks: read.count("max_conflict_tasks", 1, 0),
    requireReview: read.flag("require_review", false),
    prMerge: read.word("pr_merge", "queue", ["queue", "human"]),
    prWaitChecks: read.flag("pr_wait_checks", true),
    prChecksTimeoutMs: read.duration("pr_checks_timeout", "15m"),
    directGates: read.flag("direct_gates", false),
    pollMs: Math.max(1000, read.duration("poll_interval", "30s")),
    vcsProvider: read.text("vcs_provider", "github"),
    trustPreVerified: read.word("trust_pre_verified", "recorded", ["recorded", "off"]),
    autoPush: read.flag("auto_push", true),
    localOrigin: read.word("local_origin", "update", ["update", "branch", "refuse"]),
    deleteMergedBranches: read.flag("delete_merged_branches", true),
    integrationRefinery: read.flag("integration_branch_refinery_enabled", true),
    integrationTemplate: read.text("integration_branch_template", "integration/{title}"),
    integrationAutoLand: read.flag("integration_branch_auto_land", false),
    staleClaimMs: read.duration("stale_claim_timeout", "30m"),
    trailers: read.flag("trailers", true),
    sign: read.flag("sign_commits", false),
    retentionMs: read.duration("retention", "14d"),
  };
}

/** An old rig-level `direct` only ever said that the queue pushes (spec/05 §3.1). */
function strategyOf(word: "mr" | "pr" | "local" | "direct"): "mr" | "pr" | "local" {
  return word === "direct" ? "mr" : word;
}

function gateList(read: Reader): readonly Gate[] {
  const timeoutMs = read.duration("gate_timeout", "30m");
  const runTests = read.flag("run_tests", true);
  const named = new Map<string, Gate>();
  const add = (name: string, cmd: string, group: Gate["group"]) => {
    if (cmd.trim() !== "")
      named.set(name, { name, cmd, group, timeoutMs, cwd: "", env: {}, optional: false });
  };
  add("setup", read.text("setup_command", ""), "setup");
  for (const name of builtIn)
    if (name !== "test" || runTests) add(name, read.text(`${name}_command`, ""), "parallel");
  for (const name of Object.keys(read.object("gates")).toSorted()) {
    const gate = read.inside("gates", name);
    const cmd = gate.text("cmd", "");
    if (cmd.trim() === "") throw gate.wrong("cmd", "a command");
    const retry = gate.has("retry") ? gate.count("retry", 0, 0) : undefined;
    named.set(name, {
      name,
      cmd,
      group:
        name === "setup"
          ? "setup"
          : gate.word("phase", "pre-merge", ["pre-merge", "post-squash"]) === "post-squash"
            ? "serial"
            : "parallel",
      timeoutMs: gate.duration("timeout", `${timeoutMs}ms`),
      cwd: gate.text("cwd", ""),
      env: gate.texts("env"),
      optional: gate.flag("optional", false),
      ...(retry === undefined ? {} : { retry }),
    });
  }
  const order = { setup: 0, parallel: 1, serial: 2 } as const;
  return [...named.values()].sort((one, other) => order[one.group] - order[other.group]);
}

/** SHA-256 of what decides a verdict: names, commands, places, environments and phases. */
function gatesetId(gates: readonly Gate[]): string {
  const canonical = gates.map((gate) => [
    gate.name,
    gate.cmd,
    gate.cwd,
    Object.entries(gate.env).toSorted(([one], [other]) => (one < other ? -1 : 1)),
    gate.group,
    gate.optional,
  ]);
  return createHash("sha256").update(JSON.stringify(canonical)).digest("hex");
}

class Reader {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(values: unknown, path = "merge_queue") {
    this.#values = isRecord(values) ? values : {};
    this.#path = path;
  }

  has(key: string): boolean {
    return this.#at(key) !== undefined;
  }

  flag(key: string, initial: boolean): boolean {
    const value = this.#at(key) ?? initial;
    if (typeof value !== "boolean") throw this.wrong(key, "true or false");
    return value;
  }

  count(key: string, initial: number, min: number): number {
    const value = this.#at(key) ?? initial;
    if (typeof value !== "number" || !Number.isInteger(value) || value < min)
      throw this.wrong(key, `an integer >= ${min}`);
    return value;
  }

  text(key: string, initial: string): string {
    const value = this.#at(key) ?? initial;
    if (typeof value !== "string") throw this.wrong(key, "a text");
    return value;
  }

  word<T extends string>(key: string, initial: T, words: readonly T[]): T {
    const value = this.#at(key) ?? initial;
    const found = words.find((word) => word === value);
    if (found === undefined) throw this.wrong(key, `one of ${words.join(", ")}`);
    return found;
  }

  duration(key: string, initial: string): number {
    const value = this.#at(key) ?? initial;
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    if (ms === undefined) throw this.wrong(key, "a duration such as 15m");
    return ms;
  }

  object(key: string): Readonly<Record<string, unknown>> {
    const value = this.#at(key) ?? {};
    if (!isRecord(value)) throw this.wrong(key, "a JSON object");
    return value;
  }

  texts(key: string): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(this.object(key)).map(([name, value]) => [name, String(value)]));
  }

  /** An entry whose name may hold dots. */
  inside(key: string, name: string): Reader {
    return new Reader(this.object(key)[name], `${this.#path}.${key}.${name}`);
  }

  wrong(key: string, expected: string): GtError {
    return new GtError("E_CONFIG", `${this.#path}.${key} must be ${expected}`, {
      hint: "gt rig settings show",
      details: { key: `${this.#path}.${key}`, expected },
    });
  }

  #at(key: string): unknown {
    let at: unknown = this.#values;
    for (const part of key.split(".")) at = isRecord(at) ? at[part] : undefined;
    return at;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
