import { conforms } from "./conforms.ts";

await conforms({
  name: "copilot",
  env: (url) => ({
    COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
    COPILOT_PROVIDER_TYPE: "openai",
    COPILOT_PROVIDER_API_KEY: "test-key",
    COPILOT_MODEL: "test",
    COPILOT_OFFLINE: "true",
    COPILOT_AUTO_UPDATE: "false",
  }),
  shell: (command) => ({ name: "bash", input: { command, description: "work" } }),
  isAgent: (request) => request.tools.includes("bash"),
});
