import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answerHook } from "../../../src/agents/hooks/hook-dialect.ts";
import { readHookInput } from "../../../src/agents/hooks/hook-event.ts";
import { withOurHooks } from "../../../src/agents/hooks/hook-files.ts";
import { writeHooks } from "../../../src/agents/hooks/write-hooks.ts";
import { presets } from "../../../src/agents/runtimes/presets.ts";
import type { Runtime } from "../../../src/agents/runtimes/runtime.ts";
import type { Address } from "../../../src/core/town/address.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
let worktree: string;
const toast: Address = { role: "polecat", rig: "greenplace", name: "toast" };

beforeEach(() => {
  town = new PlainTown();
  worktree = join(town.root, "greenplace/polecats/toast/greenplace");
  mkdirSync(worktree, { recursive: true });
  git("init", "-q");
});
afterEach(() => town.dispose());

function git(...args: readonly string[]): string {
  return execFileSync("git", ["-C", worktree, ...args], { encoding: "utf8" });
}

function runtime(name: string): Runtime {
  const found = presets.get(name);
  if (found === undefined) throw new Error(name);
  return found;
}

const write = (name: string) => writeHooks(town.town, toast, runtime(name), "/opt/gas town/gt");
const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("claude's hooks belong to the role and never stand in a worktree", async () => {
  const place = await write("claude");
  const file = join(town.root, "greenplace/polecats/.claude/settings.json");
  expect(place).toMatchObject({ isActive: true, settingsFile: file, outcome: "created" });
  const settings = read(file);
  expect(Object.keys(settings.hooks)).toEqual([
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PreCompact",
    "Stop",
    "SessionEnd",
  ]);
  expect(settings.hooks.PreToolUse).toEqual([
    {
      matcher: "Bash",
      hooks: [
        { type: "command", command: "'/opt/gas town/gt' tap hook pre-tool --provider claude", timeout: 10 },
      ],
    },
  ]);
  expect(existsSync(join(worktree, ".claude"))).toBe(false);
  expect((await write("claude")).outcome).toBe("unchanged");
});

test("a foreign file keeps everything that is not ours, and git does not see it", async () => {
  mkdirSync(join(worktree, ".gemini"));
  const own = {
    theme: "dark",
    hooks: { BeforeTool: [{ matcher: "x", hooks: [{ type: "command", command: "lint" }] }] },
    context: { fileName: "MY.md" },
  };
  writeFileSync(join(worktree, ".gemini/settings.json"), JSON.stringify(own));
  await write("gemini");
  const settings = read(join(worktree, ".gemini/settings.json"));
  expect(settings).toMatchObject({ theme: "dark", context: { fileName: "MY.md" } });
  expect(settings.hooks.BeforeTool[0]).toEqual(own.hooks.BeforeTool[0]);
  expect(settings.hooks.BeforeTool[1].hooks[0]).toMatchObject({ name: "gastown-pre-tool", timeout: 10_000 });
  expect(git("status", "--porcelain").trim()).toBe("");
});

test("a tracked file stays as it is", async () => {
  for (const path of [".gemini/settings.json", ".cursor/hooks.json"]) {
    mkdirSync(join(worktree, path, ".."), { recursive: true });
    writeFileSync(join(worktree, path), "{}");
  }
  git("add", "-A");
  const gemini = await write("gemini");
  expect(gemini).toMatchObject({ isActive: true, outcome: "tracked" });
  expect(gemini.env["GEMINI_CLI_SYSTEM_DEFAULTS_PATH"]).toBe(gemini.file);
  expect(await write("cursor")).toMatchObject({ isActive: false, outcome: "tracked" });
  expect(readFileSync(join(worktree, ".gemini/settings.json"), "utf8")).toBe("{}");
});

test("a broken file stops the start and is not touched", async () => {
  mkdirSync(join(worktree, ".cursor"));
  writeFileSync(join(worktree, ".cursor/hooks.json"), "{ broken");
  await expect(write("cursor")).rejects.toMatchObject({
    code: "E_HOOKS_FILE",
    message: expect.stringContaining(".cursor/hooks.json is not valid JSON"),
  });
  expect(readFileSync(join(worktree, ".cursor/hooks.json"), "utf8")).toBe("{ broken");
});

test("writing again replaces our entries, also those of an older program", () => {
  const old = withOurHooks("codex", {}, { gt: "/old/gt", scripts: "/s" });
  const fresh = withOurHooks("codex", old, { gt: "/new/gt", scripts: "/s" });
  expect(fresh).toEqual(withOurHooks("codex", {}, { gt: "/new/gt", scripts: "/s" }));
});

test("every dialect says allow, deny, context and continue in its own way", () => {
  expect(answerHook("claude", "pre-tool", { deny: "no" })).toEqual({ stdout: "", stderr: "no\n", code: 2 });
  expect(answerHook("claude", "session-start", { context: "hello" }).stdout).toBe("hello\n");
  expect(answerHook("codex", "turn-end", {}).stdout).toBe("{}\n");
  expect(JSON.parse(answerHook("codex", "prompt", { context: "c" }).stdout)).toEqual({
    hookSpecificOutput: { hookEventName: "UserPromptSubmit", additionalContext: "c" },
  });
  expect(JSON.parse(answerHook("copilot", "pre-tool", { deny: "no" }).stdout)).toMatchObject({
    permissionDecision: "deny",
  });
  expect(answerHook("copilot", "pre-tool", { deny: "no" }).code).toBe(0);
  expect(JSON.parse(answerHook("gemini", "pre-tool", { deny: "no" }).stdout)).toEqual({
    decision: "deny",
    reason: "no",
  });
  expect(JSON.parse(answerHook("cursor", "pre-tool", {}).stdout)).toEqual({ permission: "allow" });
  expect(JSON.parse(answerHook("cursor", "pre-tool", { deny: "no" }).stdout)).toMatchObject({
    permission: "deny",
  });
  expect(JSON.parse(answerHook("pi", "turn-end", { continue: "go" }).stdout)).toEqual({ continue: "go" });
});

test("the runtimes' inputs are read in all their spellings; garbage has no facts", () => {
  expect(readHookInput('{"tool_name":"Bash","tool_input":{"command":"ls"}}').command).toBe("ls");
  expect(readHookInput('{"toolName":"bash","toolArgs":"{\\"command\\":\\"ls\\"}"}').command).toBe("ls");
  expect(readHookInput('{"command":["bash","-lc","ls"]}').command).toBe("bash -lc ls");
  expect(readHookInput('{"conversation_id":"c","source":"fork"}')).toMatchObject({
    sessionId: "c",
    source: "resume",
  });
  expect(readHookInput("garbage")).toMatchObject({ sessionId: "", command: "", source: "startup" });
});
