import { ghIn } from "../../../agents/github/run-gh.ts";
import { decideGate, type GateFacts, type GateVerdict } from "../../../agents/gates/decide-gate.ts";
import { discoverRun } from "../../../agents/gates/github-facts.ts";
import {
  type GateWorld,
  ghFor,
  isRunNumber,
  observeGate,
  runWish,
} from "../../../agents/gates/observe-gate.ts";
import { isEscalationDue, settlingGate } from "../../../agents/gates/settle-gate.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { gateTypes } from "./gate.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd gate check`: opens the gates whose condition holds, and tells of those that failed (spec/02 §14.5). */
export async function check(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  const wanted = flags.string("type") ?? "all";
  if (![...gateTypes, "gh", "all"].includes(wanted)) {
    throw usageError(`--type: "${sanitiseLine(wanted)}" is not possible`, {
      why: [`one of: ${[...gateTypes, "gh", "all"].join(", ")}`],
    });
  }
  const limit = flags.integer("limit") ?? 100;
  if (limit < 0) throw usageError("--limit cannot be negative");
  const workspace = await openWorkspace(context);
  const isDry = flags.boolean("dry-run");
  const gates = (await openGates(workspace, wanted)).slice(0, limit === 0 ? undefined : limit);
  const world = await gateWorld(context, workspace);
  const results: { id: string; result: string; reason: string }[] = [];
  for (const gate of gates) {
    const result = await checkOne(context, workspace, world, gate);
    results.push({ id: gate.id, ...result });
    const shown = result.result === "escalated" || result.result === "failed" ? "ESCALATE" : result.result;
    if (result.result === "error") out.error(`Error: ${gate.id}: ${sanitiseLine(result.reason)}`);
    else out.line(`${gate.id}: ${shown} (${sanitiseLine(result.reason)})`);
  }
  const count = (name: string) => results.filter(({ result }) => result === name).length;
  const [resolved, escalated, errors] = [count("resolved"), count("escalated"), count("error")];
  out.document({ checked: gates.length, resolved, escalated, errors, dry_run: isDry, results });
  if (gates.length === 0) out.line("No gates to check");
  if (count("failed") > 0)
    out.note("hint: bd gate check --escalate, or bd gate resolve <id>, or bd gate retry <id>");
  return errors > 0 && errors === gates.length ? 1 : 0;
}

async function openGates({ ledger }: Workspace, wanted: string): Promise<readonly Bead[]> {
  const gates = await ledger.find({ type: "gate", notStatus: "closed", sort: "oldest" });
  return gates.filter(({ awaitType }) => {
    if (awaitType === "" || awaitType === "human") return false;
    return wanted === "all" || awaitType === wanted || (wanted === "gh" && awaitType.startsWith("gh:"));
  });
}

/** One gate; whatever goes wrong with it is its result and does not stop the others. */
async function checkOne(
  context: CommandContext,
  workspace: Workspace,
  world: GateWorld,
  gate: Bead,
): Promise<{ readonly result: string; readonly reason: string }> {
  const isDry = context.flags.boolean("dry-run");
  try {
    const { facts, verdict } = await verdictOf(world, gate, workspace.now);
    const operations = settlingGate(gate, facts, verdict, workspace.now);
    if (!isDry && operations.length > 0) await workspace.write(operations);
    if (verdict.is === "met") return { result: "resolved", reason: verdict.why };
    if (verdict.is === "unknown") return { result: "error", reason: verdict.why };
    if (verdict.is !== "failed") return { result: "pending", reason: verdict.why };
    if (!context.flags.boolean("escalate") || !isEscalationDue(gate, workspace.now))
      return { result: "failed", reason: verdict.why };
    if (!isDry) await escalate(context, workspace, gate, verdict.why);
    return { result: "escalated", reason: verdict.why };
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    return { result: "error", reason: error.message };
  }
}

async function verdictOf(
  world: GateWorld,
  gate: Bead,
  now: number,
): Promise<{ readonly facts: GateFacts; readonly verdict: GateVerdict }> {
  const facts = await observeGate(world, gate);
  return { facts, verdict: decideGate(gate, facts, now) };
}

/** Whether a gate's condition holds now, for somebody who wants to close it by hand (spec/01 §4.6). */
export async function gateVerdict(
  context: CommandContext,
  workspace: Workspace,
  gate: Bead,
): Promise<GateVerdict> {
  return (await verdictOf(await gateWorld(context, workspace), gate, workspace.now)).verdict;
}

async function escalate(
  context: CommandContext,
  { town }: Workspace,
  gate: Bead,
  why: string,
): Promise<void> {
  if (town === undefined)
    throw new GtError("E_NO_TOWN", `${why}; there is nobody to escalate to outside a town`);
  const { escalateGate } = await import("../../../agents/gates/escalate-gate.ts");
  for (const warning of await escalateGate(await context.access(), gate, why)) context.out.warn(warning);
}

/** `bd gate discover`: fills in the numbers of the runs that `gh:run` gates wait for. */
export async function discover(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const limit = flags.integer("limit") ?? 10;
  if (limit < 1) throw usageError("--limit must be at least 1");
  const maxAgeMs = flags.duration("max-age") ?? 30 * 60_000;
  const branch = flags.string("branch");
  const workspace = await openWorkspace(context);
  const world = await gateWorld(context, workspace);
  const isDry = flags.boolean("dry-run");
  const gates = (await openGates(workspace, "gh:run")).filter(({ awaitId }) => !isRunNumber(awaitId));
  const found: { id: string; run: number | null; workflow: string }[] = [];
  for (const gate of gates) {
    const wish = await runWish(world, gate, {
      createdAfter: workspace.now - maxAgeMs,
      ...(branch === undefined ? {} : { branch }),
    });
    const run = await discoverRun(ghFor(world, gate), wish, { limit });
    found.push({ id: gate.id, run: run?.number ?? null, workflow: run?.workflow ?? "" });
    if (run === undefined) {
      out.line(`${gate.id}: no run yet`);
      continue;
    }
    if (!isDry) {
      await workspace.write([
        { op: "expect", id: gate.id, expected: { rev: gate.rev } },
        {
          op: "update",
          id: gate.id,
          fields: { awaitId: String(run.number), metadata: { gate: { workflow: gate.awaitId } } },
        },
      ]);
    }
    out.line(`${gate.id}: run ${run.number} (${sanitiseLine(run.workflow)} on ${sanitiseLine(run.branch)})`);
  }
  out.document({ discovered: found.filter(({ run }) => run !== null).length, gates: found, dry_run: isDry });
  if (gates.length === 0) out.line("No gates wait for a run without a number");
}

async function gateWorld({ cwd, env }: CommandContext, workspace: Workspace): Promise<GateWorld> {
  const { ledgerPlace } = await import("./ledger-place.ts");
  const { scopes } = ledgerPlace({ ...workspace, env });
  return {
    ledger: workspace.ledger,
    repository: (scope) => scopes.find((place) => place.scope === scope)?.repository ?? cwd,
    gh: ghIn,
  };
}
