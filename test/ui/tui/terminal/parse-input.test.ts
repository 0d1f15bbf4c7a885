import fc from "fast-check";
import { expect, test } from "vitest";
import { InputParser, type InputToken } from "../../../../src/ui/tui/terminal/parse-input.ts";

const parse = (text: string): readonly InputToken[] => {
  const parser = new InputParser();
  return [...parser.parse(Buffer.from(text)), ...parser.flush()];
};
const keys = (text: string) => parse(text).map((token) => (token.kind === "key" ? token.key : token.kind));

test("keys have names", () => {
  expect(keys("aZ ?\r\t\u007f\u0003\u001d")).toEqual([
    "a",
    "Z",
    "space",
    "?",
    "enter",
    "tab",
    "backspace",
    "ctrl-c",
    "ctrl-]",
  ]);
  expect(keys("\u001b[A\u001bOB\u001b[1;5C\u001b[5~\u001b[Z\u001b[3;2~")).toEqual([
    "up",
    "down",
    "ctrl-right",
    "pageup",
    "shift-tab",
    "shift-delete",
  ]);
  expect(keys("\u001b1é漢😺")).toEqual(["alt-1", "é", "漢", "😺"]);
});

test("a lone Esc is the Esc key, but only when nothing follows", () => {
  const parser = new InputParser();
  expect(parser.parse(Buffer.from("\u001b"))).toEqual([]);
  expect(parser.isWaiting).toBe(true);
  expect(parser.flush()).toMatchObject([{ kind: "key", key: "escape" }]);
  expect(parser.parse(Buffer.from("\u001b["))).toEqual([]);
  expect(parser.parse(Buffer.from("A"))).toMatchObject([{ key: "up" }]);
});

test("Ctrl-] right behind Esc is still Ctrl-]", () => {
  expect(keys("\u001b\u001d")).toEqual(["escape", "ctrl-]"]);
});

test("mouse, focus and paste reports are told apart from keys", () => {
  expect(parse("\u001b[<0;5;3M")).toMatchObject([{ kind: "mouse", action: "press", button: 0, x: 4, y: 2 }]);
  expect(parse("\u001b[<65;1;1M\u001b[<0;1;1m")).toMatchObject([
    { action: "wheel-down" },
    { action: "release" },
  ]);
  expect(parse("\u001b[I\u001b[O")).toMatchObject([{ isFocused: true }, { isFocused: false }]);
  expect(parse("\u001b[200~q: é\u001b[Ax\u001b[201~j")).toMatchObject([
    { kind: "paste", text: "q: é\u001b[Ax" },
    { key: "j" },
  ]);
});

test("a paste that arrives in pieces is one paste, and nothing in it is taken for a key", () => {
  const parser = new InputParser();
  expect(parser.parse(Buffer.from("\u001b[200~qq"))).toEqual([]);
  expect(parser.isWaiting).toBe(false);
  expect(parser.parse(Buffer.from("qq\u001b[20"))).toEqual([]);
  expect(parser.parse(Buffer.from("1~"))).toMatchObject([{ kind: "paste", text: "qqqq" }]);
});

test("no byte is lost or changed, however the input is cut", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
    fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => Buffer.from(text)),
    fc
      .constantFrom("\u001b[A", "\u001b[<0;1;2M", "\u001b\u001b", "\u001bO", "\u001b[200~a\u001b[201~")
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), (chunks) => {
      // An open paste is held until its end comes, so the input is closed.
      const all = [...chunks, Buffer.from("\u001b[201~")];
      const parser = new InputParser();
      const seen = all.flatMap((chunk) => parser.parse(chunk));
      const raw = [...seen, ...parser.flush()].map((token) => token.raw).join("");
      expect(raw).toBe(Buffer.concat(all).toString("latin1"));
    }),
    { numRuns: 500 },
  );
});
