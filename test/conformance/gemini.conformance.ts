import { geminiHome } from "./agent-homes.ts";
import { conforms } from "./conforms.ts";

await conforms({
  name: "gemini",
  ...geminiHome,
  shell: (command) => ({ name: "run_shell_command", input: { command, description: "work" } }),
  isAgent: (request) => request.tools.length > 0,
  // Asks first which model to take.
  aside: () => ({ text: '{"reasoning":"simple","model_choice":"flash"}' }),
});
