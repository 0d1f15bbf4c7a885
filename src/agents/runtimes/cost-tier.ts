import { GtError } from "../../core/gt-error.ts";
import { isObject, type JsonObject } from "../../core/town/json-file.ts";
import type { Effort } from "./effort.ts";
import { presets } from "./presets.ts";
import type { Runtime } from "./runtime.ts";

/** Which models the roles use, from the best to the cheapest (spec/03 §2.6). */
export const costTiers = ["standard", "economy", "budget"] as const;
export type CostTier = (typeof costTiers)[number];

type Model = "sonnet" | "haiku";

interface Grade {
  /** Undefined: the town's default agent. */
  readonly model?: Model;
  readonly effort: Effort;
}

const roles = ["mayor", "deacon", "witness", "refinery", "polecat", "crew", "boot", "dog"] as const;

/** Only what differs from the default agent at high effort; `standard` differs nowhere. */
const grades: Readonly<Record<CostTier, Readonly<Partial<Record<string, Grade>>>>> = {
  standard: {},
  economy: {
    mayor: { model: "sonnet", effort: "medium" },
    deacon: { model: "haiku", effort: "low" },
    witness: { model: "sonnet", effort: "low" },
    refinery: { model: "sonnet", effort: "medium" },
    boot: { model: "haiku", effort: "low" },
    dog: { model: "haiku", effort: "low" },
  },
  budget: {
    mayor: { model: "sonnet", effort: "low" },
    deacon: { model: "haiku", effort: "low" },
    witness: { model: "haiku", effort: "low" },
    refinery: { model: "haiku", effort: "low" },
    polecat: { model: "sonnet", effort: "medium" },
    crew: { model: "sonnet", effort: "medium" },
    boot: { model: "haiku", effort: "low" },
    dog: { model: "haiku", effort: "low" },
  },
};

const models: readonly Model[] = ["sonnet", "haiku"];
const agentName = (model: Model): string => `claude-${model}`;
const ownAgents = new Set(models.map(agentName));

/** Reads a word as a tier, or throws `E_CONFIG_VALUE`. */
export function parseTier(word: string): CostTier {
  const found = costTiers.find((tier) => tier === word);
  if (found !== undefined) return found;
  throw new GtError("E_CONFIG_VALUE", `invalid cost tier "${word}" (valid: ${costTiers.join(", ")})`, {
    exitCode: 2,
    hint: "gt config cost-tier economy",
  });
}

/** The agent that a tier gives to a role; undefined for the town's default. */
export function tierAgent(tier: CostTier, role: string): string | undefined {
  const model = grades[tier][role]?.model;
  return model === undefined ? undefined : agentName(model);
}

/** The runtime of a tier's agent by its name, for towns in which no tier is set. */
export function tierRuntime(name: string): Runtime | undefined {
  const model = models.find((each) => agentName(each) === name);
  const claude = presets.get("claude");
  if (model === undefined || claude === undefined) return undefined;
  return { ...claude, name, args: [...claude.args, "--model", model] };
}

/**
 * Settings with the tier in them: its entries in `role_agents` and `role_effort`, and the agents that they name. Agents
 * that a person chose for a role stay, and so does everything else. Pure.
 */
export function withTier(settings: JsonObject, tier: CostTier): JsonObject {
  const roleAgents = { ...objectAt(settings, "role_agents") };
  const roleEffort = { ...objectAt(settings, "role_effort") };
  const before = currentTier(settings);
  for (const role of roles) {
    const chosen = roleAgents[role];
    const isOurs = chosen === undefined || (typeof chosen === "string" && ownAgents.has(chosen));
    const grade = grades[tier][role];
    if (isOurs) setOrDelete(roleAgents, role, tierAgent(tier, role));
    // An effort that no tier gave was somebody's choice.
    const given = before === "custom" ? undefined : grades[before][role]?.effort;
    if (roleEffort[role] === undefined || roleEffort[role] === given)
      setOrDelete(roleEffort, role, grade?.effort);
  }
  const agents = { ...objectAt(settings, "agents") };
  for (const model of models) {
    const name = agentName(model);
    if (Object.values(roleAgents).includes(name))
      agents[name] ??= {
        command: "claude",
        args: ["--dangerously-skip-permissions", "--model", model],
      };
    else delete agents[name];
  }
  return withoutEmpty({
    ...settings,
    cost_tier: tier,
    role_agents: roleAgents,
    role_effort: roleEffort,
    agents,
  });
}

/** The tier that the settings amount to, or `custom`. Pure. */
export function currentTier(settings: JsonObject): CostTier | "custom" {
  const roleAgents = objectAt(settings, "role_agents");
  const fits = (tier: CostTier): boolean =>
    roles.every((role) => {
      const chosen = roleAgents[role];
      // Where a person chose a runtime of another kind, tiers have no say.
      if (typeof chosen === "string" && !ownAgents.has(chosen)) return true;
      return chosen === tierAgent(tier, role);
    });
  const named = costTiers.find((tier) => tier === settings["cost_tier"]);
  if (named !== undefined && fits(named)) return named;
  return costTiers.find(fits) ?? "custom";
}

function setOrDelete(record: JsonObject, key: string, value: unknown): void {
  if (value === undefined) delete record[key];
  else record[key] = value;
}

function objectAt(settings: JsonObject, key: string): JsonObject {
  const found = settings[key];
  return isObject(found) ? found : {};
}

function withoutEmpty(settings: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => !isObject(value) || Object.keys(value).length > 0),
  );
}
