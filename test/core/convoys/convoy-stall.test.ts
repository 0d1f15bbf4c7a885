import { expect, test } from "vitest";
import { convoyEta } from "../../../src/core/convoys/convoy-eta.ts";
import { stallStep } from "../../../src/core/convoys/convoy-stall.ts";
import { beadOf } from "../../support/bead-of.ts";

const minute = 60_000;
const stuck = (...reasons: readonly string[]) => ({ state: "stuck" as const, reasons });

test("each set of reasons is news once, and the owner hears of it after ten minutes, once", () => {
  const first = stallStep(stuck("web-1: skipped"), undefined, 0);
  expect(first).toMatchObject({ isNew: true, tell: false, againMs: 10 * minute });
  const later = stallStep(stuck("web-1: skipped"), first.memory, 9 * minute);
  expect(later).toMatchObject({ isNew: false, tell: false, againMs: minute });
  const told = stallStep(stuck("web-1: skipped"), later.memory, 10 * minute);
  expect(told).toMatchObject({ isNew: false, tell: true });
  expect(stallStep(stuck("web-1: skipped"), told.memory, 60 * minute)).toMatchObject({ tell: false });

  const other = stallStep(stuck("web-1: skipped", "web-2: deferred"), told.memory, 61 * minute);
  expect(other).toMatchObject({ isNew: true, tell: false });
  expect(stallStep({ state: "working", reasons: [] }, other.memory, 62 * minute)).toEqual({
    memory: undefined,
    isNew: false,
    tell: false,
  });
});

test("what is left takes as long as the last two hours say", () => {
  const now = 100 * 60 * minute;
  const landed = (minutesAgo: number) => ({
    bead: beadOf({ id: `web-${minutesAgo}`, status: "closed", closedAt: now - minutesAgo * minute }),
  });
  const left = { bead: beadOf({ id: "web-left", status: "open" }) };
  const dayAgo = now - 24 * 60 * minute;
  expect(convoyEta([landed(10), landed(50), left, left], dayAgo, now)).toBe(120 * minute);
  expect(convoyEta([landed(10), landed(20), left], now - 60 * minute, now)).toBe(30 * minute);
  expect(convoyEta([landed(180), left], dayAgo, now)).toBeUndefined();
  expect(convoyEta([landed(10)], dayAgo, now)).toBeUndefined();
});
