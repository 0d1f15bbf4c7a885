import { expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { refineryDuty } from "../../../src/agents/daemon/duties/refinery.ts";
import { QueueTown } from "../refinery/queue-town.ts";

test("the queue is looked at every poll_interval while something waits, and never while nothing does", async () => {
  const town = await QueueTown.make({ settings: { poll_interval: "7s", batch: { batch_wait_time: "10m" } } });
  const log = { info: () => {} } as unknown as DaemonContext["log"];
  const context = { ...town.access, log, isOperational: () => true } as unknown as DaemonContext;
  const duty = refineryDuty(context, town.rig);
  const look = () => duty.run(new AbortController().signal);
  expect(await look()).toEqual({});
  const { mr } = await town.submit({ "a.txt": "a\n" });
  // It waits ten minutes for company; an event that was missed is found out sooner.
  expect(await look()).toEqual({ againMs: 7000 });
  expect(await town.mr(mr)).toMatchObject({ phase: "ready" });
  town.later(11 * 60_000);
  expect(await look()).toEqual({});
  expect(await town.mr(mr)).toMatchObject({ closeReason: "merged" });
}, 60_000);
