import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tuiSoak } from "../support/tui-soak.ts";
import { TuiTown } from "./support/tui-town.ts";

vi.setConfig({ testTimeout: 180_000 });

let town: TuiTown;
beforeEach(() => {
  town = new TuiTown();
});
afterEach(() => town.dispose());

// The long form is `npm run soak:tui`.
test.runIf(process.platform === "linux")(
  "whatever happens to it, the TUI ends with an intact frame and a clean terminal",
  async () => {
    const report = await tuiSoak({
      town,
      open: () => town.open({ columns: 160, rows: 45 }),
      seed: 7,
      progress: (steps) => steps / 200,
    });
    expect(report).toMatchObject({ steps: 200, frame: [], differingCells: [], leftBehind: [] });
    expect(report.kills).toBeGreaterThan(0);
    expect(report.after.files).toBeLessThanOrEqual(report.before.files + 5);
    expect(report.after.megabytes).toBeLessThan(300);
  },
);
