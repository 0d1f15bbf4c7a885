import { expect, test } from "vitest";
import { freeMbOf } from "../../../src/core/health/free-disk.ts";
import { decideDisk, diskLevel } from "../../../src/core/health/disk.ts";

const limits = { warnMb: 1024, blockMb: 500, stopMb: 100 };

test.each([
  [2048, "ample"],
  [1024, "ample"],
  [1023, "low"],
  [499, "blocked"],
  [99, "emergency"],
] as const)("%i MB free is %s", (freeMb, level) => expect(diskLevel(freeMb, limits)).toBe(level));

test("an automatic stop begins in an emergency and ends only when there is ample room", () => {
  expect(decideDisk("emergency", undefined)).toBe("stop");
  expect(decideDisk("emergency", { kind: "auto" })).toBeUndefined();
  expect(decideDisk("blocked", { kind: "auto" })).toBeUndefined();
  expect(decideDisk("low", { kind: "auto" })).toBeUndefined();
  expect(decideDisk("ample", { kind: "auto" })).toBe("thaw");
});

test("a person's stop is never lifted", () => {
  expect(decideDisk("ample", { kind: "manual" })).toBeUndefined();
});

test("a file system that does not say how much it holds is not a full one", () => {
  expect(freeMbOf({ blocks: 100, bavail: 3, bsize: 512 * 1024 })).toBe(1);
  expect(freeMbOf({ blocks: 0, bavail: 0, bsize: 4096 })).toBe(Number.POSITIVE_INFINITY);
});
