import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type DutyReport, DutyRunner } from "../../../src/agents/daemon/duty-runner.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const reports: DutyReport[] = [];
  return { reports, runner: new DutyRunner((report) => reports.push(report)) };
}

test("a duty runs at once and then at its interval", async () => {
  const { runner } = setUp();
  let runs = 0;
  runner.add({ key: "a", intervalMs: 1000, run: async () => void runs++ });
  await vi.advanceTimersByTimeAsync(0);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(3000);
  expect(runs).toBe(4);
});

test("a failing duty is reported, goes on, and does not disturb another", async () => {
  const { runner, reports } = setUp();
  let good = 0;
  let bad = 0;
  runner.add({
    key: "bad",
    intervalMs: 1000,
    run: () => {
      bad++;
      throw new Error("a part is missing");
    },
  });
  runner.add({ key: "good", intervalMs: 1000, run: async () => void good++ });
  await vi.advanceTimersByTimeAsync(2500);
  expect([good, bad]).toEqual([3, 3]);
  expect(reports[0]).toEqual({ key: "bad", kind: "failed", message: "a part is missing" });
});

test("a hanging duty is told to stop and never joined by a second run", async () => {
  const { runner, reports } = setUp();
  let runs = 0;
  let release: () => void = () => undefined;
  let aborted = false;
  runner.add({
    key: "hangs",
    intervalMs: 1000,
    timeoutMs: 5000,
    run: (signal) => {
      runs++;
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  });
  await vi.advanceTimersByTimeAsync(4000);
  runner.wake("hangs");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(runs).toBe(1);
  expect(aborted).toBe(true);
  expect(reports.map(({ kind }) => kind)).toEqual(["timed-out"]);
  release();
  await vi.advanceTimersByTimeAsync(100);
  expect(runs).toBe(2);
});

test("wake-ups during a run are answered by exactly one more run", async () => {
  const { runner } = setUp();
  let runs = 0;
  runner.add({
    key: "a",
    run: async () => {
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
  });
  await vi.advanceTimersByTimeAsync(10);
  for (let i = 0; i < 5; i++) runner.wake("a");
  await vi.advanceTimersByTimeAsync(5000);
  expect(runs).toBe(2);
});

test("a burst of wake-ups is answered by one run", async () => {
  const { runner } = setUp();
  let runs = 0;
  runner.add({ key: "a", run: async () => void runs++ });
  await vi.advanceTimersByTimeAsync(10);
  for (let i = 0; i < 5; i++) runner.wake("a");
  await vi.advanceTimersByTimeAsync(1000);
  expect(runs).toBe(2);
});

test("a duty without interval rests until it is woken or has asked for a time", async () => {
  const { runner } = setUp();
  let runs = 0;
  runner.add({ key: "a", run: async () => (++runs === 1 ? { againMs: 500 } : undefined) });
  await vi.advanceTimersByTimeAsync(499);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(2);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(runs).toBe(2);
  expect(vi.getTimerCount()).toBe(0);
});

test("a removed duty runs no more", async () => {
  const { runner } = setUp();
  let runs = 0;
  runner.add({ key: "a", intervalMs: 10, run: async () => void runs++ });
  await vi.advanceTimersByTimeAsync(5);
  runner.remove("a");
  runner.wake("a");
  await vi.advanceTimersByTimeAsync(1000);
  expect(runs).toBe(1);
});

test("stopping waits for running duties, but not for ever", async () => {
  const { runner } = setUp();
  runner.add({ key: "never", run: () => new Promise(() => undefined) });
  let finished = false;
  runner.add({
    key: "soon",
    run: async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      finished = true;
    },
  });
  await vi.advanceTimersByTimeAsync(1);
  let stopped = false;
  void runner.stop(5000).then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(600);
  expect([finished, stopped]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(4500);
  expect(stopped).toBe(true);
});

test("an interval that is changed holds from the next run on", async () => {
  const { runner } = setUp();
  let runs = 0;
  let wish = 10_000;
  runner.add({
    key: "a",
    get intervalMs() {
      return wish;
    },
    run: async () => void runs++,
  });
  await vi.advanceTimersByTimeAsync(0);
  wish = 1000;
  runner.wake("a");
  await vi.advanceTimersByTimeAsync(3020);
  expect(runs).toBe(5);
});
