import { expect, test } from "vitest";
import { detectMassDeath } from "../../../src/core/health/mass-death.ts";

const now = 1_000_000_000_000;
const death = (session: string, secondsAgo: number, runtime = "shell", tail = "") => ({
  session,
  at: now - secondsAgo * 1000,
  runtime,
  tail,
});

test("three deaths within 30 seconds are a mass death and hold restarts for a minute", () => {
  const found = detectMassDeath([death("a", 29), death("b", 10), death("c", 4)], now);
  expect(found).toEqual({
    sessions: ["a", "b", "c"],
    holdUntil: now + 56_000,
    suspected: "same runtime: shell",
  });
});

test("two deaths, or three that are spread out, are not", () => {
  expect(detectMassDeath([death("a", 1), death("b", 2)], now)).toBeUndefined();
  expect(detectMassDeath([death("a", 30), death("b", 2), death("c", 1)], now)).toBeUndefined();
});

test("the suspected cause comes from the machine first, then from what the sessions said", () => {
  const limited = [death("a", 1, "x", "429 too many requests"), death("b", 1, "y"), death("c", 1, "z")];
  expect(detectMassDeath(limited, now, { freeDiskMb: 100 })?.suspected).toBe("low disk");
  expect(detectMassDeath(limited, now)?.suspected).toBe("rate limit");
  const mixed = [death("a", 1, "x"), death("b", 1, "y"), death("c", 1, "z")];
  expect(detectMassDeath(mixed, now)?.suspected).toBe("unknown");
});
