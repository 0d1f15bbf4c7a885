import { expect, test } from "vitest";
import { launchArgv } from "../../../src/agents/runtimes/launch.ts";
import { presets } from "../../../src/agents/runtimes/presets.ts";
import type { Runtime } from "../../../src/agents/runtimes/runtime.ts";
import { splitWords } from "../../../src/agents/runtimes/split-words.ts";

function preset(name: string): Runtime {
  const found = presets.get(name);
  if (found === undefined) throw new Error(name);
  return found;
}
const hooks = "/town/.runtime/hooks";

test("the prompt travels as the runtime takes it", () => {
  expect(
    launchArgv({
      runtime: preset("claude"),
      hooks,
      conversation: "c-1",
      settingsFile: "/s.json",
      prompt: "go",
    }),
  ).toEqual([
    "claude",
    "--dangerously-skip-permissions",
    "--session-id",
    "c-1",
    "--settings",
    "/s.json",
    "go",
  ]);
  expect(launchArgv({ runtime: preset("gemini"), hooks, conversation: "c-1", prompt: "go" })).toEqual([
    "gemini",
    "--approval-mode",
    "yolo",
    "--skip-trust",
    "-i",
    "go",
  ]);
  expect(launchArgv({ runtime: preset("amp"), hooks, prompt: "go" })).toEqual([
    "amp",
    "--dangerously-allow-all",
    "--no-ide",
  ]);
  expect(launchArgv({ runtime: preset("pi"), hooks, prompt: "go" })).toEqual([
    "pi",
    "-e",
    `${hooks}/gastown-pi.ts`,
    "go",
  ]);
});

test("a conversation is resumed by flag or by subcommand, never with an id of our own beside it", () => {
  expect(
    launchArgv({ runtime: preset("claude"), hooks, conversation: "c-1", resume: { id: "old" } }),
  ).toEqual(["claude", "--dangerously-skip-permissions", "--resume", "old"]);
  expect(
    launchArgv({ runtime: preset("codex"), hooks, resume: { id: "old" }, prompt: "go" }).slice(0, 3),
  ).toEqual(["codex", "resume", "old"]);
  // Left unsent in the input line it would be a draft: it is typed when the session is ready.
  expect(launchArgv({ runtime: preset("opencode"), hooks, resume: { id: "old" }, prompt: "go" })).toEqual([
    "opencode",
    "--session",
    "old",
  ]);
  expect(launchArgv({ runtime: preset("amp"), hooks, resume: "latest" })).toEqual([
    "amp",
    "threads",
    "continue",
    "--last",
    "--dangerously-allow-all",
    "--no-ide",
  ]);
});

test("a wrapper comes first", () => {
  expect(
    launchArgv({ runtime: { ...preset("opencode"), execWrapper: ["box", "--"] }, hooks, prompt: "go" }),
  ).toEqual(["box", "--", "opencode", "--prompt", "go"]);
});

test("words are split as a POSIX shell splits them", () => {
  expect(splitWords(`claude-glm --model 'glm 4' "a \\"b\\" \\n" c\\ d ''`)).toEqual([
    "claude-glm",
    "--model",
    "glm 4",
    'a "b" \\n',
    "c d",
    "",
  ]);
  expect(splitWords("  ")).toEqual([]);
  expect(() => splitWords("a 'b")).toThrow("unclosed '");
});
