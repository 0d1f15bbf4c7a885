/** Marks that known runtimes leave in the environment of what they run. */
const runtimeMarks = ["CLAUDECODE", "CLAUDE_CODE", "CODEX_SANDBOX", "GEMINI_CLI", "OPENCODE", "CURSOR_AGENT"];

/** An agent is calling, not a person (spec/07 §1.7; `BD_AGENT_MODE` is the ledger tool's own switch). */
export function isAgentMode(env: NodeJS.ProcessEnv): boolean {
  return (
    Boolean(env["GT_ROLE"]) ||
    env["GT_AGENT_MODE"] === "1" ||
    env["BD_AGENT_MODE"] === "1" ||
    runtimeMarks.some((name) => Boolean(env[name]))
  );
}
