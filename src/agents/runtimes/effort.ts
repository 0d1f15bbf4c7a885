import { GtError } from "../../core/gt-error.ts";
import { isObject } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import type { Runtime } from "./runtime.ts";

/** How hard a model thinks; what a runtime makes of it is its own (spec/03 §2.6). */
export const efforts = ["low", "medium", "high", "max"] as const;
export type Effort = (typeof efforts)[number];

/** Reads a word as an effort; `E_CONFIG_VALUE` for another one, saying where it stands. */
export function parseEffort(word: string, setting = ""): Effort {
  const found = efforts.find((effort) => effort === word);
  if (found !== undefined) return found;
  throw new GtError("E_CONFIG_VALUE", `invalid effort "${word}" (valid: ${efforts.join(", ")})`, {
    exitCode: 2,
    ...(setting === "" ? {} : { why: [`it stands in ${setting}`] }),
    hint: "gt config set role_effort.<role> medium",
  });
}

/** What the settings say for a role; undefined when nothing does, which leaves it to the runtime. */
export function effortOf(town: Town, role: string, rig: string): Effort | undefined {
  const settings = rig === "" ? town.settings() : town.rigSettings(rig);
  const entry = isObject(settings["role_effort"]) ? settings["role_effort"][role] : undefined;
  return typeof entry === "string" && entry !== ""
    ? parseEffort(entry, `role_effort.${role} of ${rig === "" ? "the town" : rig}'s settings`)
    : undefined;
}

/** The effort on the runtime's command line. */
export function effortArgs({ provider }: Runtime, effort: Effort | undefined): readonly string[] {
  if (effort === undefined) return [];
  if (provider === "codex") return ["-c", `model_reasoning_effort=${effort === "max" ? "xhigh" : effort}`];
  if (provider === "pi") return ["--thinking", effort === "max" ? "xhigh" : effort];
  return provider === "omp" ? ["--thinking", effort] : [];
}

/** The effort in the runtime's environment. */
export function effortVariables(
  { provider }: Runtime,
  effort: Effort | undefined,
): Readonly<Record<string, string>> {
  return effort !== undefined && provider === "claude" ? { CLAUDE_CODE_EFFORT_LEVEL: effort } : {};
}
