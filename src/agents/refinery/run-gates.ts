import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { formatTime } from "../../core/clock.ts";
import type { Gate } from "../../core/merge/merge-settings.ts";
import { GateLog } from "./gate-log.ts";
import { type GateExit, type ProcessGroup, runGateProcess } from "./gate-process.ts";
import { ranNoTests } from "./no-tests.ts";

export interface GateResult {
  readonly gate: string;
  /** `killed`: ended because another one had failed; it has no verdict. */
  readonly verdict: "green" | "red" | "error" | "killed";
  /** Why it is not green: `exit 1`, `timeout`, `signal SIGKILL`, `no tests`, `cannot run: ...`. */
  readonly why: string;
  readonly optional: boolean;
  readonly ms: number;
  readonly log: string;
  readonly tail: readonly string[];
}

export interface GateRun {
  readonly verdict: "green" | "red" | "error" | "cancelled";
  readonly results: readonly GateResult[];
}

export interface GatesRequest {
  readonly gates: readonly Gate[];
  /** Worktree that has exactly the tree checked out. */
  readonly directory: string;
  readonly tip: string;
  /** Beginning of the log files' paths, without the gate's name. */
  readonly logs: string;
  readonly logSuffix: string;
  readonly env: Readonly<Record<string, string>>;
  readonly parallel: boolean;
  readonly failFast: boolean;
  /** The test gate has to run at least one test. */
  readonly testsRequired: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onStart: (gate: Gate, group: ProcessGroup, log: string) => Promise<void>;
  readonly onEnd: (gate: Gate, result: GateResult) => Promise<void>;
}

/** Runs the gates on a tree: `setup` alone, the parallel group, then the serial ones (spec/05 §2.5). */
export async function runGates(request: GatesRequest): Promise<GateRun> {
  const results: GateResult[] = [];
  const { gates } = request;
  const groups = [
    ...gates.filter((gate) => gate.group === "setup").map((gate) => [gate]),
    ...(request.parallel
      ? [gates.filter((gate) => gate.group === "parallel")]
      : gates.filter((gate) => gate.group === "parallel").map((gate) => [gate])),
    ...gates.filter((gate) => gate.group === "serial").map((gate) => [gate]),
  ];
  for (const group of groups) {
    if (request.signal.aborted) break;
    results.push(...(await runGroup(group, request)));
    const hasFailed = results.some((result) => isBad(result));
    if (hasFailed && (request.failFast || group[0]?.group === "setup")) break;
  }
  // A gate that was not reached is as unknown as one that was killed.
  for (const gate of gates)
    if (!results.some((result) => result.gate === gate.name)) results.push(notRun(gate));
  return { verdict: judge(results, request.signal), results };
}

function judge(results: readonly GateResult[], signal: AbortSignal): GateRun["verdict"] {
  const counting = results.filter((result) => !result.optional);
  if (counting.some((result) => result.verdict === "red")) return "red";
  if (counting.some((result) => result.verdict === "error")) return "error";
  if (signal.aborted) return "cancelled";
  return counting.every((result) => result.verdict === "green") ? "green" : "error";
}

async function runGroup(gates: readonly Gate[], request: GatesRequest): Promise<readonly GateResult[]> {
  const group = new AbortController();
  const signal = AbortSignal.any([request.signal, group.signal]);
  return Promise.all(
    gates.map(async (gate) => {
      const result = await runGate(gate, request, signal);
      if (request.failFast && isBad(result)) group.abort();
      return result;
    }),
  );
}

function isBad(result: GateResult): boolean {
  return !result.optional && (result.verdict === "red" || result.verdict === "error");
}

async function runGate(gate: Gate, request: GatesRequest, signal: AbortSignal): Promise<GateResult> {
  const { clock } = request;
  const started = clock.now();
  const path = `${request.logs}-${gate.name.replace(/[^\w.-]/g, "_")}${request.logSuffix}.log`;
  const log = new GateLog(path, `${gate.name} ${request.tip} ${gate.cmd} ${formatTime(started)}`);
  const cwd = join(request.directory, gate.cwd);
  // The tree decides whether its directories exist: that is a verdict, not a broken environment.
  const exit: GateExit = !existsSync(cwd)
    ? { how: "exit", code: 127 }
    : await runGateProcess({
        cmd: gate.cmd,
        cwd,
        env: { ...request.env, GT_GATE: gate.name, ...gate.env },
        timeoutMs: gate.timeoutMs,
        signal,
        onGroup: (group) => request.onStart(gate, group, path),
        onOutput: (bytes) => log.write(bytes),
      });
  const ms = clock.now() - started;
  const tail = log.close(`${describeExit(exit)} ${(ms / 1000).toFixed(1)}s`);
  const judged = judgeExit(exit, gate, tail, request.testsRequired);
  const broken = log.failure;
  const result: GateResult = {
    gate: gate.name,
    ...(broken !== undefined && judged.verdict !== "killed"
      ? { verdict: "error" as const, why: `cannot write the log: ${broken}` }
      : judged),
    optional: gate.optional,
    ms,
    log: path,
    tail,
  };
  await request.onEnd(gate, result);
  return result;
}

function judgeExit(
  exit: GateExit,
  gate: Gate,
  tail: readonly string[],
  testsRequired: boolean,
): Pick<GateResult, "verdict" | "why"> {
  switch (exit.how) {
    case "exit":
      if (exit.code !== 0) return { verdict: "red", why: `exit ${exit.code}` };
      return testsRequired && gate.name === "test" && ranNoTests(tail)
        ? { verdict: "red", why: "no tests" }
        : { verdict: "green", why: "" };
    case "signal":
      return { verdict: "red", why: `signal ${exit.signal}` };
    case "timeout":
      return { verdict: "red", why: "timeout" };
    case "cancelled":
      return { verdict: "killed", why: "cancelled" };
    case "spawn":
      return { verdict: "error", why: `cannot run: ${exit.why}` };
  }
}

function describeExit(exit: GateExit): string {
  switch (exit.how) {
    case "exit":
      return `exit ${exit.code}`;
    case "signal":
      return `exit by ${exit.signal}`;
    case "spawn":
      return `exit: ${exit.why}`;
    default:
      return `exit: ${exit.how}`;
  }
}

function notRun(gate: Gate): GateResult {
  return {
    gate: gate.name,
    verdict: "killed",
    why: "not run",
    optional: gate.optional,
    ms: 0,
    log: "",
    tail: [],
  };
}
