import { expect, test } from "vitest";
import { undoOf } from "../../../src/ui/tui/undo.ts";

test("what has an opposite is taken back by it, with the same id", () => {
  expect(undoOf({ program: "bd", args: ["close", "gt-a1", "--reason", "done"] })).toEqual({
    program: "bd",
    args: ["reopen", "gt-a1"],
  });
  expect(undoOf({ program: "gt", args: ["mail", "mark-read", "hq-m-1"] })?.args).toEqual([
    "mail",
    "mark-unread",
    "hq-m-1",
  ]);
  expect(undoOf({ program: "gt", args: ["scheduler", "pause"] })?.args).toEqual(["scheduler", "resume"]);
});

test("what has none is not offered", () => {
  expect(undoOf({ program: "gt", args: ["nudge", "web/nux", "-m", "close"] })).toBeUndefined();
  expect(undoOf({ program: "gt", args: ["slingshot"] })).toBeUndefined();
});
