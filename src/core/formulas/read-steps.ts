import {
  type Advice,
  type Gate,
  gateTypes,
  type Loop,
  type OnComplete,
  type Pointcut,
  type Script,
  type Step,
  stepTypes,
  type WaitsFor,
} from "./formula.ts";
import { readCondition } from "./condition.ts";
import { isTable } from "./parse-text.ts";
import type { TableReader } from "./read-table.ts";
import { isRuntimeCondition, runtimeConditionForms } from "./runtime-condition.ts";

/** Of which list a step is: what it may have differs (spec/02 §2.4, §2.8, §2.9). */
export type StepKind = "step" | "template" | "advice";

const slug = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;
const tiers = ["fast", "standard", "deep"] as const;

const gone: Readonly<Record<string, string>> = {
  parallel: "remove it: steps without an edge between them are parallel already",
  repeat: "use loop",
  pour: "pour belongs at the top of the file",
  ...Object.fromEntries(
    ["min_mmlu", "min_swe", "max_cost", "provider", "requires", "access_type"].map((key) => [
      key,
      'use tier = "fast", "standard" or "deep"',
    ]),
  ),
};

/** The steps of one list, in order. */
export function readSteps(readers: readonly TableReader[], kind: StepKind, formula: string): readonly Step[] {
  return readers.map((reader) => readStep(reader, kind, formula));
}

function readStep(reader: TableReader, kind: StepKind, formula: string): Step {
  const id = readId(reader, kind);
  const expand = reader.text("expand");
  const title = reader.text("title");
  const isUntitled = title === undefined ? !reader.has("title") : title.trim() === "";
  if (isUntitled && expand === undefined && kind !== "advice")
    reader.log.add("F017", reader.at("title"), `step "${id}" has no title`, {
      fix: 'add title = "...", or expand = "<formula>"',
    });
  const children = readSteps(reader.tables("children"), kind, formula);
  const loop = readLoop(reader, kind, formula);
  const gate = readGate(reader);
  const script = readScript(reader);
  const interactive = reader.flag("interactive");
  if (script !== undefined && (interactive === true || children.length > 0 || expand !== undefined))
    reader.log.add("F030", reader.at("run"), "run does not go with interactive, children or expand");
  if (loop !== undefined && (expand ?? script ?? gate) !== undefined)
    reader.log.add("F024", reader.at("loop"), "loop does not go with expand, run or gate on the same step", {
      fix: "put them on the steps of the body",
    });
  const onComplete = readOnComplete(reader, kind);
  const condition = reader.text("condition");
  if (condition !== undefined) readCondition(condition, reader.log, reader.at("condition"));
  const step: Step = {
    id,
    title: title ?? "",
    description: reader.text("description") ?? "",
    needs: [...new Set([...reader.texts("needs"), ...reader.texts("depends_on")])],
    labels: reader.texts("labels"),
    conditions: condition === undefined ? [] : [condition],
    children,
    expandVars: reader.textTable("expand_vars"),
    source: { formula, location: reader.path },
    ...defined({
      type: children.length > 0 ? "epic" : reader.choice("type", stepTypes, "F022"),
      priority: readPriority(reader),
      acceptance: reader.text("acceptance"),
      notes: reader.text("notes"),
      metadata: readMetadata(reader),
      assignee: reader.text("assignee"),
      waitsFor: readWaitsFor(reader),
      loop,
      expand,
      gate,
      onComplete,
      interactive,
      agent: reader.text("agent"),
      model: reader.text("model"),
      tier: reader.choice("tier", tiers),
      script,
    }),
  };
  if (children.length > 0) reader.has("type");
  reader.finish(gone);
  return step;
}

/** The same object without what is undefined. */
export function defined<T extends object>(parts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function readId(reader: TableReader, kind: StepKind): string {
  const id = reader.text("id");
  if (id === undefined || id === "") {
    if (id === "" || !reader.has("id"))
      reader.log.add("F014", reader.at("id"), "a step has no id", { fix: 'add id = "name"' });
    return "";
  }
  if (!isStepId(id))
    reader.log.add("F015", reader.at("id"), `"${id}" is not a step id`, {
      fix: "letters, digits, - and _, in parts joined by dots, at most 120 characters",
    });
  const placeholder = kind === "template" ? "{target}" : kind === "advice" ? "{step.id}" : "";
  // A body's ids get the loop's name in front, so the placeholder is there already.
  if (!id.includes(placeholder) && !reader.path.includes(".body["))
    reader.log.add("F047", reader.at("id"), `the id "${id}" lacks ${placeholder}`, {
      why: "without it, two uses of this formula would make steps of one id",
      fix: `for example: id = "${placeholder}${kind === "template" ? "." : "-"}${id}"`,
    });
  return id;
}

/** Placeholders count as a letter. */
export function isStepId(id: string): boolean {
  return id.length <= 120 && slug.test(id.replace(/\{[A-Za-z_][\w.]*\}/g, "x"));
}

function readPriority(reader: TableReader): number | undefined {
  const priority = reader.integer("priority");
  if (priority === undefined || (priority >= 0 && priority <= 4)) return priority;
  reader.log.add("F021", reader.at("priority"), `priority ${priority} is not 0 to 4`, {
    fix: "0 is critical, 2 the default, 4 the backlog",
  });
  return undefined;
}

const reservedMetadata = ["mol", "step", "attachment"];

function readMetadata(reader: TableReader): Readonly<Record<string, unknown>> | undefined {
  const table = reader.table("metadata");
  if (table === undefined) return undefined;
  for (const key of reservedMetadata)
    if (table.has(key))
      table.log.add("F005", table.at(key), `"${key}" is reserved`, { fix: "choose another key" });
  return plainTable(table);
}

function plainTable(table: TableReader): Readonly<Record<string, unknown>> {
  return Object.fromEntries(table.keys().map((key) => [key, plainValue(table, key, table.value(key))]));
}

/** What JSON can hold; dates and integers beyond the safe range are refused. */
function plainValue(table: TableReader, key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((part, index) => plainValue(table, `${key}[${index}]`, part));
  if (isTable(value)) {
    const inner = table.table(key);
    return inner === undefined ? value : plainTable(inner);
  }
  if (typeof value === "bigint" || value instanceof Date)
    table.wrongType(key, "a string, number, boolean, list or table", value, `${key} = "text"`);
  return value;
}

function readWaitsFor(reader: TableReader): WaitsFor | undefined {
  const text = reader.text("waits_for");
  if (text === undefined) return undefined;
  if (text === "all-children" || text === "any-children") return { gate: text };
  const spawner = /^children-of\(\s*([^()\s]+)\s*\)$/.exec(text)?.[1];
  if (spawner !== undefined) return { gate: "all-children", spawner };
  reader.log.add("F023", reader.at("waits_for"), `"${text}" is not understood`, {
    fix: "one of: all-children, any-children, children-of(<step>)",
  });
  return undefined;
}

function readLoop(reader: TableReader, kind: StepKind, formula: string): Loop | undefined {
  const table = reader.table("loop");
  if (table === undefined) return undefined;
  const wrong = (message: string, fix?: string) =>
    table.log.add("F024", table.path, message, fix === undefined ? {} : { fix });
  const count = table.integer("count");
  const range = table.text("range");
  const until = table.text("until");
  const max = table.integer("max");
  if (["count", "range", "until"].filter((key) => table.has(key)).length !== 1)
    wrong("a loop has exactly one of count, range and until", 'for example: range = "1..3"');
  if (count !== undefined && count < 1) wrong(`count ${count} is not at least 1`);
  if (until !== undefined) {
    if (max === undefined || max < 1) wrong("until needs max, at least 1", "for example: max = 5");
    if (kind !== "step") wrong("until does not work in a template");
    if (!isRuntimeCondition(until))
      table.log.add("F028", table.at("until"), `"${until}" is not understood`, {
        fix: runtimeConditionForms,
      });
  }
  const body = readSteps(table.tables("body"), kind, formula);
  if (body.length === 0)
    wrong("a loop has a body of at least one step", `[[${table.path.replace(/\[\d+\]/g, "")}.body]]`);
  const variable = table.text("var");
  const parallel = table.flag("parallel") ?? false;
  table.finish();
  return { parallel, body, ...defined({ count, range, until, max, variable }) };
}

const needAwaitId = new Set(["gh:pr", "bead", "mail"]);

function readGate(reader: TableReader): Gate | undefined {
  const table = reader.table("gate");
  if (table === undefined) return undefined;
  const typeText = table.text("type");
  const type = gateTypes.find((one) => one === typeText);
  if (type === undefined)
    table.log.add(
      "F026",
      table.at("type"),
      typeText === undefined ? "a gate has no type" : `unknown gate type "${typeText}"`,
      { fix: `one of: ${gateTypes.join(", ")}` },
    );
  const other = table.text("id");
  const awaitId = table.text("await_id") ?? other;
  const timeout = table.duration("timeout", "F027");
  const description = table.text("description");
  if (type !== undefined && needAwaitId.has(type) && (awaitId ?? "") === "")
    table.log.add("F027", table.path, `a ${type} gate needs await_id`, { fix: 'add await_id = "..."' });
  if (type === "timer" && timeout === undefined && !table.has("timeout"))
    table.log.add("F027", table.path, "a timer needs timeout", { fix: 'add timeout = "30m"' });
  table.finish();
  return type === undefined ? undefined : { type, ...defined({ awaitId, timeout, description }) };
}

function readOnComplete(reader: TableReader, kind: StepKind): OnComplete | undefined {
  const table = reader.table("on_complete");
  if (table === undefined) return undefined;
  const wrong = (message: string, fix: string) => table.log.add("F029", table.path, message, { fix });
  const forEach = table.text("for_each");
  const bond = table.text("bond");
  const vars = table.textTable("vars");
  const parallel = table.flag("parallel");
  const sequential = table.flag("sequential");
  table.finish();
  if (kind === "template") wrong("on_complete does not work in a template", "put it on the step itself");
  if (forEach === undefined || bond === undefined)
    wrong("for_each and bond come together", 'for_each = "output.items" and bond = "<formula>"');
  if (forEach !== undefined && !/^output(\.[\w-]+)+$/.test(forEach))
    wrong(`for_each "${forEach}" is no output`, 'for_each = "output.<path>"');
  if (parallel === true && sequential === true)
    wrong("it cannot be both parallel and sequential", "keep one of them");
  if (forEach === undefined || bond === undefined) return undefined;
  return { forEach, bond, vars, sequential: sequential ?? false };
}

const scriptKeys = ["shell", "env", "timeout", "retry", "on_fail", "once"] as const;

function readScript(reader: TableReader): Script | undefined {
  const run = reader.text("run");
  if (run === undefined) {
    const [lost] = scriptKeys.filter((key) => reader.has(key));
    if (lost !== undefined)
      reader.log.add("F030", reader.at(lost), `${lost} goes with run`, { fix: 'add run = "..."' });
    return undefined;
  }
  if (run.trim() === "") reader.log.add("F030", reader.at("run"), "run is empty");
  return {
    run,
    ...defined({
      shell: reader.choice("shell", ["bash", "sh", "node", "python3"]),
      env: reader.has("env") ? reader.textTable("env") : undefined,
      timeout: reader.duration("timeout", "F030"),
      retry: readRetry(reader),
      onFail: reader.choice("on_fail", ["stop", "continue", "agent"]),
      once: reader.flag("once"),
    }),
  };
}

function readRetry(reader: TableReader): Script["retry"] {
  const value = reader.value("retry");
  if (value === undefined) return undefined;
  const table = isTable(value) ? reader.table("retry") : undefined;
  const max = table === undefined ? reader.integer("retry") : table.integer("max");
  const delay = table?.duration("delay", "F030") ?? "5s";
  table?.finish();
  if (max === undefined) return undefined;
  if (max < 0 || max > 10)
    reader.log.add("F030", reader.at("retry"), `retry ${max} is not 0 to 10`, { fix: "retry = 2" });
  return { max, delay };
}

export function readAdvice(readers: readonly TableReader[], formula: string): readonly Advice[] {
  return readers.map((reader) => {
    const single = (key: "before" | "after") => {
      const table = reader.table(key);
      return table === undefined ? undefined : readStep(table, "advice", formula);
    };
    const before = single("before");
    const after = single("after");
    const around = reader.table("around");
    const advice: Advice = {
      aroundBefore: readSteps(around?.tables("before") ?? [], "advice", formula),
      aroundAfter: readSteps(around?.tables("after") ?? [], "advice", formula),
      ...defined({ target: reader.text("target"), before, after }),
    };
    around?.finish();
    reader.finish();
    if (
      before === undefined &&
      after === undefined &&
      advice.aroundBefore.length + advice.aroundAfter.length === 0
    )
      reader.log.add("F055", reader.path, "the advice has neither before, after nor around", {
        fix: 'for example: before = { id = "{step.id}-check", title = "Check {step.title}" }',
      });
    return advice;
  });
}

export function readPointcuts(readers: readonly TableReader[]): readonly Pointcut[] {
  return readers.map((reader) => {
    const pointcut: Pointcut = defined({
      glob: reader.text("glob"),
      type: reader.text("type"),
      label: reader.text("label"),
    });
    if (Object.keys(pointcut).length === 0)
      reader.log.add("F055", reader.path, "the pointcut says nothing", { fix: "give glob, type or label" });
    reader.finish();
    return pointcut;
  });
}
