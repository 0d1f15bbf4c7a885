import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isSameProcess, processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import { endProcessTree, processesOf } from "../../../src/agents/sessions/process-tree.ts";
import { inOwnSession } from "../../support/own-session.ts";

const linux = process.platform === "linux";

/** A leader with a child in a session of its own that ignores SIGTERM, as a stubborn server would. */
async function startTree(runId: string) {
  const child = spawn(
    "sh",
    ["-c", `${inOwnSession('trap "" TERM HUP; echo $$; while :; do sleep 1; done')} & wait`],
    {
      env: { PATH: process.env["PATH"], GT_RUN: runId },
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const pid = child.pid ?? 0;
  const stray = Number(line.toString());
  return { pid, stray, startedAt: processStartTime(pid) ?? "", strayStart: processStartTime(stray) ?? "" };
}

test.runIf(linux)(
  "a tree is ended whole, also what left the kernel session and ignores SIGTERM",
  async () => {
    const runId = `run-${process.pid}-a`;
    const tree = await startTree(runId);
    expect(
      processesOf({ pid: tree.pid, startedAt: tree.startedAt, runId }).map((each) => each.pid),
    ).toContain(tree.stray);
    await endProcessTree({ pid: tree.pid, startedAt: tree.startedAt, runId }, 200);
    expect(isSameProcess(tree.pid, tree.startedAt)).toBe(false);
    expect(isSameProcess(tree.stray, tree.strayStart)).toBe(false);
  },
);

test.runIf(linux)(
  "what a dead leader left behind is found by its run; another start time finds nothing",
  async () => {
    const runId = `run-${process.pid}-b`;
    const tree = await startTree(runId);
    process.kill(tree.pid, "SIGKILL");
    expect(processesOf({ pid: tree.pid, startedAt: "other", runId: "other" })).toEqual([]);
    await endProcessTree({ pid: tree.pid, startedAt: tree.startedAt, runId }, 100);
    expect(isSameProcess(tree.stray, tree.strayStart)).toBe(false);
  },
);

test.runIf(linux)(
  "a root that has been started but is not yet a session of its own is ended, too",
  async () => {
    // As between the fork of a pseudo-terminal's child and its first steps.
    const child = spawn("sleep", ["1000"], { env: { PATH: process.env["PATH"] }, stdio: "ignore" });
    const ended = once(child, "exit");
    const tree = {
      pid: child.pid ?? 0,
      startedAt: processStartTime(child.pid ?? 0) ?? "",
      runId: "none yet",
    };
    await endProcessTree(tree, 5000);
    expect(await ended).toEqual([null, "SIGTERM"]);
  },
);
