import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { syncDuty } from "../../../src/agents/daemon/duties/sync.ts";
import { openEscalations } from "../../../src/core/escalation/open-escalations.ts";
import { openGit } from "../../../src/core/git/git.ts";
import { WorkTown } from "../../support/work-town.ts";

let work: WorkTown;

beforeEach(async () => {
  work = await WorkTown.create();
});

afterEach(() => work.dispose());

test("brings beads to the remote by itself, and asks a person once when that fails again and again", async () => {
  work.write(".beads/config.yaml", "sync.interval: 0\n");
  const access = await work.access();
  const warnings: string[] = [];
  const log = { warn: (text: string) => warnings.push(text) };
  const duty = syncDuty({ ...access, actor: "daemon", log } as unknown as DaemonContext);
  const run = () => duty.run(new AbortController().signal);
  const repository = openGit(work.rig().repository);
  const bead = await work.bead(access, "shared", "true");
  await run();
  expect(warnings).toEqual([]);
  const pushed = await repository.raw("ls-remote", "origin", "refs/heads/beads-sync");
  expect(pushed).toContain("refs/heads/beads-sync");

  await repository.raw("remote", "set-url", "origin", "/nowhere/at/all.git");
  await access.ledger.write("x", [{ op: "update", id: bead.id, fields: { priority: 0 } }]);
  for (let round = 0; round < 5; round++) await run();
  expect(warnings.filter((text) => text.startsWith("sync of web: "))).toHaveLength(5);
  const open = await openEscalations(access.ledger);
  expect(open.map(({ title }) => title)).toEqual([
    expect.stringContaining("the beads of web could not be synced 3 times"),
  ]);
});
