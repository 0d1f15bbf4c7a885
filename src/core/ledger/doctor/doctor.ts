import { platform } from "node:os";
import { formatTime } from "../../clock.ts";
import { beadChecks } from "./bead-checks.ts";
import type { Check, DoctorContext } from "./check.ts";
import { databaseChecks } from "./database-checks.ts";
import { translate } from "../store/database.ts";
import { fileChecks } from "./file-checks.ts";
import { type Finding, problem } from "./finding.ts";

export const ledgerChecks: readonly Check[] = [...databaseChecks, ...beadChecks, ...fileChecks];

export interface CheckReport {
  readonly name: string;
  readonly category: string;
  readonly status: "ok" | "warning" | "error";
  readonly message: string;
  readonly detail?: readonly string[];
  readonly fix?: string;
  /** Whether `--fix` can put it right. */
  readonly fixable: boolean;
}

export interface DoctorReport {
  readonly path: string;
  readonly checks: readonly CheckReport[];
  readonly isHealthy: boolean;
  readonly timestamp: string;
  readonly platform: string;
  readonly suppressed: number;
}

export interface DoctorOptions {
  /** Only the check of this name. */
  readonly only?: string;
  /** Names whose warnings are not shown (config `doctor.suppress.<name>`). */
  readonly suppressed?: ReadonlySet<string>;
}

/** Looks at everything that may be wrong with a ledger; changes nothing. */
export async function examineLedger(
  context: DoctorContext,
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const checks: CheckReport[] = [];
  let suppressed = 0;
  for (const check of chosen(options)) {
    const finding = await findingOf(check, context);
    if (finding.status === "warning" && options.suppressed?.has(check.name) === true) {
      suppressed++;
      continue;
    }
    checks.push({
      name: check.name,
      category: check.category,
      ...finding,
      fixable: finding.status !== "ok" && check.repair !== undefined,
    });
  }
  return {
    path: context.ledger.path,
    checks,
    isHealthy: checks.every(({ status }) => status !== "error"),
    timestamp: formatTime(context.ledger.clock.now()),
    platform: platform(),
    suppressed,
  };
}

/** Puts right what can be put right without losing anything; returns the names of the checks it worked on. */
export async function repairLedger(
  context: DoctorContext,
  options: DoctorOptions = {},
): Promise<readonly string[]> {
  const repaired: string[] = [];
  for (const check of chosen(options)) {
    if (check.repair === undefined || (await findingOf(check, context)).status === "ok") continue;
    await check.repair(context);
    repaired.push(check.name);
  }
  return repaired;
}

/** A check that cannot even be made has found something too. */
async function findingOf(check: Check, context: DoctorContext): Promise<Finding> {
  try {
    return await check.examine(context);
  } catch (error) {
    const why = translate(error, context.ledger.path);
    return problem("error", why instanceof Error ? why.message : String(why));
  }
}

function chosen({ only }: DoctorOptions): readonly Check[] {
  return only === undefined ? ledgerChecks : ledgerChecks.filter(({ name }) => name === only);
}
