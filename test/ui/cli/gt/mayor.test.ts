import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { daemonStatus, stopDaemon } from "../../../../src/agents/daemon/daemon-control.ts";
import { writeDesired } from "../../../../src/agents/daemon/desired-state.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { cliEnv, runGt } from "../../../support/run-cli.ts";
import { openTerminal, type TestTerminal } from "../../../support/terminal.ts";
import { waitFor } from "../../../support/wait-for.ts";

const fake = join(import.meta.dirname, "../../../support/fake-agent.mjs");

let town: PlainTown;
beforeEach(async () => {
  town = new PlainTown();
  await town.access();
  // Single commands start sessions all the same, but no daemon.
  await writeDesired(town.town, "down", "overseer");
  const runtime = { provider: "generic", command: process.execPath, args: [fake], ready_prompt: "❯" };
  town.write("settings/config.json", {
    default_agent: "fake",
    agents: {
      fake: { ...runtime, prompt_mode: "arg" },
      other: { ...runtime, prompt_mode: "arg" },
      ghost: { command: "no-such-binary" },
    },
  });
});
afterEach(() => town.dispose());

const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root });

function inTerminal(...args: readonly string[]): TestTerminal {
  return openTerminal(process.execPath, [join(import.meta.dirname, "../../../../bin/gt"), ...args], {
    cwd: town.root,
    env: { ...cliEnv(), TERM: "xterm-256color" },
    columns: 80,
    rows: 20,
  });
}

const runOf = async () => (await (await town.connect({ start: false })).get("hq-mayor"))?.runId;

test("the Mayor is started once, restarted in another runtime, and stopped", async () => {
  expect((await gt("mayor", "status", "--running")).stdout).toBe("false\n");
  const started = await gt("mayor", "start");
  expect(started.stderr).not.toContain("error");
  expect(started.stdout).toContain("✓ the Mayor runs (fake)");
  const again = await gt("mayor", "start", "--json");
  expect(again.json()).toMatchObject({ ok: true, session: "hq-mayor", agent: "fake", started: false });
  expect((await gt("mayor", "status", "--json")).json()).toMatchObject({
    address: "mayor/",
    running: true,
    agent: "fake",
    bead: null,
  });
  const first = await runOf();

  const refused = await gt("mayor", "restart", "--agent", "ghost");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('command "no-such-binary" not found');
  const shell = await gt("mayor", "restart", "--agent", "shell");
  expect(shell.code).toBe(2);
  expect(await runOf()).toBe(first);

  expect((await gt("mayor", "restart", "--agent", "other")).stdout).toContain("the Mayor runs (other)");
  expect(await runOf()).not.toBe(first);
  expect((await (await town.access()).ledger.agent("mayor/"))?.state).toBe("running");

  expect((await gt("mayor", "stop")).stdout).toContain("the Mayor's session has ended");
  expect((await gt("mayor", "stop")).stdout).toContain("the Mayor was not running");
  expect((await gt("mayor", "status")).stdout).toContain("mayor/: not running");
}, 90_000);

test("7.1: starting a session brings the daemon back where the town is wanted up, and says that nobody watches where not", async () => {
  const nobody = "warning: daemon is down; nothing watches this agent";
  expect((await gt("mayor", "start")).stderr).toContain(nobody);
  expect((await gt("session", "restart", "mayor")).stderr).toContain(nobody);
  await writeDesired(town.town, "up", "overseer");
  expect((await gt("session", "restart", "mayor", "--no-daemon")).stderr).not.toContain("daemon");
  expect(daemonStatus(town.town).isRunning).toBe(false);
  try {
    const started = await gt("mayor", "restart");
    expect(started.stdout + started.stderr).toMatch(/started the daemon \(pid \d+\)/);
    expect(daemonStatus(town.town).isRunning).toBe(true);
  } finally {
    await writeDesired(town.town, "down", "overseer");
    await stopDaemon(town.town, { force: true });
  }
}, 90_000);

test("attaching to the Mayor starts it when needed, and leaves it running", async () => {
  const refused = await gt("mayor", "attach");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("attaching needs a terminal");
  await expect(town.connect({ start: false })).rejects.toMatchObject({ code: "E_HOST_DOWN" });

  using terminal = inTerminal("mayor", "attach");
  await terminal.waitForText("❯");
  expect(terminal.lines[19]).toMatch(/^ mayor\/ .*Ctrl-\] leaves *$/);
  terminal.type("plan the release").press("enter");
  await terminal.waitForText("> plan the release");
  terminal.press("ctrl-]");
  expect(await terminal.waitForExit()).toBe(0);
  expect(terminal.screen).toContain("Detached from mayor/; it goes on.");
  await waitFor(async () => (await gt("mayor", "status", "--running")).stdout === "true\n");
  expect((await (await town.connect()).get("hq-mayor"))?.topic).toBe("cold-start");
}, 90_000);

test("a role without a session says so and shows the loop that stands for it", async () => {
  for (const [role, text] of [
    ["deacon", "deacon/ runs inside the daemon and has no session"],
    ["boot", "deacon/boot runs inside the daemon and has no session"],
    ["witness", "greenplace/witness runs inside the daemon and has no session"],
  ] as const) {
    const attached = await gt(role, "attach");
    expect(attached.code).toBe(0);
    expect(attached.stdout).toContain(text);
    expect(attached.stdout).toContain("the daemon does not run");
    expect((await gt(role, "status", "--json")).json()).toMatchObject({ mode: "builtin", running: false });
  }
  const stopped = () => gt("witness", "status", "--json").then((result) => result.json());
  expect((await gt("witness", "stop", "--json")).json()).toMatchObject({ mode: "builtin", changed: true });
  expect((await gt("witness", "stop")).stdout).toContain("is stopped already");
  expect(await stopped()).toMatchObject({ stopped: true, running: false });
  const started = await gt("witness", "start", "--no-daemon", "--json");
  expect(started.json()).toMatchObject({ ok: true, daemon: "forbidden", changed: true });
  expect(await stopped()).toMatchObject({ stopped: false });
  const unknown = await gt("witness", "status", "nowhere");
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain("nowhere");
}, 90_000);

test("the Mayor goes on with an earlier conversation when asked to, or says why it cannot", async () => {
  const runtime = { provider: "generic", command: process.execPath, args: [fake], ready_prompt: "❯" };
  const talks = {
    ...runtime,
    prompt_mode: "arg",
    resume_args: ["--resume", "{id}"],
    continue_args: ["--continue"],
  };
  town.write("settings/config.json", {
    default_agent: "talker",
    agents: {
      talker: talks,
      mute: { ...runtime, prompt_mode: "arg" },
      foreign: { ...talks, provider: "claude" },
    },
  });
  const argv = async () => (await (await town.connect({ start: false })).get("hq-mayor"))?.argv ?? [];
  await gt("mayor", "start", "--resume", "last");
  expect(await argv()).toContain("--continue");
  const { ledger } = await town.access();
  await ledger.write("overseer", [{ op: "setAgent", address: "mayor/", fields: { sessionId: "abc-1" } }]);
  expect((await gt("mayor", "restart", "--resume", "../x")).stderr).toContain('invalid session id "../x"');
  const run = await runOf();
  for (const [agent, text] of [
    ["mute", "agent 'mute' cannot resume a session"],
    ["foreign", "a conversation of 'talker' cannot be resumed by 'foreign'"],
  ] as const)
    expect(await gt("mayor", "restart", "--agent", agent, "--resume", "last")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(text),
    });
  expect(await runOf()).toBe(run);
  await gt("mayor", "restart", "--resume", "last");
  const words = await argv();
  expect(words.slice(words.indexOf("--resume"), words.indexOf("--resume") + 2)).toEqual([
    "--resume",
    "abc-1",
  ]);
}, 90_000);
