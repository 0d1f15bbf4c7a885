import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { DeathWatch } from "../../../src/agents/daemon/death-watch.ts";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

const second = 1000;
let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

test("three deaths within thirty seconds hold every start for a minute and are told each time and asked about once; the town may set both numbers", async () => {
  let now = Date.now();
  const budget = new StartBudget();
  const access = await town.access("daemon");
  const log = { info: () => undefined, warn: () => undefined };
  const context = { ...access, clock: { now: () => now }, budget, log } as unknown as DaemonContext;
  const watch = new DeathWatch(context);
  const died = (name: string, more: Partial<SessionRecord> = {}) =>
    watch.note({
      session: name,
      agent: "claude",
      exitReason: "crashed",
      endedAt: now,
      ...more,
    } as SessionRecord);
  const events = () => readEvents(town.town.paths.events, { filter: { types: ["mass_death"] } });

  const at = (name: string) => ({
    actor: `web/polecats/${name}`,
    role: "polecat",
    rig: "web",
    bead: `web-${name}`,
  });
  died("a", at("a"));
  died("b", at("b"));
  died("stopped", { expected: true, exitReason: "stopped" });
  died("lost", { exitReason: "host-lost" });
  died("script", { exitReason: "done", role: "polecat", bead: "web-1", agent: "shell" });
  died("person left", { exitReason: "done", role: "crew" });
  expect(budget.take(now), "ends that were asked for and a lost host are no deaths").toBe(0);
  now += 29 * second;
  died("c");
  expect(budget.take(now)).toBeGreaterThanOrEqual(59 * second);
  await waitFor(() => events().length === 1, { what: "the event" });
  expect(events()[0]?.payload).toMatchObject({ count: 3, window: "30s", sessions: ["a", "b", "c"] });
  died("same misfortune");
  const mails = async () =>
    (await access.ledger.find({ type: "message", titleContains: "POLECAT_DIED" })).map((mail) => [
      mail.assignee,
      mail.title,
      mail.description,
    ]);
  const lines = "- web/polecats/a: web-a\n- web/polecats/b: web-b";
  expect(await mails(), "06 §5.2").toEqual([
    ["mayor/", "POLECAT_DIED: 2 in web", expect.stringContaining(lines)],
  ]);
  const [asked] = await access.ledger.find({ type: "escalation" });
  expect(asked).toMatchObject({ priority: 0, title: expect.stringContaining("3 sessions died at once") });

  now += 120 * second;
  // A worker that leaves its bead behind has died, whatever its exit code.
  for (const name of ["d", "e", "f"]) died(name, { ...at(name), exitReason: "done" });
  expect(budget.take(now), "held again").toBeGreaterThan(0);
  await waitFor(() => events().length === 2, { what: "the second event" });
  expect(await access.ledger.find({ type: "escalation" }), "asked at most every half hour").toHaveLength(1);
  expect(await mails()).toHaveLength(1);

  town.write("settings/config.json", {
    operational: { daemon: { mass_death_count: 5, mass_death_window: "1s" } },
  });
  now += 120 * second;
  for (const name of ["g", "h", "i"]) died(name);
  expect(budget.take(now)).toBe(0);
});
