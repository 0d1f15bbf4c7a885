import { expect, test } from "vitest";
import { learnFiles, type PastWork } from "../../../src/core/convoys/likely-files.ts";

const past: readonly PastWork[] = [
  { text: "Parse dates in the importer", files: ["src/import/dates.ts", "CHANGELOG.md"] },
  { text: "Importer: reject broken dates", files: ["src/import/dates.ts", "CHANGELOG.md"] },
  { text: "Show a spinner while the page loads", files: ["web/spinner.tsx", "CHANGELOG.md"] },
  ...Array.from({ length: 12 }, (_, n) => ({
    text: `Topic${n} of its own`,
    files: [`src/t${n}.ts`, "CHANGELOG.md"],
  })),
  { text: "Rename dates everywhere", files: Array.from({ length: 40 }, (_, n) => `src/x${n}.ts`) },
];
const likely = learnFiles(past);

test("work is expected where similar work was, and nowhere when nothing is like it", () => {
  expect([...likely({ title: "Importer must accept dates without a year" })]).toEqual([
    "src/import/dates.ts",
  ]);
  expect([...likely({ title: "Make the loading spinner smaller" })]).toEqual(["web/spinner.tsx"]);
  expect([...likely({ title: "Translate the manual" })]).toEqual([]);
  expect([...likely({ title: "" })]).toEqual([]);
  expect([...learnFiles([])({ title: "Importer" })]).toEqual([]);
});

test("a file that nearly every change touches, and a change that touches nearly every file, tell nothing", () => {
  expect(likely({ title: "Topic3 again" })).not.toContain("CHANGELOG.md");
  expect(
    [...likely({ title: "Rename dates everywhere" })].filter((file) => file.startsWith("src/x")),
  ).toEqual([]);
});
