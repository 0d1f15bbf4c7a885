import { existsSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { type ConditionFacts, evaluateCondition } from "../../core/formulas/evaluate-condition.ts";
import { moleculeAbove } from "../../core/formulas/molecule.ts";
import { stepRecord } from "../../core/formulas/molecule-record.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { GateFacts } from "./decide-gate.ts";

/** Whether the condition of a gate holds in the molecule whose step it holds back (spec/02 §8.4). */
export async function conditionFacts(
  ledger: Ledger,
  gate: Bead,
  held: Bead | undefined,
  worktree: string | undefined,
): Promise<GateFacts> {
  const root = held === undefined ? undefined : await moleculeAbove(ledger, held);
  if (held === undefined || root === undefined)
    return { kind: "unknown", why: `${gate.id} holds back no step of a molecule` };
  const below = await ledger.find({ under: root.id });
  const edges = (await ledger.edges(below.map(({ id }) => id))).filter(({ type }) => type === "parent-child");
  const beads = new Map(below.map((bead) => [bead.id, bead]));
  const steps = new Map(
    below.flatMap((bead) => [stepRecord(bead)].flatMap((step) => (step ? [[step.id, bead] as const] : []))),
  );
  const childrenOf = (id: string): readonly Bead[] =>
    edges.flatMap(({ from, to }) => (to === id ? (beads.get(from) ?? []) : []));
  const descendantsOf = (id: string): readonly Bead[] =>
    childrenOf(id).flatMap((child) => [child, ...descendantsOf(child.id)]);
  const idOf = (step: string): string => steps.get(step)?.id ?? step;
  const facts: ConditionFacts = {
    step: stepRecord(held)?.id ?? held.id,
    steps,
    children: (step) => childrenOf(idOf(step)),
    descendants: (step) => descendantsOf(idOf(step)),
    fileExists: (path) => (worktree === undefined ? undefined : isInside(worktree, path)),
    env: process.env,
  };
  const answer = evaluateCondition(gate.awaitId, facts);
  return typeof answer === "object"
    ? { kind: "unknown", why: answer.unknown }
    : { kind: "condition", holds: answer === "true" };
}

/** Only below the worktree: a condition cannot ask about the rest of the machine. */
function isInside(worktree: string, path: string): boolean {
  const file = resolve(worktree, path);
  const place = relative(worktree, file);
  return !isAbsolute(path) && place !== "" && !place.startsWith("..") && existsSync(join(worktree, place));
}
