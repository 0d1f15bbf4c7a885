import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { presets } from "../../../src/agents/runtimes/presets.ts";
import { type Observations, runtimesDocument } from "../../../src/agents/runtimes/runtimes-document.ts";
import { checks } from "../../conformance/cli.ts";

const root = join(import.meta.dirname, "../../..");
const observations = JSON.parse(readFileSync(join(root, "docs/conformance.json"), "utf8")) as Observations;

test("docs/runtimes.md says what the presets and the recorded conformance run say (npm run docs)", () => {
  expect(readFileSync(join(root, "docs/runtimes.md"), "utf8")).toBe(runtimesDocument(observations));
});

test("every built-in runtime is listed, every check has its evidence, every observation its test", () => {
  const text = runtimesDocument(observations);
  for (const name of presets.keys()) expect(text).toContain(`| ${name} |`);
  for (const check of checks) expect(text).toContain(`- **${check}**: `);
  const files = readdirSync(join(root, "test/conformance"));
  for (const [name, { proven, cannot }] of Object.entries(observations)) {
    expect(files).toContain(`${name}.conformance.ts`);
    // What does not start shows nothing else.
    const told = [...proven, ...Object.keys(cannot)];
    expect(told.sort()).toEqual("start" in cannot ? ["start"] : [...checks].sort());
  }
});
