import { defineConfig } from "vitest/config";
import suite from "./vitest.config.ts";

/** The suite's settings with real agent CLIs, which are slow to start, one at a time. */
export default defineConfig({
  test: {
    ...suite.test,
    include: ["test/conformance/**/*.conformance.ts"],
    setupFiles: ["test/conformance/bare-environment.ts"],
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
