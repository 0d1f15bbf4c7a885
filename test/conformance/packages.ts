/** The agent CLIs of npm with their packages, in the order in which the suite plays them: what takes longest begins first. */
export const packages = {
  claude: "@anthropic-ai/claude-code",
  opencode: "opencode-ai",
  codex: "@openai/codex",
  gemini: "@google/gemini-cli",
  copilot: "@github/copilot",
  pi: "@earendil-works/pi-coding-agent",
  auggie: "@augmentcode/auggie",
  amp: "@sourcegraph/amp",
} as const;

export type CliName = keyof typeof packages;
