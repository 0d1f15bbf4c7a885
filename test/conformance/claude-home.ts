const key = "sk-ant-test-key-0000";

/** The home of a person who has settled once what is not about the town. */
export function claudeFiles(): Readonly<Record<string, string>> {
  return {
    ".claude.json": JSON.stringify({
      hasCompletedOnboarding: true,
      theme: "dark",
      customApiKeyResponses: { approved: [key.slice(-20)], rejected: [] },
    }),
  };
}

/** What makes the installed CLI talk to a model on loopback and to nobody else. */
export function claudeEnv(url: string): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: key,
    // As root the runtime insists on a sandbox; the test's town is one.
    IS_SANDBOX: "1",
    DISABLE_AUTOUPDATER: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  };
}

/** The same with a subscription instead of a key, as most people have it. */
export function claudeSubscription(url: string): Readonly<Record<string, string>> {
  return { ...claudeEnv(url), ANTHROPIC_API_KEY: "", CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-test-0000" };
}
