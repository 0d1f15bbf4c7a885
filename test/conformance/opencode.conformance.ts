import { conforms } from "./conforms.ts";

await conforms({
  name: "opencode",
  files: (url) => ({
    ".config/opencode/opencode.json": JSON.stringify({
      autoupdate: false,
      share: "disabled",
      model: "local/test",
      small_model: "local/test",
      provider: {
        local: {
          npm: "@ai-sdk/openai-compatible",
          name: "local",
          options: { baseURL: `${url}/v1`, apiKey: "test-key" },
          models: { test: { name: "test", limit: { context: 100_000, output: 4096 } } },
        },
      },
    }),
  }),
  env: () => ({
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  }),
  shell: (command) => ({ name: "bash", input: { command, description: "work" } }),
  isAgent: (request) => request.tools.includes("bash"),
});
