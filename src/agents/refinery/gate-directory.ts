import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { QueueContext } from "./queue-context.ts";
import { type GateRun, runGates } from "./run-gates.ts";

export interface GateDirectoryRequest {
  /** Worktree that has the commit checked out. */
  readonly directory: string;
  readonly tip: string;
  readonly base: string;
  readonly target: string;
  /** Name of the directory for the logs. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Runs the rig's gates outside a run of the queue: for `gt mq verify` and for landing an integration branch. */
export function gateDirectory(context: QueueContext, request: GateDirectoryRequest): Promise<GateRun> {
  const { rig, settings, access } = context;
  const logs = join(rig.runtime, "mq", request.name);
  mkdirSync(logs, { recursive: true });
  return runGates({
    gates: settings.gates,
    directory: request.directory,
    tip: request.tip,
    logs: join(logs, String(access.clock.now())),
    logSuffix: "",
    env: {
      ...cleanEnvironment(),
      CI: "1",
      GT_RIG: rig.name,
      GT_TARGET: request.target,
      GT_BASE_SHA: request.base,
      GT_TIP_SHA: request.tip,
    },
    parallel: settings.gatesParallel,
    failFast: settings.gatesFailFast,
    testsRequired: settings.testsRequired,
    clock: access.clock,
    signal: request.signal,
    onStart: async () => {},
    onEnd: async (_gate, result) =>
      context.tell(`  gate ${result.gate}: ${result.verdict} ${result.why}`.trimEnd()),
  });
}

/** What a gate inherits: nothing of the town's, nothing of a surrounding git (spec/05 §2.5 step 3). */
export function cleanEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && !/^(?:GT_|BD_|BEADS_|GIT_(?:DIR|WORK_TREE|INDEX_FILE)$)/.test(name))
      environment[name] = value;
  return environment;
}
