import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { resolveRuntime, runtimeNames } from "../../../src/agents/runtimes/resolve-runtime.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const polecat = { role: "polecat", rig: "greenplace", name: "toast" };
const resolve = (extra: object = {}) => resolveRuntime({ town: town.town, ...polecat, ...extra });

test("a town that says nothing runs claude; the built-ins are listed in their order", () => {
  expect(resolve().name).toBe("claude");
  expect(runtimeNames(town.town, "")).toEqual([
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
});

test("the nearest choice wins: flag, label, rig role, rig block, rig agent, town default", () => {
  town.write("settings/config.json", { default_agent: "pi" });
  expect(resolve().name).toBe("pi");
  town.write("greenplace/settings/config.json", { agent: "amp" });
  expect(resolve().name).toBe("amp");
  town.write("greenplace/settings/config.json", {
    agent: "amp",
    runtime: { provider: "codex", command: "codex", args: [], prompt_mode: "none" },
  });
  expect(resolve()).toMatchObject({ name: "codex", args: [], promptMode: "none", readyPrompt: "›" });
  town.write("bin/mine", "#!/bin/sh\n");
  chmodSync(join(town.root, "bin/mine"), 0o755);
  town.write("greenplace/settings/config.json", {
    agent: "amp",
    agents: { mine: { command: join(town.root, "bin/mine"), provider: "opencode" } },
    role_agents: { polecat: "mine" },
  });
  expect(resolve()).toMatchObject({ name: "mine", provider: "opencode", promptFlag: "--prompt" });
  expect(resolve({ label: "shell" }).name).toBe("shell");
  expect(resolve({ label: "shell", override: "claude --model 'opus 4'" })).toMatchObject({
    name: "claude",
    args: ["--dangerously-skip-permissions", "--model", "opus 4"],
  });
});

test("a role's agent that is unknown or not installed gives way with a warning", () => {
  town.write("settings/config.json", {
    role_agents: { polecat: "nope", witness: "ghost" },
    agents: { ghost: { command: "no-such-binary-anywhere" } },
  });
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  expect(resolve({ warn }).name).toBe("claude");
  expect(resolve({ warn, role: "witness", name: "" }).name).toBe("claude");
  expect(warnings).toEqual([
    'role_agents[polecat]=nope: agent "nope" not found, falling back to default',
    'role_agents[witness]=ghost: binary "no-such-binary-anywhere" not found in PATH, falling back to default',
  ]);
});

test("an explicit choice never falls back", () => {
  expect(() => resolve({ override: "nope" })).toThrow("agent 'nope' not found");
  town.write("settings/config.json", { default_agent: "cluade" });
  expect(() => resolve()).toThrow(/agent 'cluade' not found.*claude/);
});

test("a record is merged over the preset that it resembles, and a wrong type names file, agent and field", () => {
  town.write("settings/agents.json", {
    version: 1,
    agents: {
      "my-gemini": { command: "/opt/bin/gemini", env: { A: "1" } },
      claude: { env: { B: "2" }, ready_delay_ms: 10, unknown_field: true },
      broken: { command: "x", args: "not a list" },
      bare: { provider: "generic" },
    },
  });
  expect(resolve({ override: "my-gemini" })).toMatchObject({
    provider: "gemini",
    promptFlag: "-i",
    processNames: ["gemini", "node"],
  });
  expect(resolve({ override: "claude" })).toMatchObject({
    args: ["--dangerously-skip-permissions"],
    env: { B: "2" },
    readyDelayMs: 10,
    readyPrompt: "❯",
  });
  expect(() => resolve({ override: "broken" })).toThrow(/settings\/agents\.json: agents\.broken\.args: /);
  expect(() => resolve({ override: "bare" })).toThrow(
    'runtime.command is required when provider is "generic"',
  );
});
