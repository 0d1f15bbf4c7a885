import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { snapshotDueInMs } from "../../../src/agents/daemon/snapshot-timing.ts";
import { WorktreeWatches } from "../../../src/agents/daemon/worktree-watches.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import { openTown } from "../../../src/core/town/open-town.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

test("a snapshot is due when it has been quiet, not soon after the last one, and not put off for ever", () => {
  const timing = { quietMs: 30_000, minGapMs: 120_000, intervalMs: 600_000 };
  const due = (now: number, since: number, takenAt: number): number =>
    snapshotDueInMs(now, { since, takenAt }, timing);
  const now = 10_000_000;
  expect(due(now, now, 0)).toBe(30_000);
  expect(due(now, now, now - 120_000)).toBe(30_000);
  expect(due(now, now, now - 91_000)).toBe(30_000);
  expect(due(now, now, now - 30_000)).toBe(90_000);
  // Changes that do not stop.
  expect(due(now, now - 569_000, 0)).toBe(30_000);
  expect(due(now, now - 590_000, 0)).toBe(10_000);
  expect(due(now, now - 700_000, 0)).toBe(0);
});

let work: WorkTown;
let watches: WorktreeWatches | undefined;
beforeEach(async () => {
  work = await WorkTown.create();
  work.write("settings/config.json", {
    default_agent: "shell",
    operational: { snapshot: { quiet: "0.1s", min_gap: "0.1s" } },
  });
});
afterEach(async () => {
  watches?.close();
  await work.dispose();
});

test("what was changed before anybody watched is kept, and a snapshot that fails is taken later", async () => {
  const access = { ...(await work.access("daemon")), town: openTown(work.root, { env: {} }) };
  const bead = await work.bead(access, "Writes", "sleep 1000");
  const { dispatched } = await sling(access, { words: [bead.id, "web"], options: {} });
  const agent = dispatched[0]?.agent ?? "";
  writeFileSync(join(work.root, agent, "web", "draft.txt"), "half");
  const blocked = join(work.rig().repository, "refs/gt");
  writeFileSync(blocked, "");
  const told: string[] = [];
  const log = { info: () => undefined, warn: (line: string) => told.push(line) };
  watches = new WorktreeWatches({ ...access, log } as unknown as DaemonContext, () => undefined);
  await watches.sync();
  await waitFor(() => told.some((line) => line.includes(`snapshot of ${agent}`)), { what: "a failure" });
  rmSync(blocked);
  const kept = (): string => work.git("web", "for-each-ref", "--format=%(refname)", "refs/gt/hooks");
  await waitFor(() => kept() !== "", { what: "a snapshot" });
  expect(work.git("web", "show", `${kept()}:draft.txt`)).toBe("half");
});
