import { styledCharsToString } from "@alcalzone/ansi-tokenize";
import fc from "fast-check";
import { expect, test } from "vitest";
import Output from "../../../../node_modules/ink/build/output.js";
import { type FrameOutput, rememberRows } from "../../../../src/ui/tui/screen/remember-rows.ts";

type OutputClass = new (size: { readonly width: number; readonly height: number }) => FrameOutput;
const Plain = Output as unknown as OutputClass;

type Operation =
  | { readonly write: string; readonly x: number; readonly y: number; readonly style: number }
  | { readonly inside: readonly [number, number, number, number]; readonly of: readonly Operation[] };

const styles = [
  [],
  [(line: string) => `\u001b[31m${line}\u001b[39m`],
  [(line: string, index: number) => `${index}${line}`, (line: string) => `\u001b[1m${line}\u001b[22m`],
];

function write(output: FrameOutput, operations: readonly Operation[]): void {
  const writer = output as unknown as {
    write(x: number, y: number, text: string, options: { readonly transformers: unknown }): void;
    clip(clip: object): void;
    unclip(): void;
  };
  for (const operation of operations)
    if ("write" in operation)
      writer.write(operation.x, operation.y, operation.write, { transformers: styles[operation.style] });
    else {
      const [x1, x2, y1, y2] = operation.inside;
      writer.clip({ x1, x2, ...(y2 < 12 ? { y1, y2 } : {}) });
      write(output, operation.of);
      writer.unclip();
    }
}

const text = fc.constantFrom(
  "a",
  "some text",
  "漢字 wide",
  "😺",
  "\u001b[32mgreen\u001b[39m",
  "\u001b[7mtwo\nlines\u001b[27m",
  "│\n│\n│\n│\n│",
  "   ",
);
const { operation } = fc.letrec<{ operation: Operation }>((tie) => ({
  operation: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({
      write: text,
      x: fc.integer({ min: -2, max: 22 }),
      y: fc.integer({ min: -2, max: 11 }),
      style: fc.nat(2),
    }),
    fc.record({
      inside: fc.tuple(
        fc.nat(8),
        fc.integer({ min: 4, max: 20 }),
        fc.nat(4),
        fc.integer({ min: 3, max: 15 }),
      ),
      of: fc.array(tie("operation"), { maxLength: 4 }),
    }),
  ),
}));

test("frames of an output that remembers rows are those of Ink's own, whatever came before", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(operation, { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(2), fc.constantFrom(20, 20, 12), fc.constantFrom(10, 10, 6)), {
        maxLength: 6,
      }),
      (scenes, frames) => {
        const Remembering = rememberRows(Plain, styledCharsToString as (row: readonly unknown[]) => string);
        for (const [scene, width, height] of frames) {
          const expected = new Plain({ width, height });
          const actual = new Remembering({ width, height });
          for (const output of [expected, actual]) write(output, scenes[scene % scenes.length] ?? []);
          expect(actual.get()).toEqual(expected.get());
        }
      },
    ),
    { numRuns: 300 },
  );
});
