import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";
import { packages } from "./test/conformance/packages.ts";
import suite from "./vitest.config.ts";

/** What takes longest begins first: the whole bead, then the CLIs as their packages are listed. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = ["whole-bead", ...Object.keys(packages)];
    const place = ({ moduleId }: TestSpecification) => order.indexOf(basename(moduleId, ".conformance.ts"));
    return files.toSorted((one, other) => place(one) - place(other));
  }
}

/** Seconds after which nothing more is begun, for CI; what is left out says so. */
const seconds = process.env["GT_CONFORMANCE_SECONDS"];
const budget =
  seconds === undefined ? {} : { GT_CONFORMANCE_UNTIL: String(Date.now() + Number(seconds) * 1000) };

/** How the suite runs its tests, but not which ones. */
const { projects: _, ...manners } = suite.test ?? {};

/** Real agent CLIs from npm against a model on loopback. */
export default defineConfig({
  test: {
    ...manners,
    include: ["test/conformance/**/*.conformance.ts"],
    globalSetup: "test/conformance/install-all.ts",
    setupFiles: ["test/conformance/bare-environment.ts"],
    env: { ...suite.test?.env, ...budget },
    sequence: { sequencer: LongestFirst },
    testTimeout: 600_000,
    hookTimeout: 300_000,
    // Programs that are not ours: one hiccup is not a verdict.
    retry: 1,
  },
});
