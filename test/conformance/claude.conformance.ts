import { claudeFiles, claudeSubscription } from "./claude-home.ts";
import { conforms } from "./conforms.ts";

await conforms({
  name: "claude",
  files: claudeFiles,
  env: claudeSubscription,
  shell: (command) => ({ name: "Bash", input: { command, description: "work" } }),
  showsReset: true,
  isAgent: (request) => request.tools.includes("Bash"),
});
