import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const module = join(import.meta.dirname, "../../../src/agents/daemon/hang-watch.ts");

/** Runs a program that is watched with looks of 100 ms, and gives its end. */
function watched(
  body: string,
): Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }> {
  const program = `
    const { watchForHang } = await import(${JSON.stringify(module)});
    const watch = watchForHang({ tickMs: 20, lookMs: 100 });
    ${body}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (part: Buffer) => {
    stderr += part.toString();
  });
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, stderr })));
}

test("a process whose event loop hangs is ended and says so", async () => {
  const end = await watched(
    "setTimeout(() => { const end = Date.now() + 30_000; while (Date.now() < end); }, 200);",
  );
  expect(end.signal).toBe("SIGKILL");
  expect(end.stderr).toContain("the daemon hangs");
});

test("a process that works is left alone, and one that stops watching ends by itself", async () => {
  const end = await watched("setTimeout(() => watch.close(), 800);");
  expect(end).toMatchObject({ code: 0, signal: null });
});
