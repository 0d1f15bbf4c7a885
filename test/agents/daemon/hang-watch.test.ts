import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const module = join(import.meta.dirname, "../../../src/agents/daemon/hang-watch.ts");

/** Runs a program that is watched with looks of 100 ms, and gives its end. */
function watched(
  body: string,
  lastWords?: string,
): Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }> {
  const program = `
    const { watchForHang } = await import(${JSON.stringify(module)});
    const watch = watchForHang({ tickMs: 20, lookMs: 100, lastWords: process.env.LAST_WORDS });
    ${body}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    env: { ...process.env, LAST_WORDS: lastWords },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (part: Buffer) => {
    stderr += part.toString();
  });
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, stderr })));
}

test("a process whose event loop hangs is ended and says so", async () => {
  const lastWords = join(temporaryDirectory(), "last-words");
  const end = await watched(
    "watch.note('witness:web, doctor'); setTimeout(() => { const end = Date.now() + 30_000; while (Date.now() < end); }, 200);",
    lastWords,
  );
  expect(end.signal).toBe("SIGKILL");
  expect(end.stderr).toContain("the daemon hangs in witness:web, doctor; ending it");
  expect(readFileSync(lastWords, "utf8")).toBe("the daemon hangs in witness:web, doctor");
});

test("a process that works is left alone, and one that stops watching ends by itself", async () => {
  const end = await watched("setTimeout(() => watch.close(), 800);");
  expect(end).toMatchObject({ code: 0, signal: null });
});
