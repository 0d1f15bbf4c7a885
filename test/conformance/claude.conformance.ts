import { claudeEnv, claudeFiles } from "./claude-home.ts";
import { conforms } from "./conforms.ts";

conforms({
  name: "claude",
  packageName: "@anthropic-ai/claude-code",
  files: claudeFiles,
  env: claudeEnv,
  shell: (command) => ({ name: "Bash", input: { command, description: "work" } }),
  isAgent: (request) => request.tools.includes("Bash"),
});
