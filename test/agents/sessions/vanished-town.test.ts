import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { watchForVanishedTown } from "../../../src/agents/sessions/vanished-town.ts";

test("a deleted town is noticed once, a file that is being replaced is not", () => {
  const root = mkdtempSync(join(tmpdir(), "gt-vanished-"));
  const file = join(root, "mayor/town.json");
  mkdirSync(join(root, "mayor"));
  writeFileSync(file, "{}");
  let gone = 0;
  vi.useFakeTimers();
  const watch = watchForVanishedTown(root, () => gone++, { lookEveryMs: 1000 });
  try {
    renameSync(file, `${file}.tmp`);
    vi.advanceTimersByTime(1000);
    renameSync(`${file}.tmp`, file);
    vi.advanceTimersByTime(5000);
    expect(gone).toBe(0);
    rmSync(root, { recursive: true });
    vi.advanceTimersByTime(10_000);
    expect(gone).toBe(1);
  } finally {
    vi.useRealTimers();
    watch.close();
  }
});
