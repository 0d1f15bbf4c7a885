import { beforeEach, expect, test } from "vitest";
import { ParseTurns } from "../../../src/agents/sessions/parse-turns.ts";
import { waitFor } from "../../support/wait-for.ts";

let turns: ParseTurns;
/** Which screen was given how many bytes, in order. */
let parsed: { readonly who: string; readonly bytes: number }[];
beforeEach(() => {
  turns = new ParseTurns();
  parsed = [];
});

const join = (who: string) =>
  turns.join((bytes) => {
    parsed.push({ who, bytes: bytes.length });
  });
const kilobytes = (count: number) => new Uint8Array(count * 1024);
const nothing = () => {};

test("what a quiet program writes is parsed at once, also while others flood", async () => {
  const [flood, quiet] = [join("flood"), join("quiet")];
  let isDone = false;
  flood.write(kilobytes(1024), () => {
    isDone = true;
  });
  expect(parsed).toEqual([]);
  let isShown = false;
  quiet.write(kilobytes(1), () => {
    isShown = true;
  });
  expect(isShown).toBe(true);
  await waitFor(() => isDone, { what: "the flood to be parsed" });
  expect(parsed.filter(({ who }) => who === "flood").reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
    1024 * 1024,
  );
});

test("those that flood take turns, however they cut what they write", async () => {
  const done = new Set<string>();
  for (const who of ["a", "b", "c"]) {
    const screen = join(who);
    for (let piece = 0; piece < 64; piece++)
      screen.write(kilobytes(4), () => {
        if (piece === 63) done.add(who);
      });
  }
  await waitFor(() => done.size === 3, { what: "all to be parsed" });
  // Nobody is far ahead: when the first one is done the others are nearly so.
  const end = parsed.findLastIndex(({ who }) => who === "a");
  const behind = parsed.slice(0, end).filter(({ who }) => who === "c").length;
  expect(behind).toBeGreaterThan(50);
});

test("bytes and what waits for them stay in order", async () => {
  const screen = join("a");
  const order: string[] = [];
  screen.settle(() => order.push("nothing to wait for"));
  for (const size of [100, 1, 20, 1])
    screen.write(kilobytes(size), () =>
      order.push(`${parsed.reduce((sum, { bytes }) => sum + bytes, 0) / 1024}`),
    );
  screen.settle(() => order.push("settled"));
  await waitFor(() => order.length === 6, { what: "all" });
  expect(order.filter((each) => each !== "nothing to wait for")).toEqual([
    "100",
    "101",
    "121",
    "122",
    "settled",
  ]);
});

test("a screen that leaves is not written to any more", async () => {
  const [gone, other] = [join("gone"), join("other")];
  let isDone = false;
  gone.write(kilobytes(500), nothing);
  other.write(kilobytes(500), () => {
    isDone = true;
  });
  gone.leave();
  await waitFor(() => isDone, { what: "the other" });
  expect(parsed.some(({ who }) => who === "gone")).toBe(false);
});

test("a parser that throws is told of, and holds up neither its own end nor anybody else", async () => {
  const faults: unknown[] = [];
  const guarded = new ParseTurns((error) => faults.push(String(error)));
  const broken = guarded.join(() => {
    throw new Error("broken screen");
  });
  const other = guarded.join(nothing);
  const ended = new Set<string>();
  broken.write(kilobytes(1), () => ended.add("quick"));
  broken.write(kilobytes(64), () => {
    ended.add("flood");
    throw new Error("broken view");
  });
  other.write(kilobytes(64), () => ended.add("other"));
  broken.settle(() => ended.add("settled"));
  await waitFor(() => ended.size === 4, { what: `the rest to go on, not only ${[...ended].join()}` });
  expect(new Set(faults)).toEqual(new Set(["Error: broken screen", "Error: broken view"]));
});
