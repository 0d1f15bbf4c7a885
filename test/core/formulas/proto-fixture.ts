import type { Proto, ProtoStep } from "../../../src/core/formulas/proto.ts";

/** A cooked workflow with these steps, in their order; `needs` are names of earlier ones. */
export function protoOf(
  name: string,
  steps: readonly (Partial<ProtoStep> & { readonly id: string })[],
  fields: Partial<Proto> = {},
): Proto {
  const wave = new Map<string, number>();
  const cooked = steps.map((step, at): ProtoStep => {
    const needs = step.needs ?? [];
    const own = needs.reduce((most, need) => Math.max(most, 1 + (wave.get(need) ?? 0)), 0);
    wave.set(step.id, own);
    return {
      index: at + 1,
      title: `Do ${step.id}`,
      description: `How to ${step.id}.`,
      wave: own,
      type: "task",
      priority: 2,
      labels: [],
      origin: step.id,
      source: { formula: name, location: `steps[${at}]` },
      ...step,
      needs,
    };
  });
  return {
    ...{ proto: name, schema: 1, mode: "runtime", version: 1, type: "workflow" },
    source: { tier: "embedded", path: `embedded:${name}`, sha256: "0".repeat(64), chain: [name] },
    title: name,
    description: `The workflow ${name}.`,
    pour: false,
    phase: null,
    vars: {},
    steps: cooked,
    ...{ waves: [], critical_path: [], bond_points: [], warnings: [] },
    needs_beads: cooked.some(({ gate, waits_for }) => gate !== undefined || waits_for !== undefined),
    ...fields,
  };
}

/** Each step needs the one before it. */
export const chain = (...ids: readonly string[]): readonly (Partial<ProtoStep> & { readonly id: string })[] =>
  ids.map((id, at) => ({ id, needs: at === 0 ? [] : [ids[at - 1] ?? ""] }));
