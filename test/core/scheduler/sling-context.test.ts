import { expect, test } from "vitest";
import { enqueueSling, openContexts } from "../../../src/core/scheduler/sling-context.ts";
import { scratchLedger } from "../ledger/scratch-ledger.ts";

test("a queued sling is found again with everything that was asked for, and is no work itself", async () => {
  const { ledger } = await scratchLedger();
  const { created } = await ledger.write("overseer", [
    { op: "create", bead: { title: "Fix login", scope: "town" } },
  ]);
  const bead = created[0] ?? "";
  const context = {
    bead,
    rig: "town",
    reason: "rework",
    enqueued_at: 5,
    prefer_agent: "web/polecats/nux",
  } as const;
  await ledger.write("overseer", enqueueSling(context, "Fix login"));

  const { contexts, broken } = await openContexts(ledger, bead);
  expect(broken).toEqual([]);
  expect(contexts).toEqual([{ ...context, id: expect.any(String) }]);
  expect((await ledger.ready()).map(({ id }) => id)).toEqual([bead]);
});
