import { copilotHome } from "./agent-homes.ts";
import { conforms } from "./conforms.ts";

await conforms({
  name: "copilot",
  ...copilotHome,
  shell: (command) => ({ name: "bash", input: { command, description: "work" } }),
  isAgent: (request) => request.tools.includes("bash"),
});
