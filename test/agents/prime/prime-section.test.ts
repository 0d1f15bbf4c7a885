import fc from "fast-check";
import { expect, test } from "vitest";
import { fitSections, type PrimeSection } from "../../../src/agents/prime/prime-section.ts";

const section = (name: string, length: number, changes: Partial<PrimeSection> = {}): PrimeSection => ({
  name,
  text: "x\n".repeat(Math.ceil(length / 2)),
  budget: 100,
  shrink: 3,
  why: "test",
  ...changes,
});

test("everything is whole while it fits, whatever the budgets say", () => {
  const sections = [section("a", 500), section("b", 500)];
  expect(fitSections(sections, 2000).every(({ cut }) => !cut)).toBe(true);
});

test("the most cuttable is cut first, and says where the rest is", () => {
  const sections = [
    section("work", 500, { shrink: 1 }),
    section("role", 500, { shrink: 2 }),
    section("bd", 500, { shrink: 5 }),
  ];
  const fitted = fitSections(sections, 1200);
  expect(fitted.map(({ cut }) => cut)).toEqual([false, false, true]);
  expect(fitted[2]?.text).toContain("gt prime --section bd");
});

test("sections never change their order, and what must not be cut is whole", () => {
  const shrinks = fc.constantFrom<PrimeSection["shrink"]>(1, 2, 3, 4, 5);
  fc.assert(
    fc.property(
      fc.array(fc.record({ length: fc.nat(3000), shrink: shrinks })),
      fc.nat(10_000),
      (shapes, cap) => {
        const sections = shapes.map(({ length, shrink }, index) => section(`s${index}`, length, { shrink }));
        const fitted = fitSections(sections, cap);
        expect(fitted.map(({ name }) => name)).toEqual(sections.map(({ name }) => name));
        for (const [index, { shrink, text }] of sections.entries())
          if (shrink === 1) expect(fitted[index]?.text).toBe(text);
      },
    ),
  );
});
