import { conforms } from "./conforms.ts";

await conforms({
  name: "pi",
  files: (url) => ({
    ".pi/agent/models.json": JSON.stringify({
      providers: {
        local: {
          baseUrl: `${url}/v1`,
          api: "openai-completions",
          apiKey: "test-key",
          models: [
            {
              ...{ id: "test", name: "test", reasoning: false, input: ["text"] },
              cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
              contextWindow: 100_000,
              maxTokens: 4096,
            },
          ],
        },
      },
    }),
    ".pi/agent/settings.json": JSON.stringify({ defaultProvider: "local", defaultModel: "test" }),
  }),
  env: () => ({ PI_OFFLINE: "1", PI_SKIP_VERSION_CHECK: "1", PI_TELEMETRY: "0" }),
  shell: (command) => ({ name: "bash", input: { command } }),
  isAgent: (request) => request.tools.includes("bash"),
});
