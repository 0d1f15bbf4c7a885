import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { QueueTown } from "../../../agents/refinery/queue-town.ts";
import { cliEnv, runGt } from "../../../support/run-cli.ts";
import { git } from "../../../support/scratch-repository.ts";
import { waitFor } from "../../../support/wait-for.ts";

function gt(town: QueueTown, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runGt(args, { cwd: town.root, env: { GT_NO_DAEMON: "1", ...env } });
}

interface Shown {
  readonly id: string;
  readonly mark?: string;
}

test("gt refinery: requests are claimed and given back by hand only where no loop does it", async () => {
  const town = await QueueTown.make();
  const one = await town.submit({ "a.txt": "a\n" }, { priority: 1 });
  const two = await town.submit({ "b.txt": "b\n" });
  const ids = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await gt(town, ["refinery", ...args, "--json"])).json<readonly Shown[]>().map((each) => each.id);
  const code = async (...args: readonly string[]): Promise<string> =>
    (await gt(town, ["refinery", ...args, "--json"])).json<{ code: string }>().code;

  expect(await code("claim", one.mr)).toBe("E_BUILTIN");
  expect((await gt(town, ["refinery", "mode", "agent", "--json"])).json()).toMatchObject({ mode: "agent" });
  expect((await gt(town, ["refinery", "claim", one.mr], { GT_REFINERY_WORKER: "wanda" })).code).toBe(0);
  expect(await code("claim", one.mr)).toBe("E_CLAIMED");
  expect(await ids("unclaimed")).toEqual([two.mr]);
  expect((await gt(town, ["refinery", "release", one.mr])).code).toBe(0);
  expect(await ids("unclaimed")).toEqual([one.mr, two.mr]);
  expect((await gt(town, ["refinery", "mode", "builtin"])).code).toBe(0);
  expect((await gt(town, ["refinery", "mode", "sideways"])).code).not.toBe(0);

  const queue = (await gt(town, ["ref", "queue", "--json"])).json<readonly Shown[]>();
  expect(queue).toMatchObject([
    { position: 1, mark: "pending", id: one.mr },
    { position: 2, mark: "pending", id: two.mr },
  ]);
  expect((await gt(town, ["refinery", "stop", "--json"])).json()).toMatchObject({ changed: true });
  expect((await gt(town, ["refinery", "status", "--json"])).json()).toMatchObject({
    running: false,
    ready: 2,
  });
  expect((await gt(town, ["refinery", "restart"])).code).toBe(0);
  expect((await gt(town, ["refinery", "status", "--json"])).json()).toMatchObject({ running: true });
  const again = await gt(town, ["refinery", "start"]);
  expect(again.code).toBe(0);
  expect(again.stdout + again.stderr).toContain("already");
}, 120_000);

test("gt refinery ready and blocked say what may go on, what waits and what is odd", async () => {
  const town = await QueueTown.make({ files: { "shared.txt": "one\n" } });
  await town.submit({ "shared.txt": "first\n" }, { priority: 1 });
  const rival = await town.submit({ "shared.txt": "second\n" });
  await town.run();
  const lone = await town.submit({ "c.txt": "c\n" });
  git(town.rig.repository, "update-ref", "-d", `refs/heads/${lone.branch}`);
  git(town.rig.repository, "update-ref", "-d", `refs/remotes/origin/${lone.branch}`);

  expect((await gt(town, ["refinery", "blocked", "--json"])).json()).toMatchObject([
    { id: rival.mr, status: "open", phase: "blocked" },
  ]);
  expect((await gt(town, ["refinery", "ready", "--json"])).json()).toMatchObject({
    ready: [{ id: lone.mr, branch_exists: false }],
    anomalies: [{ id: lone.mr, type: "orphaned-branch" }],
  });
  const all = (await gt(town, ["refinery", "ready", "--all", "--json"])).json<{ ready: readonly Shown[] }>();
  expect(all.ready.map((each) => each.id).toSorted()).toEqual([rival.mr, lone.mr].toSorted());
}, 90_000);

test("gt mq list chooses by status, worker, target and epic; next by priority or age; post-merge believes git alone", async () => {
  const town = await QueueTown.make();
  const [epic = ""] = (
    await town.ledger.write("overseer", [
      { op: "create", bead: { title: "Epic", type: "epic", scope: "web" } },
    ])
  ).created;
  const [child = ""] = (
    await town.ledger.write("overseer", [
      { op: "create", bead: { title: "Child", scope: "web", parent: epic } },
    ])
  ).created;
  await town.ledger.write("system", [
    {
      op: "ensureAgent",
      agent: {
        id: "web-web-polecat-nux",
        address: "web/polecats/nux",
        role: "polecat",
        rig: "web",
        name: "nux",
      },
    },
  ]);
  const below = await town.submit(
    { "a.txt": "a\n" },
    { issue: child, more: { worker: { name: "nux", address: "web/polecats/nux", agentBead: "" } } },
  );
  git(town.rig.repository, "push", "--quiet", "origin", "origin/main:refs/heads/release");
  const urgent = await town.submit({ "b.txt": "b\n" }, { priority: 0, target: "release" });
  const list = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await gt(town, ["mq", "list", ...args, "--json"])).json<readonly Shown[]>().map((each) => each.id);

  expect(await list()).toEqual([urgent.mr, below.mr]);
  expect(await list("--epic", epic)).toEqual([below.mr]);
  expect(await list("--worker", "nux")).toEqual([below.mr]);
  expect(await list("--target", "release")).toEqual([urgent.mr]);
  expect(await list("--status", "closed")).toEqual([]);
  expect((await gt(town, ["mq", "list", "--verify"])).stdout).toContain("OK");
  expect((await gt(town, ["mq", "next", "-q"])).stdout).toBe(`${urgent.mr}\n`);
  expect((await gt(town, ["mq", "next", "--strategy", "fifo", "-q"])).stdout).toBe(`${below.mr}\n`);

  expect((await gt(town, ["mq", "post-merge", below.mr, "--json"])).json()).toMatchObject({
    code: "E_NOT_LANDED",
  });
  git(town.rig.repository, "push", "--quiet", "origin", `${below.head}:refs/heads/main`);
  const merged = await gt(town, ["mq", "post-merge", below.mr, "--json"]);
  expect(merged.json()).toMatchObject({ ok: true, commit: below.head });
  expect(await town.bead(child)).toMatchObject({ status: "closed", closeReason: `Merged in ${below.mr}` });
  expect(await list("--status", "closed")).toEqual([below.mr]);
}, 90_000);

test("gt refinery attach and gt mq log -f follow a run while its gate speaks, and end with it or by a signal", async () => {
  const town = await QueueTown.make({
    settings: {
      test_command: 'echo "gate begins"; until [ -e "$GO" ]; do sleep 0.05; done; echo "gate ends"',
    },
  });
  const go = join(town.root, "go");
  process.env["GO"] = go;
  const { mr } = await town.submit({ "a.txt": "a\n" });
  const attached = follow(town, "refinery", "attach");
  await waitFor(() => attached.text().includes("No runs in web yet"), { what: "the attached command" });
  const running = town.run();
  await waitFor(() => /test on prefix 1: running/.test(attached.text()), { what: "the gate to be shown" });
  const log = follow(town, "mq", "log", mr, "-f");
  await waitFor(() => /^gate begins$/m.test(log.text()), { what: "what the gate says" });
  expect(log.text()).not.toMatch(/^gate ends$/m);
  writeFileSync(go, "");
  expect(await running).toMatchObject({ merged: [mr] });
  expect(await log.exit).toEqual([0, null]);
  expect(log.text()).toMatch(/^gate ends\n\n# exit 0 /m);
  await waitFor(() => /done, 1\/1 landed, test on prefix 1: green/.test(attached.text()), {
    what: "the end of the run",
  });
  attached.child.kill("SIGINT");
  expect((await attached.exit)[1]).toBeNull();
}, 90_000);

function follow(town: QueueTown, ...args: readonly string[]) {
  const bin = join(import.meta.dirname, "../../../../bin/gt");
  const child = spawn(process.execPath, [bin, ...args], {
    ...{ cwd: town.root, env: cliEnv({ GT_NO_DAEMON: "1" }), stdio: ["ignore", "pipe", "inherit"] },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let printed = "";
  child.stdout?.on("data", (bytes: Buffer) => (printed += bytes.toString()));
  return { child, text: () => printed, exit: once(child, "close") };
}
