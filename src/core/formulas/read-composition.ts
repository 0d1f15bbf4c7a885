import { type BondPoint, type Composition, emptyComposition, type FormulaSettings } from "./formula.ts";
import { defined } from "./read-steps.ts";
import type { TableReader } from "./read-table.ts";
import { isRuntimeCondition, runtimeConditionForms } from "./runtime-condition.ts";

/** `[compose]` of a workflow (spec/02 §2.10). */
export function readComposition(table: TableReader | undefined, formula: string): Composition {
  if (table === undefined) return emptyComposition;
  const composition: Composition = {
    expand: table
      .tables("expand")
      .map((rule) => ({ target: need(rule, "target", "F045"), ...use(rule, formula) })),
    map: table.tables("map").map((rule) => ({ select: need(rule, "select", "F045"), ...use(rule, formula) })),
    aspects: [...new Set(table.texts("aspects"))],
    branch: table.tables("branch").map((rule) => {
      const branch = {
        from: need(rule, "from", "F051"),
        steps: rule.texts("steps"),
        join: need(rule, "join", "F051"),
        source: { formula, location: rule.path },
      };
      if (branch.steps.length === 0)
        rule.log.add("F051", rule.at("steps"), "the branch has no steps", { fix: 'steps = ["one", "two"]' });
      rule.finish();
      return branch;
    }),
    gate: table.tables("gate").map((rule) => {
      const gate = {
        before: need(rule, "before", "F052"),
        condition: need(rule, "condition", "F052"),
        source: { formula, location: rule.path },
      };
      if (gate.condition !== "" && !isRuntimeCondition(gate.condition))
        rule.log.add("F052", rule.at("condition"), `"${gate.condition}" is not understood`, {
          fix: runtimeConditionForms,
        });
      rule.finish();
      return gate;
    }),
    bondPoints: table.tables("bond_points").map((point) => readBondPoint(point, formula)),
  };
  if (table.has("hooks"))
    table.log.warn("F006", table.at("hooks"), "hooks are not carried out", {
      fix: "bond the formula to the bead: bd mol bond <bead> <formula>",
    });
  table.finish();
  return composition;
}

function use(rule: TableReader, formula: string) {
  const parts = {
    with: need(rule, "with", "F046"),
    vars: rule.textTable("vars"),
    source: { formula, location: rule.path },
  };
  rule.has("target");
  rule.has("select");
  rule.finish();
  return parts;
}

function need(rule: TableReader, key: string, code: string): string {
  const text = rule.text(key);
  if (text === undefined || text === "")
    rule.log.add(code, rule.at(key), `${key} is missing`, { fix: `add ${key} = "..."` });
  return text ?? "";
}

function readBondPoint(table: TableReader, formula: string): BondPoint {
  const id = table.text("id") ?? "";
  const afterStep = table.text("after_step");
  const beforeStep = table.text("before_step");
  if (id === "") table.log.add("F053", table.at("id"), "a bond point has no id", { fix: 'add id = "name"' });
  if ((afterStep === undefined) === (beforeStep === undefined))
    table.log.add("F053", table.path, "a bond point has one of after_step and before_step", {
      fix: 'for example: after_step = "build"',
    });
  const point: BondPoint = {
    id,
    description: table.text("description") ?? "",
    parallel: table.flag("parallel") ?? false,
    source: { formula, location: table.path },
    ...defined({ afterStep, beforeStep }),
  };
  table.finish();
  return point;
}

const wispTypes = ["patrol", "heartbeat", "ping", "gc_report", "recovery", "error", "escalation"] as const;

/** The keys at the top that say how molecules are made and worked (spec/02 §2.2). */
export function readFormulaSettings(top: TableReader): FormulaSettings {
  const squash = top.table("squash");
  const settings: FormulaSettings = defined({
    pour: top.flag("pour"),
    phase: top.choice("phase", ["liquid", "vapor"]),
    wispType: top.choice("wisp_type", wispTypes),
    agent: top.text("agent"),
    reviewOnly: top.flag("review_only"),
    dispatchFormula: top.text("dispatch_formula"),
    freshSession: top.flag("fresh_session"),
    squash:
      squash === undefined
        ? undefined
        : {
            trigger: squash.choice("trigger", ["on_complete", "manual"]) ?? "manual",
            includeMetrics: squash.flag("include_metrics") ?? false,
          },
  });
  squash?.finish();
  return settings;
}
