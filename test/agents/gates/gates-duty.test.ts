import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { gatesDuty } from "../../../src/agents/daemon/duties/gates.ts";
import type { RunGh } from "../../../src/agents/github/run-gh.ts";
import { openEscalations } from "../../../src/core/escalation/open-escalations.ts";
import { pouring } from "../../../src/core/formulas/pour.ts";
import { inbox } from "../../../src/core/mail/mailbox.ts";
import { protoOf } from "../../core/formulas/proto-fixture.ts";
import { WorkTown } from "../../support/work-town.ts";

let work: WorkTown;

beforeEach(async () => {
  work = await WorkTown.create();
});

afterEach(() => work.dispose());

/** The daemon's duty in the town, with a clock and a GitHub of the test's own. */
async function duty(gh: RunGh = () => Promise.reject(new Error("nobody asked GitHub"))) {
  const access = await work.access();
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  const log = { warn: () => undefined, info: () => undefined };
  const context = { ...access, actor: "daemon", clock, log } as unknown as DaemonContext;
  const gates = gatesDuty(context, { gh: () => gh });
  const gate = async (awaitType: string, more: object = {}) => {
    const { named } = await access.ledger.write("mayor/", [
      { op: "create", as: "work", bead: { title: "deploy", scope: "web" } },
      { op: "create", as: "gate", bead: { title: "Gate", type: "gate", scope: "web", awaitType, ...more } },
      { op: "addDependency", edge: { from: "$work", to: "$gate" } },
    ]);
    return named["gate"] ?? "";
  };
  return {
    ledger: access.ledger,
    gate,
    run: () => gates.run(new AbortController().signal),
    wait: (ms: number) => {
      ahead += ms;
    },
  };
}

test("opens timers and gates on beads, and tells who waits exactly once", async () => {
  const { ledger, gate, run, wait } = await duty();
  expect(await run()).toBeUndefined();
  const { created } = await ledger.write("x", [{ op: "create", bead: { title: "build", scope: "web" } }]);
  const build = created[0] ?? "";
  const onBead = await gate("bead", { awaitId: build, waiters: ["mayor/"] });
  const timer = await gate("timer", { timeoutNs: 3_600_000 * 1e6 });
  expect(await run()).toMatchObject({ againMs: 30_000 });
  await ledger.write("x", [{ op: "close", id: build, close: { reason: "built" } }]);
  await run();
  expect(await ledger.get(onBead)).toMatchObject({ status: "closed", outcome: "success" });
  expect(await ledger.get(timer)).toMatchObject({ status: "open" });
  wait(3_700_000);
  await run();
  expect(await ledger.get(timer)).toMatchObject({ status: "closed" });
  const subjects = async () => (await inbox(ledger, "mayor/")).map(({ subject }) => subject);
  expect(await subjects()).toEqual([`Gate ${onBead} is open: Gate`]);
  await run();
  expect(await subjects()).toHaveLength(1);
});

test("wakes the waiters of a gate that a person resolved, and asks once when nobody answers in time", async () => {
  const { ledger, gate, run, wait } = await duty();
  const resolved = await gate("human", { waiters: ["mayor/"] });
  const forgotten = await gate("human", { timeoutNs: 60_000 * 1e6 });
  await run();
  expect(await openEscalations(ledger)).toEqual([]);
  await ledger.write("overseer", [{ op: "close", id: resolved, close: { reason: "go", force: true } }]);
  wait(120_000);
  await run();
  await run();
  expect((await inbox(ledger, "mayor/")).filter(({ subject }) => subject.includes(resolved))).toHaveLength(1);
  expect((await openEscalations(ledger)).map(({ title }) => title)).toEqual([
    expect.stringContaining(`Gate ${forgotten} failed: nobody has answered`),
  ]);
  expect(await ledger.get(forgotten)).toMatchObject({
    status: "open",
    metadata: { gate: { state: "failed" } },
  });
});

test("asks GitHub once a minute, less often while it does not answer, and opens for nothing but a yes", async () => {
  let asked = 0;
  let answer = { code: 1, stdout: "", stderr: "HTTP 502" };
  const { ledger, gate, run, wait } = await duty(async () => {
    asked++;
    return answer;
  });
  const id = await gate("gh:pr", { awaitId: "12" });
  await run();
  await run();
  expect(asked).toBe(1);
  wait(60_000);
  await run();
  wait(60_000);
  await run();
  expect(asked).toBe(2);
  expect(await ledger.get(id)).toMatchObject({
    status: "open",
    metadata: { gate: { last_reason: "gh pr view failed: HTTP 502" } },
  });
  expect(await openEscalations(ledger)).toEqual([]);
  answer = { code: 0, stdout: '{"state":"MERGED"}', stderr: "" };
  wait(600_000);
  await run();
  expect(await ledger.get(id)).toMatchObject({ status: "closed", closeReason: "pull request 12 is merged" });
});

test("opens the gate of a step when its condition holds in the molecule", async () => {
  const { ledger, run } = await duty();
  const root = "web-mol-cond1";
  const proto = protoOf("conditional", [
    { id: "count" },
    { id: "ship", needs: ["count"], gate: { type: "condition", await_id: "count.output.left == 0" } },
  ]);
  await ledger.write(
    "mayor/",
    pouring({ proto, form: "poured", phase: "liquid", root, scope: "web", now: Date.now() }).operations,
  );
  await run();
  const gate = async () => (await ledger.get(`${root}.gate-2`))?.status;
  expect(await gate()).toBe("open");
  await ledger.write("x", [{ op: "close", id: `${root}.1`, close: { reason: "counted" } }]);
  await run();
  expect(await gate()).toBe("open");
  await ledger.write("x", [{ op: "update", id: `${root}.1`, fields: { metadata: { output: { left: 0 } } } }]);
  await run();
  expect(await gate()).toBe("closed");
  expect((await ledger.ready({ under: root })).map(({ id }) => id)).toEqual([`${root}.2`]);
});
