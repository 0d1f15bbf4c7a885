import fc from "fast-check";
import { expect, it } from "vitest";
import { decideGate, type GateFacts } from "../../../src/agents/gates/decide-gate.ts";
import { pullRequestFacts, runFacts } from "../../../src/agents/gates/github-facts.ts";
import { settlingGate } from "../../../src/agents/gates/settle-gate.ts";
import { chooseRun, type RunWish, type WorkflowRun } from "../../../src/agents/gates/workflow-run.ts";
import type { GhAnswer, RunGh } from "../../../src/agents/github/run-gh.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { beadOf } from "../../support/bead-of.ts";

const start = Date.parse("2026-01-06T09:00:00Z");
const hour = 3_600_000;

function gateOf(type: string, more: Partial<Bead> = {}): Bead {
  return beadOf({ id: "gt-gate1", type: "gate", awaitType: type, createdAt: start, ...more });
}

const run = (more: Partial<WorkflowRun> = {}): WorkflowRun => ({
  number: 7,
  status: "completed",
  conclusion: "success",
  workflow: "CI",
  workflowId: 1,
  branch: "feature",
  commit: "c1",
  createdAt: start,
  ...more,
});

it("opens for what was waited for, fails for what can no longer come, and waits otherwise", () => {
  const closed = (outcome: Bead["outcome"]) => beadOf({ id: "gt-a", status: "closed", outcome });
  const cases: readonly (readonly [string, GateFacts, string])[] = [
    ["bead", { kind: "bead", id: "gt-a", bead: closed("success") }, "met"],
    ["bead", { kind: "bead", id: "gt-a", bead: closed("failure") }, "failed"],
    ["bead", { kind: "bead", id: "gt-a", bead: undefined }, "failed"],
    ["bead", { kind: "bead", id: "gt-a", bead: beadOf({ id: "gt-a" }) }, "pending"],
    ["mail", { kind: "mail", subject: "MERGED x" }, "met"],
    ["mail", { kind: "mail", subject: undefined }, "pending"],
    ["gh:pr", { kind: "pull-request", state: "MERGED" }, "met"],
    ["gh:pr", { kind: "pull-request", state: "CLOSED" }, "failed"],
    ["gh:pr", { kind: "pull-request", state: "OPEN" }, "pending"],
    ["gh:pr", { kind: "pull-request", state: undefined }, "failed"],
    ["gh:run", { kind: "run", run: run() }, "met"],
    ["gh:run", { kind: "run", run: run({ conclusion: "skipped" }) }, "met"],
    ["gh:run", { kind: "run", run: run({ conclusion: "cancelled" }) }, "failed"],
    ["gh:run", { kind: "run", run: run({ status: "in_progress", conclusion: "" }) }, "pending"],
    ["gh:run", { kind: "run", run: undefined }, "failed"],
    ["gh:run", { kind: "run", run: null }, "pending"],
    ["condition", { kind: "condition", holds: true }, "met"],
    ["condition", { kind: "condition", holds: false }, "pending"],
    ["human", { kind: "person" }, "person"],
    ["gh:run", { kind: "unknown", why: "gh cannot be run" }, "unknown"],
  ];
  for (const [type, facts, is] of cases)
    expect([facts, decideGate(gateOf(type), facts, start + hour).is]).toEqual([facts, is]);
});

it("counts timers and deadlines from when the gate was armed", () => {
  const armed = { gate: { state: "armed", armed_at: new Date(start + hour).toISOString() } };
  const timer = gateOf("timer", { timeoutNs: hour * 1e6, metadata: armed });
  expect(decideGate(timer, { kind: "clock" }, start + 2 * hour - 1).is).toBe("pending");
  expect(decideGate(timer, { kind: "clock" }, start + 2 * hour)).toEqual({ is: "met", why: "timer elapsed" });
  const mail = gateOf("mail", { awaitId: "*ok*", timeoutNs: hour * 1e6, metadata: armed });
  expect(decideGate(mail, { kind: "mail", subject: undefined }, start + 2 * hour - 1).is).toBe("pending");
  expect(decideGate(mail, { kind: "mail", subject: undefined }, start + 2 * hour)).toEqual({
    is: "failed",
    why: 'no mail "*ok*" yet; deadline 2026-01-06T11:00:00.000Z has passed',
  });
  expect(decideGate(mail, { kind: "mail", subject: "ok" }, start + 3 * hour).is).toBe("met");
  expect(decideGate(mail, { kind: "unknown", why: "offline" }, start + 3 * hour).is).toBe("unknown");
});

it("never opens for anything but a yes, whatever GitHub's program says", async () => {
  const answer = fc.record({
    code: fc.constantFrom(0, 1, 2, 4),
    stdout: fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(
        '{"state":"OPEN"}',
        '{"state":"merged"}',
        "[]",
        '{"databaseId":7,"status":"completed"}',
      ),
    ),
    stderr: fc.constantFrom("", "HTTP 404: Not Found", "HTTP 502", "Could not resolve to a PullRequest"),
  });
  await fc.assert(
    fc.asyncProperty(answer, async (said) => {
      for (const look of [pullRequestFacts, runFacts]) {
        try {
          const facts = await look(() => Promise.resolve(said), "7");
          expect(decideGate(gateOf("gh:run"), facts, start).is).not.toBe("met");
        } catch (error) {
          expect(error).toMatchObject({ code: "E_GH" });
        }
      }
    }),
  );
  const yes: RunGh = async (args): Promise<GhAnswer> => ({
    code: 0,
    stdout:
      args[0] === "pr"
        ? '{"state":"MERGED"}'
        : '{"databaseId":7,"status":"completed","conclusion":"success","createdAt":"2026-01-06T09:00:00Z"}',
    stderr: "",
  });
  for (const look of [pullRequestFacts, runFacts])
    expect(decideGate(gateOf("gh:run"), await look(yes, "7"), start).is).toBe("met");
});

it("means the run of the same commit, then of the same branch, then the newest, and no other workflow's", () => {
  const wish: RunWish = { workflow: "ci", branch: "feature", commit: "c1", createdAfter: start };
  const workflows = [
    { id: 1, name: "Tests", path: ".github/workflows/ci.yaml" },
    { id: 2, name: "Release", path: ".github/workflows/release.yml" },
  ];
  const runs = [
    run({ number: 1, branch: "main", commit: "c9", createdAt: start + 9 }),
    run({ number: 2, commit: "c8", createdAt: start + 2 }),
    run({ number: 3, commit: "c1", createdAt: start + 1 }),
    run({ number: 4, commit: "c1", workflowId: 2, createdAt: start + 8 }),
    run({ number: 5, commit: "c1", createdAt: start - 1 }),
  ];
  const chosen = (more: Partial<RunWish>) => chooseRun(runs, workflows, { ...wish, ...more })?.number;
  expect(chosen({})).toBe(3);
  expect(chosen({ commit: "" })).toBe(2);
  expect(chosen({ commit: "", branch: "none" })).toBe(1);
  expect(chosen({ workflow: "RELEASE.yml" })).toBe(4);
  expect(chosen({ workflow: "Tests", createdAfter: start + 3 })).toBe(1);
  expect(chosen({ workflow: "unknown" })).toBeUndefined();
  // Without a workflow's name a green run of another branch says nothing.
  expect(chosen({ workflow: "", commit: "", branch: "none" })).toBeUndefined();
  expect(chosen({ workflow: "", commit: "", branch: "main" })).toBe(1);
});

it("writes nothing when nothing is new", () => {
  const metadata = { gate: { state: "armed", last_reason: "no run yet" } };
  const gate = gateOf("gh:run", { metadata });
  const pending = { is: "pending", why: "no run yet" } as const;
  expect(settlingGate(gate, { kind: "run", run: null }, pending, start)).toEqual([]);
  expect(settlingGate(gate, { kind: "run", run: run() }, { is: "met", why: "green" }, start)).toMatchObject([
    { op: "expect" },
    { op: "update", fields: { awaitId: "7", metadata: { gate: { state: "resolved" } } } },
    { op: "close" },
  ]);
});

it("counts no time before a gate is armed", () => {
  const timed = { timeoutNs: hour * 1e6 };
  for (const [type, facts] of [
    ["human", { kind: "person" }],
    ["timer", { kind: "clock" }],
  ] as const) {
    const waiting = gateOf(type, { ...timed, metadata: { gate: { state: "waiting" } } });
    const is = (gate: Bead) => decideGate(gate, facts, start + 2 * hour).is;
    expect(is(waiting)).toBe(type === "human" ? "person" : "pending");
    expect(is(gateOf(type, timed))).toBe(type === "human" ? "failed" : "met");
  }
});
