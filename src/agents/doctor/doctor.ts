import { GtError } from "../../core/gt-error.ts";
import type { Rig } from "../../core/town/town.ts";
import type { Check, CheckCategory, CheckContext, Finding, RigCheck, Severity } from "./check.ts";
import { coreChecks } from "./core-checks.ts";
import { escalationCheck } from "./escalation-check.ts";
import { formulaChecks } from "./formula-checks.ts";
import { ledgerChecks } from "./ledger-checks.ts";
import { moleculeChecks } from "./molecule-checks.ts";
import { rigChecks, unregisteredRigs } from "./rig-checks.ts";
import { serviceChecks } from "./service-checks.ts";
import { systemChecks } from "./system-checks.ts";

export interface DoctorOptions {
  /** Puts right what can be, then looks again. */
  readonly mode: "look" | "fix";
  /** Only these ids. */
  readonly ids?: readonly string[];
  readonly category?: string;
  readonly rig?: string;
  /** Without a town only the system is looked at. */
  readonly hasTown: boolean;
  /** Told each result as soon as it is known. */
  readonly onResult?: (result: CheckResult) => void;
}

export interface CheckResult {
  readonly id: string;
  readonly category: CheckCategory;
  readonly severity: Severity;
  readonly status: "ok" | "warning" | "error" | "info";
  readonly message: string;
  readonly details: readonly string[];
  readonly rig: string;
  readonly fixable: boolean;
  /** What the fix has done; empty when there was none. */
  readonly fixed: string;
  readonly hint: string;
  readonly durationMs: number;
}

const limitMs = 30_000;

/** Every check by category, in the order in which they run and are shown. */
export const allChecks: readonly (Check | RigCheck)[] = [
  ...systemChecks,
  ...coreChecks,
  escalationCheck,
  ...formulaChecks,
  ...ledgerChecks,
  ...moleculeChecks,
  ...serviceChecks,
  ...rigChecks,
  unregisteredRigs,
];

/** Looks a town over (spec/07 §8). A check that fails or hangs is a result of its own and stops no other. */
export async function runDoctor(
  context: CheckContext,
  options: DoctorOptions,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of allChecks) {
    if (options.ids !== undefined && !options.ids.includes(check.id)) continue;
    if (options.category !== undefined && check.category.toLowerCase() !== options.category.toLowerCase())
      continue;
    if (!options.hasTown && check.category !== "System") continue;
    for (const single of singles(check, context, options)) {
      const result = await perform(single, context, options);
      results.push(result);
      options.onResult?.(result);
    }
  }
  return results;
}

interface Single {
  readonly check: Check | RigCheck;
  readonly rig: string;
  readonly run: (context: CheckContext) => Promise<Finding | undefined>;
  readonly fix: ((context: CheckContext) => Promise<string>) | undefined;
}

/** One entry per check, or per check and rig. */
function singles(check: Check | RigCheck, context: CheckContext, options: DoctorOptions): readonly Single[] {
  if (!("runForRig" in check)) return [{ check, rig: "", run: check.run, fix: check.fix }];
  let rigs: readonly Rig[] = [];
  try {
    rigs = context.town().rigs();
  } catch {
    // A broken town or registry is the finding of another check.
  }
  return rigs
    .filter((rig) => options.rig === undefined || rig.name === options.rig)
    .map((rig) => ({
      check,
      rig: rig.name,
      run: (given) => check.runForRig(given, rig),
      fix:
        check.fixRig === undefined ? undefined : (given) => check.fixRig?.(given, rig) ?? Promise.resolve(""),
    }));
}

async function perform(single: Single, context: CheckContext, options: DoctorOptions): Promise<CheckResult> {
  const { check, rig, run, fix } = single;
  const began = performance.now();
  const found = await look(run, context);
  let finding = found;
  let fixed = "";
  if (found !== undefined && options.mode === "fix" && fix !== undefined) {
    try {
      fixed = await withLimit(fix(context), check.fixTimeoutMs);
      finding = await look(run, context);
    } catch (error) {
      const hint = error instanceof GtError && error.hint !== undefined ? ` (${error.hint})` : "";
      const failure = `the fix failed: ${error instanceof Error ? error.message : String(error)}${hint}`;
      finding = { ...found, details: [...(found.details ?? []), failure] };
    }
  }
  const severity = finding?.severity ?? check.severity;
  return {
    id: check.id,
    category: check.category,
    severity: check.severity,
    status: finding === undefined ? "ok" : severity,
    message: finding?.message ?? check.summary,
    details: finding?.details ?? [],
    rig,
    fixable: fix !== undefined,
    fixed,
    hint:
      finding === undefined
        ? ""
        : (finding.hint ?? (fix === undefined ? "" : `gt doctor --fix --check ${check.id}`)),
    durationMs: Math.round(performance.now() - began),
  };
}

async function look(run: Single["run"], context: CheckContext): Promise<Finding | undefined> {
  try {
    return await withLimit(run(context));
  } catch (error) {
    return {
      severity: "error",
      message: `check failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

async function withLimit<T>(work: Promise<T>, ms = limitMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
