import { expect, test } from "vitest";
import { currentTier, parseTier, withTier } from "../../../src/agents/runtimes/cost-tier.ts";
import { effortArgs, effortVariables, parseEffort } from "../../../src/agents/runtimes/effort.ts";
import { presets } from "../../../src/agents/runtimes/presets.ts";
import type { Runtime } from "../../../src/agents/runtimes/runtime.ts";

const preset = (name: string): Runtime => {
  const found = presets.get(name);
  if (found === undefined) throw new Error(name);
  return found;
};

test("a tier fills in agents and efforts, the next one replaces them, and standard leaves nothing behind", () => {
  const own = { default_agent: "codex", agents: { mine: { command: "x" } } };
  const economy = withTier(own, "economy");
  expect(economy).toMatchObject({
    role_agents: { mayor: "claude-sonnet", deacon: "claude-haiku" },
    role_effort: { mayor: "medium", deacon: "low" },
    agents: {
      mine: { command: "x" },
      "claude-sonnet": { args: expect.arrayContaining(["--model", "sonnet"]) },
    },
  });
  expect(currentTier(economy)).toBe("economy");
  const budget = withTier(economy, "budget");
  expect(budget).toMatchObject({
    role_agents: { polecat: "claude-sonnet", witness: "claude-haiku" },
    role_effort: { mayor: "low", polecat: "medium" },
  });
  expect(currentTier(budget)).toBe("budget");
  expect(withTier(budget, "standard")).toEqual({ ...own, cost_tier: "standard" });
  expect(withTier(withTier(own, "economy"), "economy")).toEqual(economy);
});

test("agents and efforts that a person chose stay", () => {
  const own = { role_agents: { mayor: "gemini" }, role_effort: { polecat: "max" } };
  const budget = withTier(own, "budget");
  expect(budget).toMatchObject({
    role_agents: { mayor: "gemini", polecat: "claude-sonnet" },
    role_effort: { polecat: "max" },
  });
  expect(withTier(budget, "standard")).toMatchObject(own);
  expect(currentTier({ role_agents: { mayor: "claude-haiku" } })).toBe("custom");
  expect(currentTier({})).toBe("standard");
  expect(() => parseTier("cheap")).toThrow('invalid cost tier "cheap" (valid: standard, economy, budget)');
});

test("each runtime is told the effort in its own way; the others are not", () => {
  expect(effortVariables(preset("claude"), "low")).toEqual({ CLAUDE_CODE_EFFORT_LEVEL: "low" });
  expect(effortArgs(preset("codex"), "max")).toEqual(["-c", "model_reasoning_effort=xhigh"]);
  expect(effortArgs(preset("pi"), "max")).toEqual(["--thinking", "xhigh"]);
  expect(effortArgs(preset("omp"), "max")).toEqual(["--thinking", "max"]);
  expect(effortArgs(preset("gemini"), "low")).toEqual([]);
  expect(effortArgs(preset("codex"), undefined)).toEqual([]);
  expect(() => parseEffort("lots", "role_effort.mayor")).toThrow(
    'invalid effort "lots" (valid: low, medium, high, max)',
  );
});
