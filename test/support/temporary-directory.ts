import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { judgeOrigins } from "./target-history.ts";

/** A fresh directory that is gone when the test is over. */
export function temporaryDirectory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "gt-test-")));
  onTestFinished(() => {
    try {
      judgeOrigins(path);
    } finally {
      rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    }
  });
  return path;
}
