import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nudge } from "../../src/agents/sessions/nudge.ts";
import type { SessionHost } from "../../src/agents/sessions/session-host.ts";
import { startAgentSession } from "../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../src/agents/town-access.ts";
import { type ModelReply, type ModelRequest, ModelServer } from "../support/model-server.ts";
import { PlainTown } from "../support/plain-town.ts";
import { waitFor } from "../support/wait-for.ts";
import { claudeHome, claudeRecord } from "./claude-home.ts";
import { installCli } from "./install-cli.ts";

const bin = installCli("claude", "@anthropic-ai/claude-code");
const session = "gp-toast";

describe.skipIf(bin === undefined)("Claude Code", () => {
  let town: PlainTown;
  let server: ModelServer;
  let home: string;
  let access: TownAccess;
  let host: SessionHost;
  let answer: (request: ModelRequest) => ModelReply;

  beforeEach(async () => {
    answer = () => ({ text: "done." });
    town = new PlainTown();
    server = await ModelServer.start((request) => answer(request));
    home = claudeHome();
    town.write("settings/config.json", { agents: { claude: claudeRecord(bin ?? "", home, server.url) } });
    access = await town.access();
    host = await access.host();
  });

  afterEach(async () => {
    await town.dispose();
    await server.close();
    rmSync(home, { recursive: true, force: true });
  });

  /** A polecat with a bead on its hook, run by the real CLI. */
  async function start(topic: string): Promise<void> {
    const address = await town.polecat("toast");
    const { named } = await access.ledger.write("overseer", [
      { op: "create", bead: { title: "Paint the bike shed", prefix: "gp" }, as: "bead" },
      { op: "hook", address, bead: "$bead" },
    ]);
    await startAgentSession(access, {
      address,
      topic,
      ...(named["bead"] === undefined ? {} : { bead: named["bead"] }),
    });
  }

  const main = () => server.requests.filter((request) => request.tools.includes("Bash"));
  const isIdle = async () => (await host.get(session))?.phase === "idle";
  const screen = async () => (await host.screen(session)).lines.join("\n");
  const idle = () =>
    waitFor(isIdle, { timeoutMs: 120_000, what: "claude to be idle" }).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await screen()}`);
    });

  test("starts without a person, and the model reads who it is and what is on its hook", async () => {
    await start("assigned:gp-1");
    await waitFor(() => main().length > 0, { timeoutMs: 120_000, what: "the first request" }).catch(
      async (error: Error) => {
        throw new Error(`${error.message}\n${await screen()}\n${server.unknown.join("\n")}`);
      },
    );
    const [first] = main();
    expect(first?.text).toContain("[GAS TOWN] polecat toast (rig: greenplace)");
    expect(first?.text).toContain("Paint the bike shed");
    expect(first?.text).toContain("gt done");
    await idle();
    const record = await host.get(session);
    expect(record?.argv).toContain("--settings");
    const row = await access.ledger.agent("greenplace/polecats/toast");
    expect(record?.argv).toContain(row?.sessionId);
    expect(existsSync(join(town.root, "greenplace/polecats/.claude/settings.json"))).toBe(true);
    expect(existsSync(join(town.root, "greenplace/polecats/toast/greenplace/.claude"))).toBe(false);
    const log = readFileSync(town.town.paths.events, "utf8");
    expect(log.match(/"type":"session_start"/g)?.length).toBe(1);
  });

  test("a nudge for a busy agent arrives once, as one message, after its turn", async () => {
    answer = () => ({ text: "thinking it over", delayMs: 4000 });
    await start("assigned:gp-1");
    await waitFor(() => main().length > 0, { timeoutMs: 120_000, what: "the first request" });
    const report = await nudge(access, {
      to: session,
      from: "mayor/",
      text: "also look at\nthe fence",
      mode: "wait-idle",
    });
    expect(report.state).toBe("queued");
    answer = () => ({ text: "will do" });
    await waitFor(() => main().some((request) => request.last.includes("the fence")), {
      timeoutMs: 60_000,
      what: "the nudge",
    });
    await idle();
    const heard = main().filter((request) => request.last.includes("[from mayor/] also look at\nthe fence"));
    expect(heard).toHaveLength(1);
    expect(heard[0]?.text.match(/also look at/g)).toHaveLength(1);
  });

  test("a nudge for an idle agent is typed and submitted once", async () => {
    await start("assigned:gp-1");
    await waitFor(() => main().length > 0, { timeoutMs: 120_000, what: "the first request" });
    await idle();
    const before = main().length;
    const report = await nudge(access, {
      to: session,
      from: "mayor/",
      text: "one line\nand another",
      mode: "wait-idle",
      waitMs: 20_000,
    });
    expect(report.state).toBe("acknowledged");
    await waitFor(() => main().length > before, { timeoutMs: 30_000, what: "the nudge" });
    await idle();
    expect(
      main().filter((request) => request.last.includes("[from mayor/] one line\nand another")),
    ).toHaveLength(1);
  });

  test("after kill -9 a new session of the same agent is told again what is on its hook", async () => {
    await start("assigned:gp-1");
    await waitFor(() => main().length > 0, { timeoutMs: 120_000, what: "the first request" });
    await idle();
    const record = await host.get(session);
    process.kill(record?.pid ?? 0, "SIGKILL");
    await waitFor(async () => (await host.get(session))?.phase === "exited", { what: "the death" });
    expect(await host.get(session)).toMatchObject({ exitReason: "killed", expected: false });
    const before = main().length;
    await startAgentSession(access, { address: "greenplace/polecats/toast", topic: "recovery:gp-1" });
    await waitFor(() => main().length > before, {
      timeoutMs: 120_000,
      what: "the successor's first request",
    });
    expect(main()[before]?.text).toContain("Your previous session ended unexpectedly");
    expect(main()[before]?.text).toContain("Paint the bike shed");
  });

  test("a dangerous command is kept from running, and the model is told why", async () => {
    let asked = false;
    answer = (request) => {
      if (asked || !request.tools.includes("Bash")) return { text: "understood" };
      asked = true;
      return { tool: { name: "Bash", input: { command: "cd . && sudo rm -rf /", description: "clean" } } };
    };
    await start("assigned:gp-1");
    await waitFor(() => main().some((request) => request.toolResults.length > 0), {
      timeoutMs: 120_000,
      what: "the tool's result",
    });
    const result = main()
      .find((request) => request.toolResults.length > 0)
      ?.toolResults.join("\n");
    expect(result).toContain("blocked by gas town: sudo is not for agents");
  });
});
