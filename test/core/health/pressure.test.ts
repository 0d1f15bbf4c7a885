import { expect, test } from "vitest";
import { pressureOf } from "../../../src/core/health/pressure.ts";

const busy = { loadPerCore: 3.2, freeMemoryGb: 0.5, sessions: 40 };
const off = { cpu: 0, memoryGb: 0, sessions: 0 };

test("without limits nothing is refused, however busy the machine is", () => {
  expect(pressureOf(busy, off)).toBeUndefined();
});

test("each limit refuses by itself and says why", () => {
  expect(pressureOf(busy, { ...off, cpu: 3 })).toBe("load 3.2 per core, limit 3");
  expect(pressureOf(busy, { ...off, memoryGb: 1 })).toBe("0.5 GB of memory free, limit 1");
  expect(pressureOf(busy, { ...off, sessions: 40 })).toBe("40 sessions, limit 40");
});

test("below the limits there is room", () => {
  expect(pressureOf(busy, { cpu: 4, memoryGb: 0.4, sessions: 41 })).toBeUndefined();
});
