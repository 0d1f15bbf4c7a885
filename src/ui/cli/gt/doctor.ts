import type { CheckContext } from "../../../agents/doctor/check.ts";
import { allChecks, type CheckResult, runDoctor } from "../../../agents/doctor/doctor.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { findTownRoot } from "../../../core/town/find-town.ts";
import { openTown } from "../../../core/town/open-town.ts";
import type { CommandContext } from "../command.ts";

const marks: Readonly<Record<CheckResult["status"], string>> = {
  ok: "✓",
  info: "·",
  warning: "⚠",
  error: "✖",
};

/** `gt doctor` (spec/07 §8). Works on broken towns. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  if (flags.boolean("list")) return list(context);
  const ids = flags.strings("check");
  const unknown = ids.find((id) => !allChecks.some((check) => check.id === id));
  if (unknown !== undefined)
    throw usageError(`no check named "${sanitiseLine(unknown)}"`, { hint: "gt doctor --list" });

  const flag = flags.string("town");
  const root = findTownRoot({ cwd: context.cwd, env: context.env, ...(flag === undefined ? {} : { flag }) });
  if (root === undefined && !flags.boolean("system")) out.note("not in a town: only the system is checked");
  const hasTown = root !== undefined && !flags.boolean("system");
  const rig = flags.string("rig");
  const category = flags.string("category");
  const results = await runDoctor(contextOf(context, root ?? context.cwd), {
    mode: flags.boolean("fix") ? "fix" : "look",
    hasTown,
    ...(ids.length === 0 ? {} : { ids }),
    ...(category === undefined ? {} : { category }),
    ...(rig === undefined ? {} : { rig }),
  });
  print(context, results);
  const count = (status: CheckResult["status"]) =>
    results.filter((result) => result.status === status).length;
  out.document({
    ok: count("error") === 0,
    town: root ?? null,
    fixed_mode: flags.boolean("fix"),
    summary: {
      passed: count("ok"),
      warnings: count("warning"),
      errors: count("error"),
      fixed: results.filter((result) => result.fixed !== "").length,
      duration_ms: results.reduce((sum, result) => sum + result.durationMs, 0),
    },
    checks: results.map(({ durationMs, ...result }) => ({ ...result, duration_ms: durationMs })),
  });
  if (count("error") > 0) return 1;
  return flags.boolean("strict") && count("warning") > 0 ? 1 : 0;
}

function contextOf(context: CommandContext, root: string): CheckContext {
  return {
    root,
    env: context.env,
    town: () => openTown(root, { env: context.env, onProblem: () => undefined }),
    ledger: context.ledger,
    access: context.access,
  };
}

function list({ out }: CommandContext): number {
  out.document(
    allChecks.map((check) => ({
      id: check.id,
      category: check.category,
      severity: check.severity,
      fixable: isFixable(check),
      summary: check.summary,
    })),
  );
  out.table(
    ["CHECK", "CATEGORY", "SEVERITY", "FIX", "VERIFIES"],
    allChecks.map((check) => [
      check.id,
      check.category,
      check.severity,
      isFixable(check) ? "✓" : "",
      check.summary,
    ]),
  );
  return 0;
}

const isFixable = (check: (typeof allChecks)[number]): boolean =>
  "runForRig" in check ? check.fixRig !== undefined : check.fix !== undefined;

function print({ out, verbose }: CommandContext, results: readonly CheckResult[]): void {
  let category = "";
  for (const result of results) {
    if (result.status === "ok" && !verbose && result.fixed === "") continue;
    if (result.category !== category) {
      category = result.category;
      out.line(category);
    }
    const subject = result.rig === "" ? result.id : `${result.id} (${result.rig})`;
    out.line(`  ${marks[result.status]} ${subject.padEnd(28)} ${sanitiseLine(result.message)}`);
    for (const detail of result.details) out.line(`      ${sanitiseLine(detail)}`);
    if (result.fixed !== "") out.line(`      🔧 ${sanitiseLine(result.fixed)}`);
    if (result.hint !== "") out.line(`      fix: ${sanitiseLine(result.hint)}`);
  }
  const count = (status: CheckResult["status"]) =>
    results.filter((result) => result.status === status).length;
  const fixed = results.filter((result) => result.fixed !== "").length;
  out.line(
    `✓ ${count("ok")} passed  ⚠ ${count("warning")} warnings  ✖ ${count("error")} failed  🔧 ${fixed} fixed`,
  );
}
