import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GateLog } from "../../../src/agents/refinery/gate-log.ts";
import { type GateCommand, runGateProcess } from "../../../src/agents/refinery/gate-process.ts";
import { processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { waitFor } from "../../support/wait-for.ts";

function command(cmd: string, more: Partial<GateCommand> = {}) {
  const output: string[] = [];
  const ran = runGateProcess({
    cmd,
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "" },
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    onGroup: async () => {},
    onOutput: (bytes) => output.push(Buffer.from(bytes).toString()),
    ...more,
  });
  return { ran, text: () => output.join("") };
}

test("output and errors come in their order, and standard input is closed", async () => {
  const { ran, text } = command("echo one; echo two >&2; cat; echo three");
  expect(await ran).toEqual({ how: "exit", code: 0 });
  expect(text()).toBe("one\ntwo\nthree\n");
});

test("what a command leaves running in its group ends with it", async () => {
  const { ran, text } = command("sleep 300 & echo $!");
  expect(await ran).toEqual({ how: "exit", code: 0 });
  const pid = Number(text());
  expect(pid).toBeGreaterThan(1);
  await waitFor(() => processStartTime(pid) === undefined, { what: "the child to end" });
});

test("a command that takes too long is ended with its children", async () => {
  const { ran, text } = command("sleep 300 & echo $!; wait", { timeoutMs: 300 });
  expect(await ran).toEqual({ how: "timeout" });
  const pid = Number(text());
  await waitFor(() => processStartTime(pid) === undefined, { what: "the child to end" });
});

test("nothing runs before its group is on record", async () => {
  let recorded = false;
  const { ran, text } = command('echo "ran"', {
    onGroup: async (group) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(text()).toBe("");
      expect(group.startedAt).toBe(processStartTime(group.pgid));
      recorded = true;
    },
  });
  await ran;
  expect(recorded).toBe(true);
  expect(text()).toBe("ran\n");
});

test("a long log loses its middle and keeps both ends", () => {
  const path = join(temporaryDirectory(), "gate.log");
  const log = new GateLog(path, "test abc make");
  const chunk = Buffer.alloc(1024 * 1024, "x");
  log.write(Buffer.from("the beginning\n"));
  for (let index = 0; index < 40; index++) log.write(chunk);
  log.write(Buffer.from("\nthe end\n"));
  expect(log.close("exit 1 2.0s").at(-1)).toBe("the end");
  const text = readFileSync(path, "utf8");
  expect(text.length).toBeLessThan(22 * 1024 * 1024);
  expect(text.startsWith("# test abc make\nthe beginning\n")).toBe(true);
  expect(text.endsWith("\nthe end\n\n# exit 1 2.0s\n")).toBe(true);
  expect(text).toContain("bytes dropped here");
});
