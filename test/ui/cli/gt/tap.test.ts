import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { enqueue } from "../../../../src/agents/sessions/nudge-queue.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
beforeEach(async () => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const identity = { GT_ROLE: "greenplace/polecats/toast", GT_SESSION: "gp-toast", GT_RUN: "run-1" };
const tap = (args: readonly string[], input: string, env: Readonly<Record<string, string>> = identity) =>
  runGt(["tap", ...args], { cwd: town.root, env, input });
const bash = (command: string) => JSON.stringify({ tool_name: "Bash", tool_input: { command } });

test("guards deny with exit 2 and a reason, and allow what they cannot read", async () => {
  const denied = await tap(["guard", "dangerous-command"], bash("cd a && sudo rm x"));
  expect(denied.code).toBe(2);
  expect(denied.stderr).toContain("blocked by gas town: sudo is not for agents");
  expect((await tap(["guard", "dangerous-command"], bash('echo "sudo"'))).code).toBe(0);
  expect((await tap(["guard", "dangerous-command"], "garbage")).code).toBe(0);
  expect((await tap(["hook", "pre-tool", "--provider", "copilot"], bash("sudo ls"))).json()).toMatchObject({
    permissionDecision: "deny",
  });
  for (const [provider, answer] of [
    ["gemini", { decision: "deny" }],
    ["cursor", { permission: "deny" }],
  ] as const) {
    const result = await tap(["hook", "pre-tool", "--provider", provider], bash("sudo ls"));
    expect(result.code).toBe(0);
    expect(result.json()).toMatchObject(answer);
  }
  const log = readFileSync(town.town.paths.events, "utf8");
  expect(log).toContain('"type":"guard_denied"');
  expect(log).toContain('"guard":"dangerous-command","command":"sudo ls"');
});

test("a hook that fails is silent for its runtime, and the log says so once a minute", async () => {
  mkdirSync(town.town.paths.ledger, { recursive: true });
  for (let time = 0; time < 2; time++)
    expect(await tap(["hook", "prompt", "--provider", "claude"], "{}")).toMatchObject({
      code: 0,
      stdout: "",
    });
  const log = readFileSync(town.town.paths.events, "utf8");
  expect(log.match(/"type":"hook_error"/g)).toHaveLength(1);
});

test("a session's start gives the agent its work, within the size that runtimes accept, and is told once", async () => {
  await town.polecat("toast");
  const { ledger } = await town.access();
  await ledger.write("overseer", [
    { op: "create", bead: { title: "Paint the shed", prefix: "gp" }, as: "bead" },
    { op: "hook", address: identity.GT_ROLE, bead: "$bead" },
  ]);
  const start = () =>
    tap(["hook", "session-start", "--provider", "claude"], '{"session_id":"abc","source":"startup"}');
  const { stdout, code } = await start();
  expect(code).toBe(0);
  expect(stdout).toContain("Paint the shed");
  expect(stdout.length).toBeLessThanOrEqual(9501);
  expect((await ledger.agent(identity.GT_ROLE))?.sessionId).toBe("abc");
  const compact = await tap(
    ["hook", "session-start", "--provider", "claude"],
    '{"session_id":"abc","source":"compact"}',
  );
  expect(compact.stdout.length).toBeLessThanOrEqual(2001);
});

test("a prompt carries what waits for the agent, once", async () => {
  await town.polecat("toast");
  const { ledger } = await town.access();
  const now = Date.now();
  await enqueue(ledger, "mayor/", {
    ...{ id: "n1", session: "gp-toast", to: identity.GT_ROLE, sender: "mayor/", message: "rebase first" },
    ...{
      priority: "normal",
      mode: "queue",
      kind: "say",
      createdAt: now,
      expiresAt: now + 60_000,
      attempts: 0,
    },
  });
  const prompt = () =>
    tap(["hook", "prompt", "--provider", "claude"], '{"session_id":"abc","prompt":"go on"}');
  expect((await prompt()).stdout).toContain("[from mayor/] rebase first");
  expect((await prompt()).stdout).toBe("");
});

test("a hook never fails: outside a town, without identity, with an unknown event or a consulted predecessor", async () => {
  const outside = await runGt(["tap", "hook", "session-start", "--provider", "claude"], {
    env: identity,
    input: "{}",
  });
  expect(outside.code).toBe(0);
  expect((await tap(["hook", "session-start", "--provider", "claude"], "{}", {})).stdout).toBe("");
  expect((await tap(["hook", "no-such-event", "--provider", "claude"], "{}")).code).toBe(0);
  expect(
    (await tap(["hook", "session-start", "--provider", "claude"], "{}", { ...identity, GT_SEANCE: "1" }))
      .stdout,
  ).toBe("");
  expect((await tap(["hook", "turn-end", "--provider", "gemini"], "not json")).stdout).toBe("{}\n");
});

test("where a runtime's file cannot name a person's hooks, gt runs them by the rules of Claude Code", async () => {
  await town.polecat("toast");
  const heard = join(town.root, "heard.json");
  const ends = (command: string) => [{ matcher: "", hooks: [{ type: "command", command }] }];
  town.write("own/hooks-base.json", {
    hooks: {
      SessionStart: ends("echo be kind"),
      PreToolUse: [
        {
          matcher: "Bash",
          hooks: [{ type: "command", command: `cat > ${heard}; echo no pets >&2; exit 2` }],
        },
        { matcher: "Edit", hooks: [{ type: "command", command: "exit 2" }] },
      ],
      Stop: ends(`echo '{"decision":"block","reason":"water the plants"}'`),
      UserPromptSubmit: ends("echo broken; exit 1"),
    },
  });
  const hook = async (event: string, input: object, provider = "opencode") =>
    tap(["hook", event, "--provider", provider], JSON.stringify(input), {
      ...identity,
      GT_HOME: join(town.root, "own"),
    });
  const start = await hook("session-start", { session_id: "abc", source: "startup" });
  expect(start.json<{ context: string }>().context).toMatch(/polecat[\s\S]*\nbe kind$/);
  const tool = { session_id: "abc", tool_name: "bash", command: "cat pet.txt" };
  expect((await hook("pre-tool", tool)).json()).toEqual({ deny: "no pets" });
  expect(JSON.parse(readFileSync(heard, "utf8"))).toMatchObject({
    ...{ hook_event_name: "PreToolUse", tool_name: "Bash", tool_input: { command: "cat pet.txt" } },
  });
  // Ours comes first, and Auggie has its own way to hear it.
  expect((await hook("pre-tool", { ...tool, command: "sudo ls" })).stdout).toContain(
    "sudo is not for agents",
  );
  expect(await hook("pre-tool", tool, "auggie")).toMatchObject({ code: 2, stderr: "no pets\n" });
  expect((await hook("prompt", { session_id: "abc" })).json()).toEqual({});
  for (let turn = 0; turn < 3; turn++)
    expect((await hook("turn-end", {})).json()).toEqual({ continue: "water the plants" });
  expect((await hook("turn-end", {})).json(), "at most three in a row").toEqual({});
  // Claude runs them itself.
  expect((await hook("session-start", { session_id: "abc" }, "claude")).stdout).not.toContain("be kind");
});
