import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";
import suite from "./vitest.config.ts";

/** By name: the stories of the single CLIs, then what takes longest. */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((one, other) => (one.moduleId < other.moduleId ? -1 : 1));
  }
}

/** Seconds after which nothing more is begun, for CI; what is left out says so. */
const seconds = process.env["GT_CONFORMANCE_SECONDS"];
const budget =
  seconds === undefined ? {} : { GT_CONFORMANCE_UNTIL: String(Date.now() + Number(seconds) * 1000) };

/** Real agent CLIs from npm against a model on loopback. */
export default defineConfig({
  test: {
    ...suite.test,
    include: ["test/conformance/**/*.conformance.ts"],
    setupFiles: ["test/conformance/bare-environment.ts"],
    env: { ...suite.test?.env, ...budget },
    sequence: { sequencer: ByName },
    testTimeout: 600_000,
    hookTimeout: 300_000,
    // Programs that are not ours: one hiccup is not a verdict.
    retry: 1,
  },
});
