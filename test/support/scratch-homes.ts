import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The home directories of a run, taken away at its end: its workers are ended without a chance to clean up. */
export default function makeScratchHomes(): () => void {
  const homes = mkdtempSync(join(tmpdir(), "gt-homes-"));
  process.env["GT_TEST_HOMES"] = homes;
  return () => rmSync(homes, { recursive: true, force: true });
}
