import { expect, test } from "vitest";
import { lastDue, nextDue, parseCron } from "../../../src/core/plugins/cron.ts";
import { decideGate } from "../../../src/core/plugins/gate.ts";
import { parsePlugin } from "../../../src/core/plugins/plugin.ts";

const minute = 60_000;
const hour = 60 * minute;
const at = (text: string): number => new Date(text).getTime();
const file = (gate: string, more = ""): string =>
  `+++\nname = "tidy"\ndescription = "Tidies"\n[gate]\n${gate}\n${more}\n+++\nDo it.\n`;
const gateOf = (gate: string) => parsePlugin(file(gate), { hasScript: false }).gate;

test("a plugin is TOML between lines of +++ and instructions", () => {
  const plugin = parsePlugin(
    file(
      'type = "cooldown"\nduration = "12h"',
      '[tracking]\nlabels = ["a:b"]\n[execution]\ntimeout = "90s"\nrigs = ["web"]',
    ),
    { hasScript: true },
  );
  expect(plugin).toMatchObject({
    name: "tidy",
    type: "script",
    gate: { type: "cooldown", durationMs: 12 * hour },
    labels: ["a:b"],
    timeoutMs: 90_000,
    rigs: ["web"],
    isEnabled: true,
    notifiesOnFailure: true,
    severity: "low",
    instructions: "Do it.",
  });
  expect(parsePlugin(file('type = "manual"'), { hasScript: false }).type).toBe("agent");
});

test("what is wrong with a plugin is said in one line", () => {
  const wrong = (text: string, hasScript = false) => {
    try {
      parsePlugin(text, { hasScript });
    } catch (error) {
      return (error as Error).message.split("\n")[0] ?? "";
    }
    return "nothing";
  };
  expect(wrong("# Just text")).toContain("+++");
  expect(wrong('+++\nname = "Bad Name"\ndescription = "x"\n+++\ntext')).toContain("name");
  expect(wrong('+++\nname = "x"\n+++\ntext')).toContain("description");
  expect(wrong("+++\nname =\n+++\ntext")).not.toBe("nothing");
  expect(wrong(file('type = "cooldown"'))).toContain("gate.duration");
  expect(wrong(file('type = "cooldown"\nduration = "soon"'))).toContain('"soon" is not a duration');
  expect(wrong(file('type = "cron"\nschedule = "61 * * * *"'))).toContain("0-59");
  expect(wrong(file('type = "event"\non = "rain"'))).toContain("gate.on");
  expect(wrong(file('type = "manual"', '[execution]\ntype = "script"'))).toContain("run.sh");
});

test("a cooldown opens at first and then when it is over, to the millisecond", () => {
  const gate = gateOf('type = "cooldown"\nduration = "1h"');
  const now = at("2026-03-02T09:00");
  expect(decideGate(gate, { now })).toMatchObject({ kind: "open" });
  expect(decideGate(gate, { now, lastRunAt: now - hour + 1 })).toMatchObject({
    kind: "closed",
    dueAt: now + 1,
  });
  expect(decideGate(gate, { now, lastRunAt: now - hour })).toMatchObject({ kind: "open" });
});

test("a schedule that was missed twice opens once, and nothing older than a day is made up for", () => {
  const gate = gateOf('type = "cron"\nschedule = "0 9 * * *"');
  const now = at("2026-03-05T10:00");
  expect(decideGate(gate, { now, lastRunAt: at("2026-03-03T09:00") })).toMatchObject({ kind: "open" });
  expect(decideGate(gate, { now: now + minute, lastRunAt: now })).toMatchObject({
    kind: "closed",
    dueAt: at("2026-03-06T09:00"),
  });
  const rare = gateOf('type = "cron"\nschedule = "0 9 1 * *"');
  expect(decideGate(rare, { now, lastRunAt: at("2026-02-01T09:00") })).toMatchObject({ kind: "closed" });
});

test("schedules know ranges, steps, names, Sunday twice, and either of two days", () => {
  const next = (text: string, from: string) => {
    const due = nextDue(parseCron(text), at(from), 40 * 24 * hour);
    return due === undefined ? undefined : new Date(due);
  };
  expect(next("*/15 * * * *", "2026-03-02T09:01")).toEqual(new Date("2026-03-02T09:15"));
  expect(next("0 9 * * 1-5", "2026-03-06T09:00")).toEqual(new Date("2026-03-09T09:00")); // Friday to Monday
  expect(next("0 9 * * mon,wed", "2026-03-02T09:00")).toEqual(new Date("2026-03-04T09:00"));
  expect(next("0 0 * * 7", "2026-03-02T00:00")).toEqual(next("0 0 * * 0", "2026-03-02T00:00"));
  // The 15th or a Monday, whichever comes first, as in cron.
  expect(next("0 9 15 * 1", "2026-03-03T00:00")).toEqual(new Date("2026-03-09T09:00"));
  expect(next("0 9 4 * 1", "2026-03-03T00:00")).toEqual(new Date("2026-03-04T09:00"));
  expect(lastDue(parseCron("30 8 * * *"), at("2026-03-02T08:30"), at("2026-03-02T09:00"))).toBeUndefined();
  for (const bad of ["* * * *", "a * * * *", "*/0 * * * *", "5-70 * * * *", "* 24 * * *"])
    expect(() => parseCron(bad)).toThrow();
});

test("a condition is tried at most so often, an event opens once a minute", () => {
  const now = at("2026-03-02T09:00");
  const condition = gateOf('type = "condition"\ncheck = "test -f x"');
  expect(decideGate(condition, { now })).toEqual({ kind: "check", command: "test -f x" });
  expect(decideGate(condition, { now, lastCheckedAt: now - 5 * minute + 1 })).toMatchObject({
    kind: "closed",
  });
  expect(decideGate(condition, { now, lastCheckedAt: now - 5 * minute })).toMatchObject({ kind: "check" });
  const event = gateOf('type = "event"\non = "merged"');
  expect(decideGate(event, { now })).toMatchObject({ kind: "closed" });
  expect(decideGate(event, { now, eventAt: now - minute })).toMatchObject({ kind: "open" });
  expect(decideGate(event, { now, eventAt: now - 1, lastRunAt: now - 30_000 })).toMatchObject({
    kind: "closed",
  });
  expect(decideGate(event, { now, eventAt: now - minute, lastRunAt: now - 30_000 })).toMatchObject({
    kind: "closed",
    reason: 'it waits for "merged"',
  });
});
