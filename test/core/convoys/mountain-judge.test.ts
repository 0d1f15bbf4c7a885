import { expect, test } from "vitest";
import { judgeWanted } from "../../../src/core/convoys/mountain-judge.ts";

const hour = 60 * 60_000;

test("a stall and an end with skips send one dog, and none for the next hour", () => {
  expect(judgeWanted("stalled", undefined, 5)).toEqual({ memory: { wanted: "stall" }, send: "stall" });
  expect(judgeWanted("finished", { at: 5 }, hour + 4)).toEqual({ memory: { at: 5, wanted: "complete" } });
  expect(judgeWanted("finished-before", { at: 5, wanted: "complete" }, hour + 5)).toMatchObject({
    send: "complete",
  });
});

test("what was asked for waits for a free dog, unless the mountain moves meanwhile", () => {
  expect(judgeWanted("waiting", { wanted: "stall" }, 9)).toMatchObject({ send: "stall" });
  for (const verdict of ["moving", "moving-again", "paused"] as const)
    expect(judgeWanted(verdict, { at: 5, wanted: "stall" }, 2 * hour)).toEqual({ memory: { at: 5 } });
  expect(judgeWanted("waiting", undefined, 9)).toEqual({ memory: undefined });
});
