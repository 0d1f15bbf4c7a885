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
  await gt("config", "default-agent", "claude-glm");
  expect(settings()).toMatchObject({
    default_agent: "claude-glm",
    agents: { "claude-glm": { command: "claude-glm", args: ["--model", "glm-4"] } },
  });
  const { stdout } = await gt("config", "agent", "get", "claude-glm");
  expect(stdout).toMatch(/Provider: +claude\n/);
  expect(stdout).toMatch(/Args: +--model glm-4\n/);
  expect((await gt("config", "agent", "remove", "claude-glm")).stdout).toBe(
    "Removed custom agent 'claude-glm'\n",
  );
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
    [["default-agent", "nope"], "nope"],
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
