import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startAgentSession } from "../../../../src/agents/sessions/start-session.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { cliEnv, runGt } from "../../../support/run-cli.ts";
import { openTerminal, type TestTerminal } from "../../../support/terminal.ts";
import { waitFor } from "../../../support/wait-for.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root });

async function agent(name: string, script: string): Promise<string> {
  town.write("settings/config.json", {
    default_agent: "script",
    agents: {
      script: {
        provider: "generic",
        command: "sh",
        args: ["-c", script],
        prompt_mode: "arg",
        ready_delay_ms: 0,
      },
    },
  });
  const address = await town.polecat(name);
  await startAgentSession(await town.access(), { address, topic: "start" });
  return address;
}

function attach(...args: readonly string[]): TestTerminal {
  return openTerminal(
    process.execPath,
    [join(import.meta.dirname, "../../../../bin/gt"), "attach", ...args],
    {
      cwd: town.root,
      env: { ...cliEnv(), TERM: "xterm-256color" },
      columns: 80,
      rows: 20,
    },
  );
}

test("gt agents lists who runs, by place; --json is one document", async () => {
  expect((await gt("agents")).stdout).toContain("No agent sessions running.");
  await agent("toast", "read -r rest");
  const { stdout, code } = await gt("agents");
  expect(code).toBe(0);
  expect(stdout).toMatch(/🐺 deacon +builtin/u);
  expect(stdout).toMatch(/── greenplace ──\n(?:.*\n)*😺 polecat\/toast +(starting|idle|working) .*script/u);
  expect((await gt("agents", "--json")).json<{ address: string; running: boolean }[]>()).toMatchObject([
    { address: "greenplace/polecats/toast", running: true, session: "gp-toast" },
  ]);
});

test("gt peek shows the last lines made safe to print, of a living session and of one that has ended", async () => {
  await agent(
    "toast",
    "i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); done; printf '\\033]0;title\\007\\033[31mred\\033[0m\\n'; read -r rest; exit 4",
  );
  await waitFor(async () => (await gt("peek", "greenplace/toast")).stdout.includes("red"));
  const { stdout } = await gt("peek", "gp-toast", "3");
  expect(stdout).toBe("line 298\nline 299\nred\n");
  expect((await gt("peek", "gp-toast", "-n", "x")).code).toBe(2);
  const host = await town.connect();
  await host.write("gp-toast", "\r");
  await waitFor(async () => (await host.get("gp-toast"))?.phase === "exited");
  const dead = await gt("peek", "greenplace/toast");
  expect(dead.code).toBe(1);
  expect(dead.stderr).toMatch(/session "gp-toast" not running[\s\S]*ended: crashed, exit 4[\s\S]*red/);
  expect((await gt("peek", "greenplace/witness")).stderr).toContain("builtin");
});

test("gt nudge says what became of the message, and refuses what makes no sense", async () => {
  await agent("toast", 'while read -r line; do echo "got: $line"; done');
  const host = await town.connect();
  await waitFor(async () => (await host.get("gp-toast"))?.phase === "idle", { timeoutMs: 20_000 });
  const sent = await gt("nudge", "greenplace/toast", "hello there");
  expect(sent.stdout).toBe("✓ Nudged greenplace/polecats/toast\n");
  expect((await gt("peek", "greenplace/toast")).stdout).toContain("got: [from overseer] hello there");
  const queued = await gt("nudge", "greenplace/toast", "-m", "later", "--mode", "queue", "--json");
  const { id, state } = queued.json<{ id: string; state: string }>();
  expect(state).toBe("queued");
  expect((await gt("nudge", "list")).stdout).toContain("later");
  expect((await gt("nudge", "cancel", id)).code).toBe(0);
  expect((await gt("nudge", "list")).stdout).toBe("No nudges waiting.\n");
  for (const [args, text] of [
    [["greenplace/toast"], "message required"],
    [
      ["greenplace/toast", "x", "--mode", "fast"],
      'invalid --mode "fast": must be one of immediate, queue, wait-idle',
    ],
    [["greenplace/toast", "x", "--priority", "p0"], 'invalid --priority "p0"'],
    [["greenplace/toast", "x", "--stdin"], "cannot use --stdin"],
  ] as const) {
    const { code, stderr } = await gt("nudge", ...args);
    expect(stderr).toContain(text);
    expect(code).toBe(2);
  }
  expect((await gt("nudge", "greenplace/witness", "x")).stdout).toBe("✓ Woke greenplace/witness (builtin)\n");
  expect(await gt("nudge", "greenplace/nobody", "x")).toMatchObject({ code: 1 });
  const address = "greenplace/polecats/toast";
  await (await town.access()).ledger.write("overseer", [
    { op: "setAgent", address, fields: { notificationLevel: "muted" } },
  ]);
  expect(await gt("nudge", "greenplace/toast", "psst")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${address} has DND enabled: muted (use --force)`),
  });
  expect((await gt("nudge", "greenplace/toast", "psst", "--force")).stdout).toBe(`✓ Nudged ${address}\n`);
});

test("gt attach shows the agent's terminal, types into it and gives the person's terminal back", async () => {
  await agent(
    "toast",
    "printf '\\033[32mready\\033[0m\\n'; while read -r line; do echo \"got $line\"; stty size; done",
  );
  using terminal = attach("greenplace/toast");
  await terminal.waitForText("ready");
  await terminal.waitForText("Ctrl-] leaves");
  expect(terminal.alternate).toBe(true);
  expect(terminal.styled).toContain("\x1b[32mready");
  expect(terminal.lines[19]).toMatch(/^ greenplace\/polecats\/toast .*Ctrl-\] leaves *$/);
  terminal.type("hello").press("enter");
  await terminal.waitForText("got hello");
  await terminal.waitForText("19 80");
  terminal.resize(100, 30);
  const host = await town.connect();
  await waitFor(async () => (await host.get("gp-toast"))?.rows === 29, { what: "the new size" });
  terminal.type("again").press("enter");
  await terminal.waitForText("29 100");
  terminal.press("ctrl-]");
  expect(await terminal.waitForExit()).toBe(0);
  expect(terminal.alternate).toBe(false);
  expect(terminal.screen).toContain("Detached from greenplace/polecats/toast; it goes on.");
  await waitFor(async () => (await host.get("gp-toast"))?.viewers === 0, { what: "the host to notice" });
});

test("an agent's escape sequences reach the person only as drawn cells", async () => {
  await agent("toast", "printf '\\033]52;c;aGVsbG8=\\007\\033]0;evil\\007\\033[?1003hvisible'; read -r rest");
  using terminal = attach("greenplace/toast");
  await terminal.waitForText("visible");
  terminal.press("ctrl-]");
  await terminal.waitForExit();
  expect(terminal.output).not.toContain("]52;");
  expect(terminal.output).not.toContain("evil");
  expect(terminal.modes.mouseTrackingMode).toBe("none");
  expect(terminal.modes.bracketedPasteMode).toBe(false);
});

test("attaching ends with the session, tells its last lines, and says when there is nothing to attach to", async () => {
  await agent("toast", "echo working; read -r rest; echo finished; exit 0");
  using terminal = attach("greenplace/toast");
  await terminal.waitForText("working");
  terminal.press("enter");
  expect(await terminal.waitForExit()).toBe(0);
  expect(terminal.screen).toContain("finished");
  expect(terminal.screen).toContain("Session gp-toast has ended (done, exit 0).");
  const again = await gt("attach", "greenplace/toast");
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("attaching needs a terminal");
  using dead = attach("greenplace/toast");
  expect(await dead.waitForExit()).toBe(1);
  expect(dead.screen).toContain('session "gp-toast" not running');
});

test("kill -9 of the host ends an attached view cleanly", async () => {
  await agent("toast", "echo working; read -r rest");
  using terminal = attach("greenplace/toast");
  await terminal.waitForText("working");
  const record = await (await town.connect()).get("gp-toast");
  expect(record?.phase).not.toBe("exited");
  const { readFileSync } = await import("node:fs");
  const { pid } = JSON.parse(readFileSync(join(town.town.paths.runtime, "host.json"), "utf8")) as {
    pid: number;
  };
  process.kill(pid, "SIGKILL");
  expect(await terminal.waitForExit()).toBe(0);
  expect(terminal.alternate).toBe(false);
  expect(terminal.screen).toContain("host-lost");
});
