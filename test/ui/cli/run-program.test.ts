import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cliEnv, runGt } from "../../support/run-cli.ts";

it("says one line for --version and works without a town", async () => {
  const result = await runGt(["--version"]);
  expect(result).toMatchObject({ code: 0, stderr: "" });
  expect(result.stdout).toMatch(/^gt version \d+\.\d+\.\d+ \(\w+.*\)\n$/);
});

it("answers a wrong command with exit 2, text on stderr and nothing on stdout", async () => {
  const result = await runGt(["versoin"]);
  expect(result).toMatchObject({ code: 2, stdout: "" });
  expect(result.stderr).toBe('error: unknown command "versoin" (did you mean "version"?)\nhint: gt help\n');
});

it("answers with one JSON document when JSON was asked for", async () => {
  const result = await runGt(["versoin", "--json"]);
  expect(result).toMatchObject({ code: 2, stderr: "" });
  expect(result.json()).toMatchObject({ ok: false, code: "E_USAGE", details: { suggestions: ["version"] } });
});

it("shows the same help for the three ways of asking", async () => {
  const [first, second, third] = await Promise.all([
    runGt(["help", "version"]),
    runGt(["version", "--help"]),
    runGt(["version", "help"]),
  ]);
  expect(first.code).toBe(0);
  expect(first.stdout).toContain("Usage:\n  gt version [flags]\n");
  expect(second.stdout).toBe(first.stdout);
  expect(third.stdout).toBe(first.stdout);
});

it("ends quietly when the reader of its output went away", async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../../bin/gt"), "help"], {
    env: cliEnv(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
