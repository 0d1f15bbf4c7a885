import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isSameProcess, processStartTime } from "../../../src/agents/sessions/process-identity.ts";

test("a process keeps its start time, and another start time means another process", () => {
  const startedAt = processStartTime(process.pid) ?? "";
  expect(startedAt).not.toBe("");
  expect(isSameProcess(process.pid, startedAt)).toBe(true);
  expect(isSameProcess(process.pid, `${startedAt}x`)).toBe(false);
  expect(isSameProcess(process.pid, "")).toBe(false);
});

test("a process that has ended has no start time", async () => {
  const child = spawn("sh", ["-c", "exit 0"]);
  await once(child, "exit");
  expect(processStartTime(child.pid ?? 0)).toBeUndefined();
  expect(processStartTime(0)).toBeUndefined();
});
