import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { diskDuty, isDiskTight } from "../../../src/agents/daemon/duties/disk.ts";
import { readStop } from "../../../src/agents/daemon/emergency-stop.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

test("at 90 MB everything stops by itself, and goes on by itself at 2 GB; a warning is said once", async () => {
  let free = 2000;
  const told: string[] = [];
  const context = {
    ...(await town.access("daemon")),
    log: { info: () => undefined, warn: (line: string) => told.push(line) },
  } as unknown as DaemonContext;
  const duty = diskDuty(context, async () => free);
  const at = async (mb: number): Promise<string | undefined> => {
    free = mb;
    await duty.run(new AbortController().signal);
    return readStop(town.town)?.kind;
  };
  expect(await at(2000)).toBeUndefined();
  expect(await at(400)).toBeUndefined();
  expect(await at(400)).toBeUndefined();
  expect(told).toEqual(["disk: 400 MB free (blocked)"]);
  expect(await isDiskTight(town.town, async () => 499)).toBe(true);
  expect(await isDiskTight(town.town, async () => 500)).toBe(false);
  expect(await at(90)).toBe("auto");
  expect(await at(400), "not before there is room again").toBe("auto");
  expect(await at(2000)).toBeUndefined();
});
