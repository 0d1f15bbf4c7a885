import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root });
const settings = () => JSON.parse(readFileSync(join(town.root, "settings/config.json"), "utf8"));

test("a fresh town lists the built-in agents in their order, and the default", async () => {
  const { stdout } = await gt("config", "agent", "list");
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toBe("Available Agents");
  expect(lines.slice(1, 12).map((line) => line.trim().split(" ")[0])).toEqual([
    "claude",
    "codex",
    "gemini",
    "copilot",
    "cursor",
    "auggie",
    "amp",
    "opencode",
    "pi",
    "omp",
    "shell",
  ]);
  expect(lines[1]).toBe("  claude [built-in] claude --dangerously-skip-permissions");
  expect(lines.at(-1)).toBe("Default: claude");
  const json = (await gt("config", "agent", "list", "--json")).json<{ type: string }[]>();
  expect(json.every((agent) => agent.type === "built-in")).toBe(true);
});

test("an own agent is set, becomes the default, is shown and removed", async () => {
  const set = await gt("config", "agent", "set", "claude-glm", "claude-glm --model glm-4");
  expect(set.stdout).toBe("Agent 'claude-glm' set to: claude-glm --model glm-4\n");
  expect(set.stderr).toContain('"claude-glm" is not in PATH');
  expect((await gt("config", "default-agent", "claude-glm")).stdout).toBe(
    "Default agent set to 'claude-glm'\n",
  );
  expect(settings()).toMatchObject({
    default_agent: "claude-glm",
    agents: { "claude-glm": { command: "claude-glm", args: ["--model", "glm-4"] } },
  });
  const { stdout } = await gt("config", "agent", "get", "claude-glm");
  expect(stdout).toMatch(/Provider: +claude\n/);
  expect(stdout).toMatch(/Args: +--model glm-4\n/);
  const removed = await gt("config", "agent", "remove", "claude-glm");
  expect(removed.stdout).toBe("Removed custom agent 'claude-glm'\n");
  expect(removed.stderr).toContain("default_agent still names 'claude-glm'");
});

test("what makes no sense is refused and changes nothing", async () => {
  for (const [args, text] of [
    [
      ["agent", "remove", "claude"],
      "cannot remove built-in agent 'claude' (use 'gt config agent set' to override it)",
    ],
    [["agent", "remove", "nope"], "custom agent 'nope' not found"],
    [["agent", "get", "nope"], "agent 'nope' not found"],
    [["agent", "set", "x", ""], "command cannot be empty"],
    [["agent", "set", "Bad Name", "x"], 'invalid agent name "Bad Name"'],
    [["default-agent", "nope"], "(use 'gt config default-agent list' to see available agents)"],
    [["cost-tier", "cheap"], 'invalid cost tier "cheap" (valid: standard, economy, budget)'],
    [["set", "on_compact.crew", "sometimes"], "save or cycle"],
    [["set", "role_agents.major", "claude"], 'unknown role "major" - valid roles: mayor, deacon'],
    [["set", "role_effort.mayor", "lots"], 'invalid effort "lots" (valid: low, medium, high, max)'],
  ] as const) {
    const { code, stderr } = await gt("config", ...args);
    expect(stderr).toContain(text);
    expect(code).toBeGreaterThan(0);
  }
  expect(() => settings()).toThrow();
});

test("a built-in agent can be overridden, with a word about it", async () => {
  const { stdout } = await gt("config", "agent", "set", "codex", "sh -c true");
  expect(stdout).toContain("(overriding built-in 'codex' preset)");
  expect((await gt("config", "agent", "get", "codex", "--json")).json()).toMatchObject({
    command: "sh",
    provider: "codex",
  });
});

test("a cost tier is shown, set by either command, and kept with what a person chose", async () => {
  expect((await gt("config", "cost-tier")).stdout).toBe("standard\n");
  await gt("config", "set", "role_agents.mayor", "codex");
  expect((await gt("config", "set", "cost_tier", "economy")).code).toBe(0);
  expect(settings()).toMatchObject({
    cost_tier: "economy",
    role_agents: { mayor: "codex", witness: "claude-sonnet" },
    role_effort: { witness: "low" },
  });
  expect((await gt("config", "cost-tier")).stdout).toBe("economy\n");
  await gt("config", "cost-tier", "standard");
  expect(settings().role_agents).toEqual({ mayor: "codex" });
});

test("the command line of a session can be had for starting it by hand", async () => {
  await gt("config", "set", "role_effort.crew", "low");
  const { stdout } = await gt("config", "agent", "get", "codex", "--argv", "--role", "greenplace/crew/max");
  expect(stdout).toMatch(/^codex .*-c model_reasoning_effort=low '\[GAS TOWN\] crew max \(rig: greenplace\)/);
  const claude = (await gt("config", "agent", "get", "claude", "--argv", "--json")).json<readonly string[]>();
  expect(claude).toContain(join(town.root, "mayor/.claude/settings.json"));
  expect(await gt("config", "agent", "get", "claude", "--argv", "--role", "nobody")).toMatchObject({
    code: 2,
  });
});
