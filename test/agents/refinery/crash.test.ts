import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import { poisonDeaths } from "../../../src/core/merge/recover.ts";
import { git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { QueueTown } from "./queue-town.ts";

const program = join(import.meta.dirname, "run-queue-process.ts");

function startQueue(town: QueueTown, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [program, town.root], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

const points = [
  "mq.claimed",
  "mq.stacked",
  "mq.gate.started",
  "mq.gate.done",
  "mq.push.intent",
  "mq.pushed",
  "mq.closed",
  "mq.cleaned",
];

describe("kill -9 of the queue", () => {
  test.each(points)(
    "at %s ends in the same state as if it had not happened",
    async (point) => {
      const town = await QueueTown.make({ settings: { retry_flaky_tests: 0 } });
      const good = await town.submit({ "a.txt": "a\n" }, { title: "Add a", priority: 1 });
      const bad = await town.submit({ "b.txt": "bad\n" }, { title: "Add b", priority: 2 });
      const late = await town.submit({ "c.txt": "c\n" }, { title: "Add c", priority: 3 });

      const child = startQueue(town, { GT_TEST_CRASH: point });
      const [, signal] = await once(child, "exit");
      expect(signal).toBe("SIGKILL");
      await town.run();

      expect(town.landed()).toEqual(["Add a", "Add c"]);
      for (const { mr, bead } of [good, late]) {
        expect(await town.mr(mr)).toMatchObject({ phase: "closed", closeReason: "merged" });
        expect(await town.bead(bead)).toMatchObject({ status: "closed", closeReason: `Merged in ${mr}` });
        expect(town.events("merged").filter((event) => event.payload["mr"] === mr)).toHaveLength(1);
      }
      expect(await town.mr(bad.mr)).toMatchObject({ phase: "needs_fix", fixAttempts: 1 });
      expect(await town.bead(bad.bead)).toMatchObject({ status: "open", assignee: "" });
      expect(git(town.rig.repository, "for-each-ref", "refs/gt/mq")).toBe("");
    },
    120_000,
  );

  test("while a gate runs leaves no gate process behind", async () => {
    const town = await QueueTown.make({
      settings: { test_command: 'echo $$ > "$PIDS"; sleep 300; true', gates: {} },
    });
    const pids = join(town.root, "gate.pid");
    const { mr } = await town.submit({ "a.txt": "a\n" });
    const child = startQueue(town, { PIDS: pids });
    const pid = await waitFor(() => (existsSync(pids) ? Number(readFileSync(pids, "utf8")) : undefined), {
      timeoutMs: 60_000,
      what: "the gate to start",
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(processStartTime(pid)).toBeDefined();

    town.settings = {};
    await town.run();

    await waitFor(() => processStartTime(pid) === undefined, { what: "the gate to be gone" });
    expect(await town.mr(mr)).toMatchObject({ closeReason: "merged" });
  }, 120_000);

  test("by a branch whose gate does it sets that branch aside, and those that were gated with it land", async () => {
    const town = await QueueTown.make({
      settings: { test_command: 'if [ -e poison.txt ]; then kill -9 "$(cat "$DRIVER")"; sleep 60; fi' },
    });
    const driver = join(town.root, "driver.pid");
    const poison = await town.submit({ "poison.txt": "x\n" }, { priority: 1 });
    const good = [await town.submit({ "a.txt": "a\n" }), await town.submit({ "b.txt": "b\n" })];
    let deaths = 0;
    for (let isDead = true; isDead; ) {
      const child = startQueue(town, { DRIVER: driver });
      writeFileSync(driver, String(child.pid));
      const [, signal] = await once(child, "exit");
      isDead = signal === "SIGKILL";
      if (isDead) deaths++;
      expect(deaths).toBeLessThanOrEqual(poisonDeaths);
    }
    expect(deaths).toBe(poisonDeaths);
    expect(await town.mr(poison.mr)).toMatchObject({ phase: "quarantined", phaseReason: "crashes_runner" });
    for (const { mr } of good) expect(await town.mr(mr)).toMatchObject({ closeReason: "merged" });
  }, 120_000);
});
