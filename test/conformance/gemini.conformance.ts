import { conforms } from "./conforms.ts";

await conforms({
  name: "gemini",
  files: () => ({
    ".gemini/settings.json": JSON.stringify({
      security: { auth: { selectedType: "gemini-api-key" } },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
    }),
  }),
  env: (url) => ({
    GEMINI_API_KEY: "test-key",
    GOOGLE_GEMINI_BASE_URL: url,
    GEMINI_CLI_NO_RELAUNCH: "true",
  }),
  shell: (command) => ({ name: "run_shell_command", input: { command, description: "work" } }),
  isAgent: (request) => request.tools.length > 0,
  // Asks first which model to take.
  aside: () => ({ text: '{"reasoning":"simple","model_choice":"flash"}' }),
});
