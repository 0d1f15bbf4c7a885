import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const coreTests = ["test/core/**/*.test.ts", "test/formulas/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      // Nothing here replaces modules or environment: one process tests many files and loads what they share once.
      { extends: true, test: { name: "core", include: coreTests, isolate: false } },
      {
        extends: true,
        test: { name: "town", include: ["test/**/*.test.ts", "test/**/*.test.tsx"], exclude: coreTests },
      },
    ],
    reporters: ["default", "./test/support/summary-reporter.ts"],
    setupFiles: ["./test/support/always-green.ts"],
    globalSetup: "./test/support/scratch-homes.ts",
    pool: "forks",
    // One more than the cores that CI has: many tests wait for processes of theirs.
    maxWorkers: 3,
    // Against hanging, not against slowness: a loaded machine takes its time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real processes on a busy CI machine: one hiccup is not a verdict, two are. At a desk nothing is hidden.
    retry: process.env["CI"] ? 1 : 0,
    // Nothing of the person's shell may leak into a test: no identity, no town, no colour settings.
    env: {
      // Processes that run from the sources start three times as fast. The place is that of our own programs (bin/launch.js).
      NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
      GT_TOWN_ROOT: "",
      GT_ROOT: "",
      GT_ROLE: "",
      GT_RIG: "",
      GT_SESSION: "",
      BD_ACTOR: "",
      BEADS_ACTOR: "",
      BEADS_DIR: "",
      BEADS_DB: "",
      NO_COLOR: "",
      GIT_CONFIG_GLOBAL: join(import.meta.dirname, "test/support/gitconfig"),
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "Test",
      GIT_AUTHOR_EMAIL: "test@example.com",
      GIT_COMMITTER_NAME: "Test",
      GIT_COMMITTER_EMAIL: "test@example.com",
    },
  },
});
