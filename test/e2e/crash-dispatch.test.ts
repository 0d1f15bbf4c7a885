import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openContexts } from "../../src/core/scheduler/sling-context.ts";
import { arm, type Cell, CrashTown } from "./support/crash-town.ts";

test("the daemon killed while it dispatches what is queued starts no bead twice (05 §12.23)", async () => {
  const town = await CrashTown.make();
  try {
    for (const [key, value] of [
      ["scheduler.max_polecats", "2"],
      ["scheduler.batch_size", "2"],
    ])
      expect((await town.gt(["config", "set", key ?? "", value ?? ""])).code).toBe(0);
    const daemon = { directory: join(town.scratch.outside, "daemon") };
    mkdirSync(daemon.directory);
    const cells: Cell[] = [];
    for (const label of ["one", "two", "three", "four"]) cells.push(await town.cell(label));
    const queued = await town.gt(["sling", ...cells.map((cell) => cell.bead), "web"]);
    expect(queued.stdout).toContain("📊 Scheduled 4/4");
    expect((await openContexts(town.ledger)).contexts).toHaveLength(4);

    // Before the worktree, between the session and the batch that says so, and before the context is closed.
    for (const point of ["sling.worktree", "sling.session.done", "sched.slung"]) {
      arm(daemon, point);
      await town.daemonDiesAt(daemon, point);
    }
    await town.up();
    await town.expectLanded();
    for (const cell of cells) expect(town.note(cell, "lives"), cell.name).toBe("life\n");
    expect((await openContexts(town.ledger)).contexts).toEqual([]);
  } finally {
    await town.dispose();
  }
}, 300_000);
