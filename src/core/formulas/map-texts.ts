import type { Step } from "./formula.ts";

/** The same step with every text of it changed, ids and needs included, down to its children and the body of its loop. */
export function mapTexts(step: Step, change: (text: string) => string): Step {
  const optional = (key: "acceptance" | "notes" | "assignee") =>
    step[key] === undefined ? {} : { [key]: change(step[key]) };
  const { loop, gate, script, waitsFor } = step;
  return {
    ...step,
    id: change(step.id),
    title: change(step.title),
    description: change(step.description),
    needs: step.needs.map(change),
    labels: step.labels.map(change),
    conditions: step.conditions.map(change),
    ...optional("acceptance"),
    ...optional("notes"),
    ...optional("assignee"),
    children: step.children.map((child) => mapTexts(child, change)),
    expandVars: mapValues(step.expandVars, change),
    ...(waitsFor?.spawner === undefined
      ? {}
      : { waitsFor: { ...waitsFor, spawner: change(waitsFor.spawner) } }),
    ...(gate === undefined ? {} : { gate: mapGate(gate, change) }),
    ...(script === undefined
      ? {}
      : {
          script: {
            ...script,
            run: change(script.run),
            ...(script.env === undefined ? {} : { env: mapValues(script.env, change) }),
          },
        }),
    ...(loop === undefined
      ? {}
      : {
          loop: {
            ...loop,
            ...(loop.range === undefined ? {} : { range: change(loop.range) }),
            body: loop.body.map((part) => mapTexts(part, change)),
          },
        }),
  };
}

export function mapGate(
  gate: NonNullable<Step["gate"]>,
  change: (text: string) => string,
): NonNullable<Step["gate"]> {
  return {
    type: gate.type,
    ...(gate.awaitId === undefined ? {} : { awaitId: change(gate.awaitId) }),
    ...(gate.timeout === undefined ? {} : { timeout: change(gate.timeout) }),
    ...(gate.description === undefined ? {} : { description: change(gate.description) }),
  };
}

export function mapValues(
  table: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value)]));
}
