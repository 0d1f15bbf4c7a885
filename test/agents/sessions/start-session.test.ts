import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startAgentSession, stopAgentSession } from "../../../src/agents/sessions/start-session.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

function fakeAgent(script: string): void {
  town.write("settings/config.json", {
    default_agent: "fake",
    agents: {
      fake: {
        provider: "generic",
        command: "sh",
        args: ["-c", script],
        prompt_mode: "arg",
        ready_delay_ms: 0,
      },
    },
  });
}

test("an agent gets its own identity and nothing hostile from whoever starts it", async () => {
  const hostile = {
    CLAUDECODE: "1",
    GT_ROLE: "mayor",
    GIT_DIR: "/x",
    CI: "1",
    NODE_OPTIONS: "--trace-warnings",
    GT_RUN: "mine",
  };
  const before = { ...process.env };
  Object.assign(process.env, hostile);
  try {
    fakeAgent('env > "$GT_POLECAT_PATH/env.txt"; pwd > cwd.txt; while read -r rest; do :; done');
    const address = await town.polecat("toast");
    const access = await town.access("mayor/");
    const record = await startAgentSession(access, { address, topic: "assigned:gp-1", bead: "gp-1" });
    expect(record).toMatchObject({
      session: "gp-toast",
      actor: address,
      agent: "fake",
      bead: "gp-1",
      topic: "assigned:gp-1",
    });
    const home = join(town.root, "greenplace/polecats/toast/greenplace");
    const env = await waitFor(() => {
      try {
        return readFileSync(join(home, "cwd.txt"), "utf8") && readFileSync(join(home, "env.txt"), "utf8");
      } catch {
        return undefined;
      }
    });
    const values = new Map(
      env.split("\n").map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]),
    );
    for (const name of ["CLAUDECODE", "GIT_DIR", "CI", "NODE_OPTIONS"]) expect(values.has(name)).toBe(false);
    expect(Object.fromEntries(values)).toMatchObject({
      GT_ROLE: address,
      BD_ACTOR: address,
      ...{ GIT_AUTHOR_NAME: address, GIT_COMMITTER_NAME: address, GIT_AUTHOR_EMAIL: "ada@example.com" },
      ...{ GT_ROOT: town.root, GT_AGENT: "fake", GT_POLECAT_PATH: home, POLECAT_SLOT: "0" },
      GIT_COMMITTER_EMAIL: "ada@example.com",
      GT_SESSION: "gp-toast",
      GT_RIG: "greenplace",
      GT_POLECAT: "toast",
      GT_BEAD: "gp-1",
      GIT_CEILING_DIRECTORIES: town.root,
      GT_TOWN_ROOT: town.root,
      GT_RUN: record.runId,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "core.hooksPath",
    });
    expect(values.get("PATH")?.split(":")[0]).toMatch(/\/bin$/);
    const row = await access.ledger.agent(address);
    expect(row).toMatchObject({ runtime: "fake", sessionId: record.runId });
    expect(row?.lastSessionAt).toBeGreaterThan(0);
    const log = readFileSync(town.town.paths.events, "utf8");
    expect(log).toContain('"type":"session_start"');
    const why = "done-not-exited";
    expect(await stopAgentSession(access, address, "stopped", { force: true, why })).toBe(true);
    expect(await stopAgentSession(access, address, "stopped")).toBe(false);
    await waitFor(() => readFileSync(town.town.paths.events, "utf8").includes('"session_end"'));
    expect(readFileSync(town.town.paths.events, "utf8")).toContain(`"reason":"${why}"`);
  } finally {
    for (const name of Object.keys(hostile)) delete process.env[name];
    Object.assign(process.env, before);
  }
});

test("an agent that exits at once is an error with its code, and the session is free again", async () => {
  fakeAgent("echo no licence; exit 7");
  const address = await town.polecat("toast");
  const access = await town.access();
  await expect(startAgentSession(access, { address, topic: "start" })).rejects.toMatchObject({
    code: "E_SESSION_START",
    message: "agent exited during start (code 7)",
  });
  const host = await town.connect();
  expect(await host.get("gp-toast")).toMatchObject({ phase: "exited", exitReason: "crashed" });
  await waitFor(() => readFileSync(town.town.paths.events, "utf8").includes("no licence"));
});

test("an agent whose program is not installed is not started", async () => {
  const address = await town.polecat("toast");
  const access = await town.access();
  town.write("settings/config.json", { agents: { ghost: { command: "no-such-binary" } } });
  await expect(
    startAgentSession(access, { address, topic: "start", agentOverride: "ghost" }),
  ).rejects.toMatchObject({
    code: "E_AGENT_COMMAND",
    message: 'agent "ghost": command "no-such-binary" not found in PATH',
  });
  await expect(access.host({ start: false })).rejects.toMatchObject({ code: "E_HOST_DOWN" });
});

test("a second start of a living agent is refused", async () => {
  fakeAgent("read -r rest");
  const address = await town.polecat("toast");
  const access = await town.access();
  await startAgentSession(access, { address, topic: "start" });
  await expect(startAgentSession(access, { address, topic: "start" })).rejects.toMatchObject({
    code: "E_SESSION_EXISTS",
  });
});
