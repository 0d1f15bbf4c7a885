import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { presets } from "../../../src/agents/runtimes/presets.ts";
import { runtimesDocument } from "../../../src/agents/runtimes/runtimes-document.ts";

const root = join(import.meta.dirname, "../../..");

test("docs/runtimes.md says what the presets and the conformance suite say (npm run docs)", () => {
  expect(readFileSync(join(root, "docs/runtimes.md"), "utf8")).toBe(runtimesDocument());
});

test("every built-in runtime is listed, and those called proven have a conformance test", () => {
  const [, proven = "", rest = ""] = runtimesDocument().split(/^## (?:Proven|Not proven)$/m);
  const namesIn = (text: string) =>
    [...(text.split("\n## ")[0] ?? "").matchAll(/^\| ([a-z]+) \|/gm)]
      .map((match) => match[1] ?? "")
      .filter((name) => name !== "runtime");
  expect([...namesIn(proven), ...namesIn(rest)].sort()).toEqual([...presets.keys()].sort());
  const directory = join(root, "test/conformance");
  const suite = readdirSync(directory).map((file) => readFileSync(join(directory, file), "utf8"));
  for (const name of namesIn(proven).filter((each) => each !== "shell"))
    expect(
      suite.some((text) => text.includes(`"${name}"`)),
      name,
    ).toBe(true);
});
