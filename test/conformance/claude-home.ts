import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const key = "sk-ant-test-key-0000";

/** A home directory in which a person has settled once what is not about the town. */
export function claudeHome(): string {
  const home = mkdtempSync(join(tmpdir(), "gt-claude-"));
  mkdirSync(join(home, ".claude"));
  writeFileSync(
    join(home, ".claude.json"),
    JSON.stringify({
      hasCompletedOnboarding: true,
      theme: "dark",
      customApiKeyResponses: { approved: [key.slice(-20)], rejected: [] },
    }),
  );
  return home;
}

/** The agent record that runs the installed CLI offline. */
export function claudeRecord(bin: string, home: string, url: string): object {
  return {
    command: join(bin, "claude"),
    env: {
      HOME: home,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: key,
      // As root the runtime insists on a sandbox; the test's town is one.
      IS_SANDBOX: "1",
      DISABLE_AUTOUPDATER: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    },
  };
}
