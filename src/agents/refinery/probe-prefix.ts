import { join } from "node:path";
import { crashPoint } from "../../core/crash-point.ts";
import { runGit } from "../../core/git/git.ts";
import type { Fact } from "../../core/merge/queue-state.ts";
import { observe } from "./finalise.ts";
import { cleanEnvironment } from "./gate-directory.ts";
import type { QueueContext } from "./queue-context.ts";
import { type GateResult, runGates } from "./run-gates.ts";
import type { RunProbe } from "../../core/merge/run-record.ts";
import type { RunWriter } from "./run-writer.ts";
import { checkOut, type Slot, slotOf } from "./slot.ts";
import { rememberGreen } from "./verdict-store.ts";

export interface ProbeRequest {
  readonly prefix: number;
  readonly attempt: number;
  /** Names of the gates to run again; all when left out. */
  readonly only?: readonly string[];
  readonly slot: number;
  readonly signal: AbortSignal;
}

type GatedFact = Extract<Fact, { readonly t: "gated" }>;

/** Runs the gates on one prefix of the stack and records everything about it (spec/05 §2.5). */
export async function probePrefix(
  context: QueueContext,
  writer: RunWriter,
  request: ProbeRequest,
): Promise<GatedFact> {
  const { run } = writer;
  const { rig, settings } = context;
  const { ledger, clock } = context.access;
  const { prefix, attempt } = request;
  const sha = prefix === 0 ? run.base : (run.items[prefix - 1]?.landing ?? run.base);
  const tree =
    run.items[prefix - 1]?.tree ?? (await runGit(rig.repository, ["rev-parse", "--verify", `${sha}^{tree}`]));
  const slot = slotOf(rig, request.slot);
  const answer = (verdict: GatedFact["verdict"], failed: readonly string[]): GatedFact => ({
    t: "gated",
    prefix,
    attempt,
    verdict,
    failed,
  });
  await writer.update((before) => ({ ...before, state: "gating", gateRuns: before.gateRuns + 1 }));
  try {
    await checkOut(rig, slot, sha, settings.gateClean);
  } catch (error) {
    return answer("error", [`checkout: ${error instanceof Error ? error.message : String(error)}`]);
  }
  if (request.signal.aborted) return answer("error", ["cancelled"]);
  const gates = settings.gates.filter((gate) => request.only?.includes(gate.name) ?? true);
  const result = await runGates({
    gates,
    directory: slot.directory,
    tip: sha,
    logs: join(rig.runtime, "mq", run.id, `${String(run.gateRuns + 1).padStart(2, "0")}-${prefix}`),
    logSuffix: attempt > 1 ? `-r${attempt - 1}` : "",
    env: gateEnvironment(context, writer, sha, slot, prefix),
    parallel: settings.gatesParallel,
    failFast: settings.gatesFailFast,
    testsRequired: settings.testsRequired,
    clock,
    signal: request.signal,
    onStart: async (gate, group, log) => {
      const probe: RunProbe = {
        prefix,
        attempt,
        gate: gate.name,
        tree,
        log,
        startedAt: clock.now(),
        pgid: group.pgid,
        started: group.startedAt,
      };
      await writer.update((before) => ({
        ...before,
        heartbeat: clock.now(),
        probes: [...before.probes, probe],
      }));
      crashPoint("mq.gate.started");
    },
    onEnd: (_gate, ended) => recordEnd(context, writer, prefix, attempt, ended),
  });
  crashPoint("mq.gate.done");
  if (result.verdict === "cancelled") return answer("error", ["cancelled"]);
  const failed = result.results.filter((each) => each.verdict !== "green" && !each.optional);
  if (result.verdict === "green") {
    await ledger.write(context.actor, [rememberGreen(context, tree, run.id)]);
    if (request.only !== undefined) await reportFlakes(context, writer, tree, request.only);
  }
  if (result.verdict === "red") {
    const isFinal = failed.some(
      (each) => each.verdict === "red" && hasNoRetryLeft(context, writer, prefix, each.gate),
    );
    return {
      ...answer(
        "red",
        failed.map((each) => each.gate),
      ),
      isFinal,
    };
  }
  const details = failed.map((each) => (each.verdict === "error" ? `${each.gate}: ${each.why}` : each.gate));
  return answer(result.verdict, details);
}

/** A gate may have a number of re-runs of its own (`gates.<name>.retry`): one that has used them up decides. */
function hasNoRetryLeft(context: QueueContext, writer: RunWriter, prefix: number, name: string): boolean {
  const { gates, policy } = context.settings;
  const retries = gates.find((gate) => gate.name === name)?.retry ?? policy.retryFlaky;
  const reds = writer.run.probes.filter(
    (probe) => probe.prefix === prefix && probe.gate === name && probe.verdict === "red",
  );
  return reds.length > retries;
}

async function recordEnd(
  context: QueueContext,
  writer: RunWriter,
  prefix: number,
  attempt: number,
  result: GateResult,
): Promise<void> {
  const keepsTail = result.verdict === "red" || result.verdict === "error";
  await writer.update((before) => ({
    ...before,
    probes: before.probes.map((probe) =>
      probe.prefix === prefix && probe.attempt === attempt && probe.gate === result.gate
        ? {
            ...probe,
            verdict: result.verdict,
            why: result.why,
            ms: result.ms,
            ...(keepsTail ? { tail: result.tail } : {}),
          }
        : probe,
    ),
  }));
  context.tell(
    `  gate ${result.gate} on prefix ${prefix}: ${result.verdict}${result.why === "" ? "" : ` (${result.why})`} ${(result.ms / 1000).toFixed(1)}s`,
  );
  await observe(context, "gate_finished", {
    batch: writer.run.id,
    prefix,
    gate: result.gate,
    verdict: result.verdict,
    ms: result.ms,
    log: result.log,
  });
}

/** The daemon's environment without anything of the town's or of a surrounding git (spec/05 §2.5 step 3). */
function gateEnvironment(
  context: QueueContext,
  writer: RunWriter,
  sha: string,
  slot: Slot,
  prefix: number,
): Readonly<Record<string, string>> {
  const { run } = writer;
  return {
    ...cleanEnvironment(),
    CI: "1",
    GT_RIG: context.rig.name,
    GT_TARGET: run.target,
    GT_BASE_SHA: run.base,
    GT_TIP_SHA: sha,
    GT_MRS: run.items
      .slice(0, prefix)
      .map((item) => item.id)
      .join(" "),
    GT_SLOT: String(slot.number),
  };
}

const dayMs = 24 * 60 * 60_000;
const flakesBeforeEscalation = 5;

/** A gate that failed and then passed on the same tree (spec/05 §2.5). */
async function reportFlakes(
  context: QueueContext,
  writer: RunWriter,
  tree: string,
  gates: readonly string[],
): Promise<void> {
  const { ledger, clock } = context.access;
  const really = gates.filter((gate) =>
    writer.run.probes.some((probe) => probe.gate === gate && probe.tree === tree && probe.verdict === "red"),
  );
  for (const gate of really) {
    const key = `${context.rig.name}/${gate}`;
    const before = await ledger.row<readonly number[]>("merge_flakes", key);
    const now = clock.now();
    const recent = [...(before?.value ?? []).filter((at) => now - at < dayMs), now];
    const { escalation } = await import("./escalate.ts");
    const asked =
      recent.length === flakesBeforeEscalation
        ? await escalation(context, {
            severity: "low",
            topic: `flaky:${gate}`,
            title: `Gate ${gate} is flaky`,
            reason: `${recent.length} times in a day it failed and then passed on the same tree.`,
          })
        : [];
    await ledger.write(context.actor, [
      { op: "putRow", table: "merge_flakes", key, value: recent },
      {
        op: "event",
        event: {
          type: "gate_flaky",
          visibility: "audit",
          payload: { batch: writer.run.id, gate, tree, mrs: writer.run.ids, rig: context.rig.name },
        },
      },
      ...asked,
    ]);
  }
}
