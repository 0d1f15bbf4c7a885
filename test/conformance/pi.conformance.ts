import { piHome } from "./agent-homes.ts";
import { conforms } from "./conforms.ts";

await conforms({
  name: "pi",
  ...piHome,
  shell: (command) => ({ name: "bash", input: { command } }),
  isAgent: (request) => request.tools.includes("bash"),
});
