import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processStartTime } from "../../../../src/agents/sessions/process-identity.ts";
import { startAgentSession } from "../../../../src/agents/sessions/start-session.ts";
import { compose } from "../../../../src/core/mail/compose.ts";
import { systemRandom } from "../../../../src/core/random.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
const address = "greenplace/polecats/toast";
let bead: string;

beforeEach(async () => {
  town = new PlainTown();
  await town.polecat("toast");
  const { ledger } = await town.access();
  const { created } = await ledger.write("overseer", [
    {
      op: "create",
      bead: { title: "Paint the shed", scope: "greenplace", description: "Red, please." },
      as: "bead",
    },
    { op: "hook", address, bead: "$bead" },
  ]);
  bead = created[0] ?? "";
});
afterEach(() => town.dispose());

const env = { GT_ROLE: address, GT_SESSION: "gp-toast", GT_RUN: "run-1" };
const prime = (args: readonly string[], input = "", more: Readonly<Record<string, string>> = env) =>
  runGt(["prime", ...args], {
    cwd: join(town.root, "greenplace/polecats/toast/greenplace"),
    env: more,
    input,
  });
const startup = '{"session_id":"abc","source":"startup"}';
const events = async (type: string) =>
  readFileSync(town.town.paths.events, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string; payload: Record<string, unknown> })
    .filter((event) => event.type === type);

test("a start hook gives the work before the brief, keeps the conversation's id and tells it once", async () => {
  const first = await prime(["--hook"], startup);
  const second = await prime(["--hook"], startup);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(first.stdout.length).toBeLessThanOrEqual(9600);
  const [work, brief] = [first.stdout.indexOf(bead), first.stdout.indexOf("# Polecat toast")];
  expect(work).toBeGreaterThan(0);
  expect(brief).toBeGreaterThan(work);
  expect(first.stdout).toContain("gt done");
  const { ledger } = await town.access();
  expect((await ledger.agent(address))?.sessionId).toBe("abc");
  expect(await events("session_start")).toMatchObject([
    { payload: { session_id: "abc", source: "startup" } },
  ]);
  expect(readFileSync(join(town.root, ".runtime/prime/gp-toast.md"), "utf8")).toContain("Paint the shed");
});

test("directives of 50 KB are cut with where the rest is; work and warnings stay whole", async () => {
  mkdirSync(join(town.root, "directives"), { recursive: true });
  const rules = Array.from({ length: 1000 }, (_, n) => `Rule ${n}: never paint the cat in this colour.`);
  writeFileSync(join(town.root, "directives/polecat.md"), rules.join("\n"));
  const capped = await prime(["--hook"], startup);
  expect(capped.stdout.length).toBeLessThanOrEqual(9600);
  expect(capped.stdout).toContain("… cut: gt prime --section directives");
  expect(capped.stdout).toContain("> Red, please.");
  const whole = await prime(["--section", "directives"]);
  expect(whole.stdout).toContain(rules.at(-1));
});

test("after a compaction it is short, names the bead and is no new session", async () => {
  await prime(["--hook"], startup);
  const { stdout } = await prime(["--hook"], '{"session_id":"abc","source":"compact"}');
  expect(stdout.length).toBeLessThanOrEqual(2000);
  expect(stdout).toContain(bead);
  expect(stdout).toContain("gt done");
  expect(await events("session_start")).toHaveLength(1);
});

test("a ledger that cannot be opened is said loudly, by both start hooks, with exit 0", async () => {
  const file = town.town.paths.ledger;
  const { ledger } = await town.access();
  await ledger.close();
  renameSync(file, `${file}.kept`);
  mkdirSync(file);
  const plain = await prime(["--hook"], startup);
  const hook = await runGt(["tap", "hook", "session-start", "--provider", "claude"], {
    ...{ cwd: town.root, env, input: startup },
  });
  for (const { stdout, code } of [plain, hook]) {
    expect(code).toBe(0);
    expect(stdout).toContain("LEDGER UNAVAILABLE");
    expect(stdout).toMatch(/do not run gt done/i);
    expect(stdout).not.toContain("There is nothing to do");
  }
});

test("mail that is shown is acknowledged, not read; a look without a hook changes nothing", async () => {
  const { ledger } = await town.access();
  await ledger.write(
    "mayor/",
    compose(
      { from: "mayor/", to: [address], subject: "Mind the ladder", body: "It is old.", priority: 1 },
      systemRandom,
    ).operations,
  );
  const labels = async () => (await ledger.find({ type: "message", assignee: address }))[0]?.labels ?? [];
  await prime([]);
  await prime(["--hook", "--dry-run"], startup);
  expect(await labels()).toContain("delivery:pending");
  expect(await events("session_start")).toHaveLength(0);
  const { stdout } = await prime(["--hook"], startup);
  expect(stdout).toContain("Mind the ladder");
  expect(stdout).not.toContain("It is old.");
  expect(await labels()).not.toContain("read");
  expect((await labels()).filter((label) => label.startsWith("delivery")).join()).not.toBe(
    "delivery:pending",
  );
});

test("an agent in another's directory is warned; only the state is one line", async () => {
  const other = await prime([], "", { ...env, GT_ROLE: "mayor" });
  expect(other.stdout).toContain("ROLE MISMATCH");
  expect((await prime(["--state"])).stdout).toBe("State: autonomous\n");
  expect((await prime(["--state", "--json"])).json()).toMatchObject({
    ...{ state: "autonomous", role: "polecat", actor: address, hooked_bead: bead },
    ...{ checkpoint_age_s: null, prev_session: null },
  });
  expect(await prime(["--state", "--full"])).toMatchObject({ code: 2 });
});

test("started by hand beside another living process of the same identity, it says only that", async () => {
  const other = spawn("sleep", ["60"]);
  try {
    const pid = other.pid ?? 0;
    const lock = join(town.root, ".runtime/agent-locks/greenplace+polecats+toast.json");
    mkdirSync(dirname(lock), { recursive: true });
    const holder = { address, pid, startedAt: processStartTime(pid), acquiredAt: 1, sessionId: "x" };
    writeFileSync(lock, JSON.stringify({ ...holder, hostname: hostname() }));
    const byHand = { GT_ROLE: address };
    const hook = await prime(["--hook"], startup, byHand);
    expect(hook.code).toBe(0);
    expect(hook.stdout).toContain("IDENTITY COLLISION");
    expect(hook.stdout).toContain(String(pid));
    expect(hook.stdout).not.toContain("Paint the shed");
    expect(await prime([], "", byHand)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${address} is already process ${pid}`),
    });
    expect((await prime(["--hook"], startup)).stdout).toContain("Paint the shed");
  } finally {
    other.kill("SIGKILL");
  }
  await expect
    .poll(async () => (await prime(["--hook"], startup, { GT_ROLE: address })).stdout, {
      timeout: 20_000,
    })
    .toContain("Paint the shed");
});

test("gt agents check knows identities of dead processes, and two processes with one; fix forgets the dead", async () => {
  const gt = (...args: readonly string[]) => runGt(["agents", ...args], { cwd: town.root });
  expect(await gt("check")).toMatchObject({ code: 0, stdout: "✓ All agents healthy\n" });
  await prime([], "", { GT_ROLE: address });
  expect(await gt("check")).toMatchObject({ code: 0 });
  const fake = { provider: "generic", command: "sh", args: ["-c", "printf '❯ '; cat"], ready_prompt: "❯" };
  town.write("settings/config.json", { default_agent: "fake", agents: { fake } });
  await startAgentSession(await town.access(), { address, topic: "start" });
  expect(await gt("fix")).toMatchObject({ code: 1, stdout: expect.stringContaining("collision: process") });
  const lock = join(town.root, ".runtime/agent-locks/greenplace+polecats+toast.json");
  const held = JSON.parse(readFileSync(lock, "utf8"));
  writeFileSync(lock, JSON.stringify({ ...held, startedAt: "long ago" }));
  expect(await gt("check")).toMatchObject({ code: 1, stdout: expect.stringContaining("which has ended") });
  expect(await gt("fix")).toMatchObject({ code: 0, stdout: expect.stringContaining("removed the lock") });
  expect(await gt("check")).toMatchObject({ code: 0 });
});
