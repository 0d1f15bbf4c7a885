import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { doctorDuty } from "../../../src/agents/daemon/duties/doctor.ts";
import { PlainTown } from "../../support/plain-town.ts";

const minute = 60_000;
let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

test("the town is looked over every five minutes if something changed, by git once a day; an error is asked about once", async () => {
  let now = Date.now();
  const told: string[] = [];
  const access = await town.access("daemon");
  const context = {
    ...access,
    clock: { now: () => now },
    log: { info: () => undefined, warn: (line: string) => told.push(line) },
  } as unknown as DaemonContext;
  const duty = doctorDuty(context);
  const look = async (laterMs: number): Promise<readonly string[]> => {
    told.length = 0;
    now += laterMs;
    await duty.run(new AbortController().signal);
    return [...told];
  };
  const change = () =>
    access.ledger.write("overseer", [{ op: "create", bead: { title: "x", scope: "town" } }]);
  const aboutGit = (lines: readonly string[]) => lines.filter((line) => line.includes("bare-repo"));

  expect(await look(4 * minute), "not at the start").toEqual([]);
  await change();
  expect(aboutGit(await look(5 * minute))).toEqual([]);
  await change();
  // The rig of this town has no repository.
  expect(aboutGit(await look(24 * 60 * minute))).toEqual([expect.stringContaining("is missing")]);
  await change();
  await look(24 * 60 * minute);
  expect((await access.ledger.find({ type: "escalation" })).map((each) => each.title)).toEqual([
    expect.stringContaining("is missing"),
  ]);
});
