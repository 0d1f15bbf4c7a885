import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import conformance from "../conformance.config.ts";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  packages: Record<string, { gypfile?: boolean; resolved?: string }>;
};

test("installing needs no compiler: npm is told not to build the SQLite binding that ships prebuilt", () => {
  // npm 10 builds every package with a binding.gyp unless the lock file says otherwise, and `npm install` drops the key.
  expect(lock.packages["node_modules/better-sqlite3"]?.gypfile).toBe(false);
});

test("the lock file names no registry, so that any mirror serves it", () => {
  expect(Object.values(lock.packages).filter((entry) => entry.resolved !== undefined)).toEqual([]);
});

test("the conformance run has its own files only, not the suite's", () => {
  expect(conformance.test).toMatchObject({ include: ["test/conformance/**/*.conformance.ts"] });
  expect(conformance.test).not.toHaveProperty("projects");
});
