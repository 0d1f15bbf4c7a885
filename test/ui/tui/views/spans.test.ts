import fc from "fast-check";
import { expect, test } from "vitest";
import { textWidth, wrapText } from "../../../../src/ui/tui/screen/text-width.ts";
import { fitLine, lineWidth, span, spread } from "../../../../src/ui/tui/views/spans.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom("漢字".repeat(9), "😺👩‍👩‍👧", "\u001b[31mred\u001b[2J", "\u202eevil\u200b", "a\tb\nc", ""),
);

test("a fitted line is exactly as wide as its place, whatever was put into it", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.integer({ min: 1, max: 80 }), (texts, width) => {
      const line = fitLine(
        texts.map((piece) => span(piece)),
        width,
      );
      expect(lineWidth(line)).toBe(width);
      expect(line.map((piece) => piece.text).join("")).not.toMatch(/[\u001b\u202e\u200b\n\t]/);
    }),
    { numRuns: 500 },
  );
});

test("what is cut is marked", () => {
  const shown = (texts: readonly string[], width: number) =>
    fitLine(
      texts.map((piece) => span(piece)),
      width,
    )
      .map((piece) => piece.text)
      .join("");
  expect(shown(["hello world"], 8)).toBe("hello w…");
  expect(shown(["hello", " world"], 5)).toBe("hell…");
  expect(shown(["漢字漢字"], 5)).toBe("漢字…");
  expect(shown(["hello", "   "], 5)).toBe("hello");
});

test("the left side gives way to the right one", () => {
  const line = spread([span("a long name of something")], [span(" ● 4m")], 16);
  expect(line.map((piece) => piece.text).join("")).toBe("a long nam… ● 4m");
});

test("wrapped text loses no word and no line is too wide", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("word", "漢字", "x".repeat(30), "longer-word"), {
        minLength: 1,
        maxLength: 20,
      }),
      fc.integer({ min: 20, max: 60 }),
      (words, width) => {
        const lines = wrapText(words.join(" "), width);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join("").replace(/\s/g, "")).toBe(words.join(""));
      },
    ),
  );
});

test("wrapped text begins no line with the blank at which it was broken", () => {
  for (let width = 10; width < 40; width++)
    for (const line of wrapText("Nothing waits to be merged. What polecats hand in comes here.", width)) {
      expect(line).toBe(line.trim());
      expect(textWidth(line)).toBeLessThanOrEqual(width);
    }
  expect(wrapText("Means    one two three", 17)).toEqual(["Means    one two", "         three"]);
});
