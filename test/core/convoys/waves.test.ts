import fc from "fast-check";
import { expect, test } from "vitest";
import { planStaging, type StageInput } from "../../../src/core/convoys/stage.ts";
import { computeWaves } from "../../../src/core/convoys/waves.ts";
import { beadOf } from "../../support/bead-of.ts";

const bead = (id: string) => beadOf({ id, description: "what to do" });
const edge = (from: string, to: string) => ({
  from,
  to,
  type: "blocks",
  createdAt: 0,
  createdBy: "overseer",
  metadata: "",
  threadId: "",
});

test("waves follow the dependencies, closed beads count as done", () => {
  const beads = [bead("web-a"), bead("web-b"), bead("web-c"), beadOf({ id: "web-d", status: "closed" })];
  const edges = [edge("web-b", "web-a"), edge("web-c", "web-b"), edge("web-a", "web-d")];
  expect(computeWaves({ beads, edges, openOutside: new Set() }).waves).toEqual([
    ["web-a"],
    ["web-b"],
    ["web-c"],
  ]);
});

test("what waits for something outside is gated, and so is what waits for that", () => {
  const beads = [bead("web-a"), bead("web-b"), bead("web-c")];
  const edges = [edge("web-a", "api-x"), edge("web-b", "web-a")];
  const { waves, gated } = computeWaves({ beads, edges, openOutside: new Set(["api-x"]) });
  expect(waves).toEqual([["web-c"]]);
  expect([...gated]).toEqual([
    ["web-a", ["api-x"]],
    ["web-b", ["web-a"]],
  ]);
});

test("the same cycle is reported whatever the order of the input", () => {
  const beads = ["web-c", "web-a", "web-b"].map(bead);
  const edges = [edge("web-c", "web-a"), edge("web-b", "web-c"), edge("web-a", "web-b")];
  for (const order of [edges, edges.toReversed()])
    expect(computeWaves({ beads, edges: order, openOutside: new Set() }).cycle).toEqual([
      "web-a",
      "web-b",
      "web-c",
      "web-a",
    ]);
});

test("in any acyclic graph every bead is in exactly one wave, behind all that it waits for", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 80 }), (pairs) => {
      const beads = Array.from({ length: 30 }, (_, index) => bead(`web-${String(index).padStart(2, "0")}`));
      const id = (index: number) => beads[index]?.id ?? "";
      const edges = pairs
        .filter(([one, other]) => one > other)
        .map(([one, other]) => edge(id(one), id(other)));
      const { waves, cycle, gated } = computeWaves({ beads, edges, openOutside: new Set() });
      expect(cycle).toBeUndefined();
      expect(gated.size).toBe(0);
      expect(waves.flat().toSorted()).toEqual(beads.map((each) => each.id));
      const waveOf = new Map(waves.flatMap((wave, index) => wave.map((each) => [each, index] as const)));
      for (const { from, to } of edges) expect(waveOf.get(from)).toBeGreaterThan(waveOf.get(to) ?? -1);
    }),
  );
});

test("two hundred beads in a deep graph are staged in well under a second", () => {
  const beads = Array.from({ length: 200 }, (_, index) => bead(`web-${index}`));
  const edges = beads.slice(1).map((each, index) => edge(each.id, beads[index]?.id ?? ""));
  const start = performance.now();
  expect(computeWaves({ beads, edges, openOutside: new Set() }).waves).toHaveLength(200);
  expect(performance.now() - start).toBeLessThan(1000);
});

const input = (changes: Partial<StageInput>): StageInput => ({
  beads: [bead("web-a"), bead("web-b")],
  edges: [],
  openOutside: new Set(),
  rigs: new Map([
    ["web", true],
    ["api", false],
  ]),
  isEpic: false,
  capacity: 5,
  ...changes,
});
const categories = (changes: Partial<StageInput>) => {
  const { errors, warnings } = planStaging(input(changes));
  return { errors: errors.map((each) => each.category), warnings: warnings.map((each) => each.category) };
};

test("what makes staging impossible is an error, what looks odd is a warning", () => {
  expect(categories({})).toEqual({ errors: [], warnings: [] });
  expect(categories({ edges: [edge("web-a", "web-b"), edge("web-b", "web-a")] }).errors).toEqual(["cycle"]);
  expect(categories({ beads: [bead("hq-a")] }).errors).toEqual(["no-rig"]);
  expect(categories({ beads: [beadOf({ id: "web-e", type: "epic" })] }).errors).toEqual(["no-tasks"]);
  expect(categories({ isEpic: true }).warnings).toEqual(["orphan"]);
  expect(categories({ capacity: 1 }).warnings).toEqual(["capacity"]);
  expect(categories({ beads: [bead("web-a"), bead("web-b"), bead("api-c")] }).warnings).toEqual([
    "blocked-rig",
    "cross-rig",
  ]);
  expect(categories({ beads: [beadOf({ id: "web-a" })] }).warnings).toEqual(["no-description"]);
});
