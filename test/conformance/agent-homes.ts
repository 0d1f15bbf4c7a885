/** What a CLI needs in its home and environment to talk to the model server on loopback, and to nobody else. */
export interface AgentHome {
  readonly files: (url: string) => Readonly<Record<string, string>>;
  readonly env: (url: string) => Readonly<Record<string, string>>;
}

export const geminiHome: AgentHome = {
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
};

export const opencodeHome: AgentHome = {
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
};

export const copilotHome: AgentHome = {
  files: () => ({}),
  env: (url) => ({
    COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
    COPILOT_PROVIDER_TYPE: "openai",
    COPILOT_PROVIDER_API_KEY: "test-key",
    COPILOT_MODEL: "test",
    COPILOT_OFFLINE: "true",
    COPILOT_AUTO_UPDATE: "false",
  }),
};

export const piHome: AgentHome = {
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
};
