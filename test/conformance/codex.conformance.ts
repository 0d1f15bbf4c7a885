import { conforms } from "./conforms.ts";

await conforms({
  name: "codex",
  files: (url) => ({
    ".codex/config.toml": [
      'model = "gpt-5"',
      'model_provider = "local"',
      "check_for_update_on_startup = false",
      "[analytics]",
      "enabled = false",
      "[model_providers.local]",
      'name = "local"',
      `base_url = "${url}/v1"`,
      'wire_api = "responses"',
      'env_key = "OPENAI_API_KEY"',
      "request_max_retries = 0",
      "stream_max_retries = 0",
    ].join("\n"),
  }),
  env: () => ({ OPENAI_API_KEY: "test-key" }),
  shell: (command) => ({ name: "exec_command", input: { cmd: command } }),
  isAgent: (request) => request.tools.includes("exec_command"),
});
