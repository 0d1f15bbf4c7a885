import { expect, onTestFinished, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { witnessDuty } from "../../../src/agents/daemon/duties/witness.ts";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { PlainTown } from "../../support/plain-town.ts";

test("a sweep that found something is told, of those that found nothing every thirtieth", async () => {
  const town = new PlainTown();
  onTestFinished(() => town.dispose());
  const access = await town.access("daemon");
  const context = {
    ...access,
    log: { info: () => undefined, warn: () => undefined },
    budget: new StartBudget(),
    noticeSleep: async () => undefined,
    isOperational: () => true,
  } as unknown as DaemonContext;
  const duty = witnessDuty(context, town.town.rig("greenplace"));
  const sweep = () => duty.run(new AbortController().signal);
  const told = () =>
    readEvents(town.town.paths.events, { filter: { types: ["patrol_cycle"] } }).map(
      ({ payload, visibility, actor }) => [payload["cycle"], payload["findings"], visibility, actor],
    );
  for (let cycle = 1; cycle < 30; cycle++) await sweep();
  expect(told()).toEqual([]);
  await sweep();
  expect(told()).toEqual([[30, 0, "audit", "greenplace/witness"]]);
  // A bead that nobody holds although the ledger says so.
  await access.ledger.write("overseer", [
    {
      op: "create",
      bead: {
        ...{ title: "Lost", scope: "greenplace", status: "in_progress" },
        assignee: "greenplace/polecats/gone",
      },
    },
  ]);
  await sweep();
  expect(told().at(-1)).toEqual([31, 1, "feed", "greenplace/witness"]);
});
