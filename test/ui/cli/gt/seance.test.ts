import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendEvents } from "../../../../src/core/events/event-log.ts";
import { readEvents } from "../../../../src/core/events/read-events.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { cliEnv, runGt } from "../../../support/run-cli.ts";
import { openTerminal } from "../../../support/terminal.ts";

let town: PlainTown;
let home: string;
beforeEach(() => {
  town = new PlainTown();
  home = join(town.root, "greenplace/polecats/toast/greenplace");
  mkdirSync(home, { recursive: true });
  const program = join(town.root, "oracle.sh");
  writeFileSync(
    program,
    '#!/bin/sh\necho "cwd=$PWD seance=$GT_SEANCE role=$GT_ROLE"\nfor a; do echo "arg=$a"; done\n[ "$FAIL" = 1 ] && { echo "no such conversation" >&2; exit 3; }\nexit 0\n',
  );
  chmodSync(program, 0o755);
  const config = join(town.root, "claude-config");
  mkdirSync(join(config, "projects", home.replace(/[^A-Za-z0-9]/g, "-")), { recursive: true });
  for (const id of ["abc-1", "abd-2"])
    writeFileSync(join(config, "projects", home.replace(/[^A-Za-z0-9]/g, "-"), `${id}.jsonl`), "{}\n");
  town.write("settings/config.json", {
    agents: {
      oracle: { provider: "claude", command: program, env: { CLAUDE_CONFIG_DIR: config } },
      broken: { provider: "claude", command: program, env: { CLAUDE_CONFIG_DIR: config, FAIL: "1" } },
      gem: { provider: "gemini", command: program },
    },
  });
});
afterEach(() => town.dispose());

const gt = (...args: readonly string[]) => runGt(["seance", ...args], { cwd: town.root });

function ran(id: string, agent: string, change: Readonly<Record<string, unknown>> = {}): void {
  appendEvents(town.town.paths.events, [
    {
      ts: new Date().toISOString(),
      source: "gt",
      type: "session_start",
      actor: "greenplace/polecats/toast",
      visibility: "feed",
      payload: {
        ...{ session_id: id, session: "gp-toast", role: "polecat", rig: "greenplace", agent },
        ...{ cwd: home, topic: "assigned:gp-1", run_id: `run-${id}` },
        ...change,
      },
    },
  ]);
}

test("sessions are listed once each, the newest first, by role and rig", async () => {
  expect((await gt()).stdout).toContain("No session events found.");
  ran("abc-1", "oracle");
  ran("abd-2", "gem");
  ran("abc-1", "oracle", { topic: "handoff" });
  const rows = (await gt("--json")).json<readonly Record<string, unknown>[]>();
  expect(rows).toMatchObject([
    { session_id: "abc-1", topic: "handoff", live: false, can_fork: true, cwd: home },
    { session_id: "abd-2", topic: "assigned:gp-1", can_fork: false },
  ]);
  expect((await gt("-n", "1", "--json")).json()).toHaveLength(1);
  expect((await gt("--rig", "nowhere", "--json")).json()).toEqual([]);
  const { stdout } = await gt("--role", "toast");
  expect(stdout).toMatch(/SESSION_ID +ROLE +STARTED +TOPIC\n +abc-1 +greenplace\/polecats\/toast .*handoff/);
  for (const args of [
    ["-n", "0"],
    ["-p", "why"],
  ])
    expect((await gt(...args)).code).toBe(2);
}, 60_000);

test("a question goes to a read-only copy without identity in the old directory", async () => {
  ran("abc-1", "oracle");
  ran("abd-2", "oracle");
  const { stdout, code } = await runGt(["seance", "--talk", "abc", "-p", "why $(rm)?"], {
    cwd: town.root,
    env: { ...cliEnv(), GT_ROLE: "mayor" },
  });
  expect(code).toBe(0);
  expect(stdout).toContain(`cwd=${home} seance=1 role=\n`);
  expect(stdout).toContain(
    "arg=--resume\narg=abc-1\narg=--fork-session\narg=--permission-mode\narg=plan\narg=-p\narg=You are being consulted by",
  );
  expect(stdout).toContain("why $(rm)?");
  const [event] = readEvents(town.town.paths.events, { filter: { types: ["seance"] } });
  expect(event?.payload).toMatchObject({ session_id: "abc-1", one_shot: true });
  expect((await gt("--talk", "greenplace/polecats/toast", "-p", "x")).stdout).toContain("arg=abd-2");

  using terminal = openTerminal(
    process.execPath,
    [join(import.meta.dirname, "../../../../bin/gt"), "seance", "--talk", "last"],
    { cwd: town.root, env: { ...cliEnv(), TERM: "xterm-256color" } },
  );
  expect(await terminal.waitForExit()).toBe(0);
  expect(terminal.screen).toContain("Summoning session abd-2");
}, 60_000);

test("a predecessor whose worktree is gone, or whose account is another one, is found all the same", async () => {
  const gone = join(town.root, "removed-worktree");
  const folder = (config: string, cwd: string) => join(config, "projects", cwd.replace(/[^A-Za-z0-9]/g, "-"));
  const usual = join(town.root, "claude-config");
  mkdirSync(folder(usual, gone), { recursive: true });
  writeFileSync(join(folder(usual, gone), "gone-1.jsonl"), "{}\n");
  ran("gone-1", "oracle", { cwd: gone });
  const asked = await gt("--talk", "gone-1", "-p", "where?");
  expect(asked.stdout).toMatch(/cwd=\S+\/\.runtime\/seance\/gone-1-\d+ seance=1/);
  expect(asked.stdout).toContain("arg=--resume\narg=gone-1\n");
  expect(readdirSync(join(town.root, ".runtime/seance"))).toEqual([]);

  const other = join(town.root, "other-account");
  mkdirSync(folder(other, home), { recursive: true });
  writeFileSync(join(folder(other, home), "moved-1.jsonl"), "{}\n");
  town.write("mayor/accounts.json", { version: 1, accounts: { other: { config_dir: other } } });
  writeFileSync(join(town.root, "oracle.sh"), '#!/bin/sh\necho "config=$CLAUDE_CONFIG_DIR"\n');
  ran("moved-1", "oracle");
  expect((await gt("--talk", "moved-1", "-p", "where?")).stdout).toBe(`config=${other}\n`);
}, 60_000);

test("what cannot be asked is refused with one reason, and nothing is started", async () => {
  ran("abc-1", "oracle");
  ran("abd-2", "broken");
  ran("script-3", "shell");
  ran("gone-4", "oracle", { cwd: join(town.root, "gone") });
  ran("lost-5", "oracle");
  ran("gem-6", "gem");
  ran("--evil", "oracle");
  for (const [wanted, text] of [
    ["zzz", 'no session found matching prefix "zzz"'],
    ["ab", 'ambiguous prefix "ab" matches 2 sessions: abd-2, abc-1'],
    ["script-3", "session script-3 was run by 'shell' and cannot be resumed"],
    ["gone-4", "no longer exists"],
    ["lost-5", "session file not found for lost-5 (agent oracle)"],
    ["abd-2", "seance failed: no such conversation"],
  ] as const) {
    const result = await gt("--talk", wanted, "-p", "why?");
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(text);
  }
  expect((await gt("--talk=--evil", "-p", "x")).stderr).toContain("cannot be resumed");
  const appended = await gt("--talk", "gem-6", "-p", "why?");
  expect(appended.code).not.toBe(0);
  expect(appended.stderr).toContain("gem cannot fork: this appends to the original conversation");
  expect(appended.stdout).not.toContain("arg=");
  const agreed = await gt("--talk", "gem-6", "-p", "why?", "--yes");
  expect(agreed.stdout).toContain("arg=--resume\narg=gem-6\narg=-p\n");
}, 60_000);
