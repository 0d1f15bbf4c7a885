import fc from "fast-check";
import { expect, it } from "vitest";
import { dropSteps } from "../../../src/core/formulas/drop-steps.ts";
import { findCycle } from "../../../src/core/formulas/cycle.ts";
import { effectiveNeeds, orderSteps } from "../../../src/core/formulas/order-steps.ts";
import { type Proto, protoText } from "../../../src/core/formulas/proto.ts";
import { cook } from "../../../src/core/formulas/cook.ts";
import { cooked, formulaFile, libraryOf } from "./library-of.ts";

/** A workflow of steps s0, s1, ... that need earlier ones in the graph, written in any order, and what is done to it. */
const workflow = fc.integer({ min: 1, max: 9 }).chain((size) =>
  fc.record({
    needs: fc.tuple(
      ...Array.from({ length: size }, (_, n) => fc.subarray(Array.from({ length: n }, (_, m) => m))),
    ),
    order: fc.shuffledSubarray(
      Array.from({ length: size }, (_, n) => n),
      { minLength: size, maxLength: size },
    ),
    kinds: fc.array(fc.constantFrom("plain", "loop", "parallel", "expand", "map", "off", "advised"), {
      minLength: size,
      maxLength: size,
    }),
    aspects: fc.subarray(["around", "first"]),
    branch: fc.boolean(),
  }),
);
type Workflow = typeof workflow extends fc.Arbitrary<infer T> ? T : never;

const parts = {
  pair: 'formula = "pair"\ntype = "expansion"\n[[template]]\nid = "{target}.x"\ntitle = "X"\n[[template]]\nid = "{target}.y"\ntitle = "Y"\nneeds = ["{target}.x"]\n[[template]]\nid = "{target}.z"\ntitle = "Z"\n',
  around:
    'formula = "around"\ntype = "aspect"\n[[pointcuts]]\nlabel = "advised"\n[[advice]]\ntarget = "*"\naround = { before = [{ id = "{step.id}-b" }], after = [{ id = "{step.id}-a" }] }\n',
  first:
    'formula = "first"\ntype = "aspect"\n[[advice]]\ntarget = "s?"\nbefore = { id = "{step.id}-first" }\n',
};

const quoted = (ids: readonly number[]) => `[${ids.map((id) => `"s${id}"`).join(", ")}]`;

function textOf({ needs, order, kinds, aspects, branch }: Workflow): string {
  const steps = order.map((n) => {
    const kind = kinds[n];
    const more =
      kind === "loop" || kind === "parallel"
        ? `loop = { count = 2, parallel = ${kind === "parallel"}, body = [{ id = "p", title = "P" }, { id = "q", title = "Q", needs = ["p"] }] }`
        : kind === "expand"
          ? 'expand = "pair"'
          : kind === "off"
            ? 'condition = "!{{on}}"'
            : kind === "advised"
              ? 'labels = ["advised"]'
              : kind === "map"
                ? 'labels = ["mapped"]'
                : "";
    return `[[steps]]\nid = "s${n}"\ntitle = "S${n}"\nneeds = ${quoted(needs[n] ?? [])}\n${more}\n`;
  });
  const maps = kinds.flatMap((kind, n) =>
    kind === "map" ? [`[[compose.map]]\nselect = "s${n}"\nwith = "pair"\n`] : [],
  );
  const last = order.length - 1;
  const fork =
    branch && last >= 2 ? `[[compose.branch]]\nfrom = "s0"\nsteps = ["s1"]\njoin = "s${last}"\n` : "";
  return `formula = "w"\n[vars]\non = "yes"\n${steps.join("")}[compose]\naspects = ${JSON.stringify(aspects)}\n${maps.join("")}${fork}`;
}

/** Ids of everything that comes before a step, however far. */
function before(needsOf: (id: string) => readonly string[], id: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...needsOf(id)];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    if (!found.has(at)) {
      found.add(at);
      open.push(...needsOf(at));
    }
  return found;
}

it("whatever is composed: ids are unique, needs come first, nothing is left to replace, and twice is the same", () => {
  fc.assert(
    fc.property(workflow, (plan) => {
      const texts = { ...parts, w: textOf(plan) };
      const proto = cooked(texts, "w");
      const ids = proto.steps.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const seen = new Set<string>();
      for (const { id, needs, index, wave } of proto.steps) {
        expect(needs.every((need) => seen.has(need))).toBe(true);
        expect(index).toBe(seen.size + 1);
        const waves = needs.map((need) => proto.steps.find((step) => step.id === need)?.wave ?? 0);
        expect(wave).toBe(Math.max(-1, ...waves) + 1);
        seen.add(id);
      }
      expect(proto.waves.flat().toSorted()).toEqual(ids.toSorted());
      expect(JSON.stringify(proto.steps)).not.toMatch(/\{target|\{step\./);
      expect(protoText(cooked(texts, "w"))).toBe(protoText(proto));
    }),
  );
});

it("whoever needed a step comes after all that took its place", () => {
  fc.assert(
    fc.property(workflow, (plan) => {
      const { steps } = cooked({ ...parts, w: textOf(plan) }, "w");
      const byId = new Map(steps.map((step) => [step.id, step]));
      const past = new Map(steps.map(({ id }) => [id, before((one) => byId.get(one)?.needs ?? [], id)]));
      const madeFrom = (n: number) => steps.filter(({ origin }) => origin === `s${n}`);
      for (const [n, needs] of plan.needs.entries())
        for (const need of needs)
          for (const later of madeFrom(n))
            for (const earlier of madeFrom(need)) expect(past.get(later.id)?.has(earlier.id)).toBe(true);
    }),
  );
});

it("cooked without values and then with them, a formula has the steps of one that is cooked at once", () => {
  // Where a step is left out, steps that nothing orders may stand otherwise.
  const graph = ({ steps }: Proto) =>
    steps.map(({ index: _, ...step }) => step).toSorted((one, other) => (one.id < other.id ? -1 : 1));
  fc.assert(
    fc.property(workflow, (plan) => {
      const texts = { ...parts, w: textOf(plan) };
      const proto = cooked(texts, "w", {}, { mode: "compile" });
      const file = {
        ...formulaFile("w", ""),
        formula: undefined,
        problems: [],
        proto: JSON.parse(protoText(proto)),
      };
      const again = cook(file, libraryOf({}), { mode: "runtime" });
      expect(graph(again)).toEqual(graph(cooked(texts, "w")));
    }),
  );
});

it("dropping steps keeps what comes before what among those that are left", () => {
  fc.assert(
    fc.property(workflow, fc.infiniteStream(fc.boolean()), (plan, coins) => {
      const steps = plan.order.map((n) => ({
        id: `s${n}`,
        needs: (plan.needs[n] ?? []).map((need) => `s${need}`),
      }));
      const gone = new Set(steps.filter(() => coins.next().value).map(({ id }) => id));
      const left = dropSteps(steps, gone);
      expect(left.map(({ id }) => id)).toEqual(steps.map(({ id }) => id).filter((id) => !gone.has(id)));
      const [was, is] = [steps, left].map((list) => {
        const byId = new Map(list.map((step) => [step.id, step]));
        return (id: string) =>
          [...before((one) => byId.get(one)?.needs ?? [], id)].filter((one) => !gone.has(one));
      });
      for (const { id } of left) expect(is?.(id).toSorted()).toEqual(was?.(id).toSorted());
    }),
  );
});

it("the order takes the first step of the list that may come, and finds every cycle", () => {
  const graph = fc.array(fc.array(fc.nat({ max: 6 }), { maxLength: 2 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(graph, (edges) => {
      const list = edges.map((needs, n) => ({
        id: `s${n}`,
        needs: [...new Set(needs.map((need) => `s${need % edges.length}`))],
      }));
      const cycle = findCycle(
        list.map(({ id }) => id),
        effectiveNeeds(list),
      );
      if (cycle !== undefined) {
        expect(cycle[0]).toBe(cycle.at(-1));
        expect(cycle.length).toBeGreaterThan(1);
        for (const [index, id] of cycle.slice(0, -1).entries())
          expect(list.find((step) => step.id === id)?.needs).toContain(cycle[index + 1]);
        return;
      }
      const taken: string[] = [];
      for (;;) {
        const next = list.find(
          ({ id, needs }) => !taken.includes(id) && needs.every((need) => taken.includes(need)),
        );
        if (next === undefined) break;
        taken.push(next.id);
      }
      expect(orderSteps(list).steps.map(({ id }) => id)).toEqual(taken);
      expect(taken).toHaveLength(list.length);
    }),
  );
});

it("a container waits, its children wait with it, and whoever needs it waits for all of them", () => {
  const text = `formula = "c"
[[steps]]
id = "first"
title = "First"
[[steps]]
id = "box"
title = "Box"
needs = ["first"]
children = [{ id = "one", title = "One" }, { id = "two", title = "Two", needs = ["one"] }]
[[steps]]
id = "last"
title = "Last"
needs = ["box"]
`;
  const { steps } = cooked({ c: text }, "c");
  expect(steps.map(({ id, needs, wave, parent, type }) => ({ id, needs, wave, parent, type }))).toEqual([
    { id: "first", needs: [], wave: 0, parent: undefined, type: "task" },
    { id: "box", needs: ["first"], wave: 1, parent: undefined, type: "epic" },
    { id: "one", needs: ["first"], wave: 1, parent: "box", type: "task" },
    { id: "two", needs: ["one"], wave: 2, parent: "box", type: "task" },
    { id: "last", needs: ["box"], wave: 3, parent: undefined, type: "task" },
  ]);
});
