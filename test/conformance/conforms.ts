import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { costLines } from "../../src/agents/costs/cost-ledger.ts";
import { addTokens, noTokens } from "../../src/agents/costs/usage.ts";
import { sling } from "../../src/agents/lifecycle/sling.ts";
import { liveSession } from "../../src/agents/lifecycle/agent-session.ts";
import { StartBudget } from "../../src/agents/patrols/start-budget.ts";
import { patrolRig } from "../../src/agents/patrols/witness.ts";
import { presets } from "../../src/agents/runtimes/presets.ts";
import type { HostServer } from "../../src/agents/sessions/host-server.ts";
import { nudge } from "../../src/agents/sessions/nudge.ts";
import type { SessionHost, SessionRecord } from "../../src/agents/sessions/session-host.ts";
import { stopAgentSession } from "../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../src/agents/town-access.ts";
import {
  type ModelReply,
  type ModelRequest,
  ModelServer,
  limitSeconds,
  usageOfReply,
} from "../support/model-server.ts";
import { startQuickHost } from "../support/quick-host.ts";
import { runGt } from "../support/run-cli.ts";
import { waitFor } from "../support/wait-for.ts";
import { WorkTown } from "../support/work-town.ts";
import { type Check, type Cli, checks } from "./cli.ts";
import { installedCli, npmCache } from "./install-cli.ts";
import { leaveOut } from "./leave-out.ts";
import { recordObservation } from "./record.ts";
import { hasTime } from "./time-budget.ts";

/** For each thing that is waited for; on a loaded machine some CLIs take a minute to start. */
const patienceMs = 90_000;

/** How long a story takes where nothing else runs. */
const storyMs = 45_000;

/**
 * The story that every agent CLI has to play, in one session and its successors (spec/03): it starts without a person
 * and reads its work from our context; a nudge to it while it is busy arrives once, after its turn; it hands itself
 * off; it is resumed after kill -9; its memory can be asked; a rate limit is seen.
 */
export async function conforms(cli: Cli): Promise<void> {
  const found = await installedCli(cli.name);
  if ("missing" in found) {
    leaveOut(cli.name, found.missing);
    return;
  }
  describe(`${cli.name} ${found.version}`, () => {
    test(checks.join(", "), async ({ task, skip }) => {
      // What failed once is tried again also when the time is over: else no time would count as success.
      const isRetry = (task.result?.retryCount ?? 0) > 0;
      if (!isRetry && !hasTime(storyMs)) {
        console.warn(`left out: ${cli.name}: no time left`);
        skip("no time left");
      }
      const seen: Check[] = [];
      const times: string[] = [];
      const story = await Story.begin(cli, found.program);
      try {
        for (const check of checks) {
          if (!isRetry && !hasTime(0)) break;
          const began = Date.now();
          await story.play(check);
          seen.push(check);
          times.push(`${check} ${((Date.now() - began) / 1000).toFixed(1)} s`);
        }
      } finally {
        await story.end();
        console.info(`${cli.name}: ${times.join(", ")}`);
      }
      if (seen.length < checks.length) console.warn(`${cli.name}: the time was up after ${seen.join(", ")}`);
      else recordObservation(cli.name, found.version, { proven: checks, cannot: {} });
    });
  });
}

class Story {
  readonly #cli: Cli;
  readonly #town: WorkTown;
  readonly #server: ModelServer;
  readonly #home: string;
  readonly #access: TownAccess;
  readonly #ownHost: HostServer;
  readonly #host: SessionHost;
  readonly #firstTurn = Promise.withResolvers<void>();
  #answer: (request: ModelRequest) => ModelReply = () => ({ text: "Understood." });
  #address = "";
  #session = "";

  static async begin(cli: Cli, program: string): Promise<Story> {
    const town = await WorkTown.create();
    const home = mkdtempSync(join(tmpdir(), `gt-${cli.name}-`));
    const server = await ModelServer.start((request) => story.#reply(request));
    for (const [path, text] of Object.entries(cli.files?.(server.url) ?? {})) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text);
    }
    town.write("settings/config.json", {
      default_agent: cli.name,
      agents: {
        [cli.name]: {
          command: program,
          ...(cli.args === undefined ? {} : { args: cli.args }),
          env: {
            HOME: home,
            XDG_CONFIG_HOME: join(home, ".config"),
            npm_config_cache: npmCache,
            ...cli.env(server.url),
          },
        },
      },
    });
    const access = await town.access();
    const ownHost = await startQuickHost(town.town);
    const story = new Story(cli, town, server, home, access, ownHost, await access.host());
    return story;
  }

  private constructor(
    cli: Cli,
    town: WorkTown,
    server: ModelServer,
    home: string,
    access: TownAccess,
    ownHost: HostServer,
    host: SessionHost,
  ) {
    this.#cli = cli;
    this.#town = town;
    this.#server = server;
    this.#home = home;
    this.#access = access;
    this.#ownHost = ownHost;
    this.#host = host;
  }

  async end(): Promise<void> {
    await this.#ownHost.close({ force: true });
    await this.#town.dispose();
    await this.#server.close();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Plays one chapter; when it fails, the error tells what was on the screen and what the model was asked. */
  async play(check: Check): Promise<void> {
    try {
      await this[check]();
    } catch (error) {
      throw new Error(
        `${check}: ${error instanceof Error ? error.message : error}\n${await this.#evidence()}`,
        {
          cause: error,
        },
      );
    }
  }

  async start(): Promise<void> {
    this.#answer = () => ({ text: "My favourite colour is teal.", after: this.#firstTurn.promise });
    const bead = await this.#town.bead(this.#access, "Paint the bike shed", "true", {
      description: "In green.",
    });
    const { dispatched } = await sling(this.#access, { words: [bead.id, "web"], options: {} });
    this.#address = dispatched[0]?.agent ?? "";
    // As an agent does first. Else the end of its turn would ask it to begin, between what is looked at here.
    await this.#access.ledger.write(this.#address, [
      { op: "update", id: bead.id, fields: { status: "in_progress" } },
    ]);
    const session = await liveSession(this.#access, this.#address);
    this.#session = session?.session ?? "";
    await this.#asked("the first request", (request) => request.text.includes("[GAS TOWN] polecat"));
  }

  async context(): Promise<void> {
    const [first] = this.#requests;
    expectText(first, "Paint the bike shed");
    expectText(first, "gt done");
  }

  async nudge(): Promise<void> {
    await waitFor(async () => (await this.#record()).phase === "working", {
      timeoutMs: patienceMs,
      what: "work",
    });
    const report = await nudge(this.#access, {
      ...{ to: this.#session, from: "mayor/", text: "also look at\nthe fence", mode: "wait-idle" },
    });
    expect(report.state).toBe("queued");
    expect(this.#requests).toHaveLength(1);
    this.#answer = () => ({ text: "Will do." });
    this.#firstTurn.resolve();
    await this.#asked("the nudge", (request) => request.last.includes("the fence"));
    await this.#idle();
    const heard = this.#requests.filter((request) =>
      request.last.includes("[from mayor/] also look at\nthe fence"),
    );
    expect(heard).toHaveLength(1);
    expect(heard[0]?.text.match(/also look at/g)).toHaveLength(1);
  }

  async guard(): Promise<void> {
    this.#once(this.#cli.shell("cd . && sudo rm -rf /nowhere"));
    await this.#say("clean up");
    await this.#asked("why the command was kept from running", (request) =>
      request.toolResults.join("\n").includes("blocked by gas town: sudo is not for agents"),
    );
    await this.#idle();
  }

  async handoff(): Promise<void> {
    const before = await this.#record();
    this.#once(this.#cli.shell('gt handoff -s "mid refactor" -m "next: the parser"'));
    await this.#say("please hand off");
    const after = await this.#successor(before);
    await this.#asked("the successor's first request", (request) =>
      request.text.includes("next: the parser"),
    );
    expect(after.topic).toBe("handoff");
    const heard = this.#requests.findLast((request) => request.text.includes("next: the parser"));
    expectText(heard, "mid refactor");
    expect(heard?.text.includes("teal"), "the successor has a mind of its own").toBe(false);
    await this.#idle();
  }

  async resume(): Promise<void> {
    this.#answer = () => ({ text: "The password is crimson." });
    await this.#say("tell me the password");
    // Killed before it has written down what it heard, it could not know it afterwards.
    await this.#shows("The password is crimson.");
    await this.#idle();
    const before = await this.#record();
    const id = await this.#conversation();
    process.kill(before.pid, "SIGKILL");
    await waitFor(async () => (await this.#record()).phase === "exited", { what: "the death" });
    const known = this.#requests.length;
    await waitFor(
      async () => {
        await patrolRig(this.#access, this.#town.rig(), { budget: new StartBudget(5) });
        return (await this.#record()).runId !== before.runId;
      },
      { timeoutMs: patienceMs, what: "the witness to restart it" },
    );
    await this.#asked(
      "the request of the resumed",
      (request) => this.#requests.indexOf(request) >= known && request.text.includes("ended unexpectedly"),
    );
    const heard = this.#requests.findLast((request) => request.text.includes("ended unexpectedly"));
    expectText(heard, "crimson");
    await this.#idle();
    expect(await this.#conversation()).toBe(id);
  }

  async costs(): Promise<void> {
    const id = await this.#conversation();
    const env = {
      HOME: this.#home,
      XDG_CONFIG_HOME: join(this.#home, ".config"),
      ...this.#cli.env(this.#server.url),
    };
    const booked = await runGt(["costs", "record", "--session", this.#session], {
      cwd: this.#town.root,
      env,
    });
    expect(booked.stderr + booked.code).toMatch(/0$/);
    const lines = (await costLines(this.#access.ledger)).filter((line) => line.sessionId === id);
    const { input, cacheRead, output } = lines.reduce((sum, { tokens }) => addTokens(sum, tokens), noTokens);
    // The greeting, the handoff's first turn, the password, the recovery: at least.
    const answers = output / usageOfReply.output;
    expect(answers).toBeGreaterThan(1);
    expect([input, cacheRead]).toEqual([usageOfReply.fresh * answers, usageOfReply.cached * answers]);
  }

  async limit(): Promise<void> {
    this.#answer = () => ({ isLimited: true });
    await this.#say("go on");
    await waitFor(async () => (await this.#record()).phase === "limited", {
      timeoutMs: patienceMs,
      what: "the limit to be seen",
    });
    const leftMs = ((await this.#record()).limitedUntil ?? 0) - Date.now();
    expect(leftMs).toBeGreaterThan(0);
    if (this.#cli.showsReset === true) expect(Math.abs(leftMs - limitSeconds * 1000)).toBeLessThan(120_000);
  }

  async seance(): Promise<void> {
    const id = await this.#conversation();
    this.#answer = (request) => ({
      text: request.text.includes("crimson") ? "It was CRIMSON-7." : "I forgot.",
    });
    const starts = this.#starts();
    const ask = (...more: readonly string[]) =>
      runGt(["seance", "--talk", id, "-p", "What was the password?", ...more], {
        cwd: this.#town.root,
        timeoutMs: patienceMs,
      });
    let answer = await ask();
    if (presets.get(this.#cli.name)?.forkArgs === undefined) {
      expect(answer.stderr).toContain(`is live and ${this.#cli.name} cannot fork`);
      await stopAgentSession(this.#access, this.#address, "stopped");
      answer = await ask("--yes");
    }
    expect(`${answer.code} ${answer.stdout}${answer.stderr}`).toContain("It was CRIMSON-7.");
    expect(answer.code).toBe(0);
    // Whoever answers is nobody in the town.
    expect(this.#starts()).toBe(starts);
  }

  /** The model wants this tool to run, and then nothing more. */
  #once(tool: NonNullable<ModelReply["tool"]>): void {
    let isAsked = false;
    this.#answer = () => {
      if (isAsked) return { text: "Understood." };
      isAsked = true;
      return { tool };
    };
  }

  get #requests(): readonly ModelRequest[] {
    return this.#server.requests.filter((request) => this.#cli.isAgent(request));
  }

  #reply(request: ModelRequest): ModelReply {
    if (this.#cli.isAgent(request)) return this.#answer(request);
    return this.#cli.aside?.(request) ?? { text: "ok" };
  }

  async #record(): Promise<SessionRecord> {
    const record = await this.#host.get(this.#session);
    if (record === undefined) throw new Error(`no session ${this.#session}`);
    return record;
  }

  async #conversation(): Promise<string> {
    const id = (await this.#access.ledger.agent(this.#address))?.sessionId ?? "";
    expect(id).not.toBe("");
    return id;
  }

  async #asked(what: string, matches: (request: ModelRequest) => boolean): Promise<void> {
    await waitFor(() => this.#requests.some(matches), { timeoutMs: patienceMs, what });
  }

  async #idle(): Promise<void> {
    await waitFor(async () => (await this.#record()).phase === "idle", {
      timeoutMs: patienceMs,
      what: "idle",
    });
  }

  async #shows(text: string): Promise<void> {
    const isThere = async () => (await this.#host.screen(this.#session)).lines.join("\n").includes(text);
    await waitFor(isThere, { timeoutMs: patienceMs, what: `the screen to show: ${text}` });
  }

  async #say(text: string): Promise<void> {
    await nudge(this.#access, { to: this.#session, from: "mayor/", text, mode: "wait-idle" });
    await this.#asked(text, (request) => request.last.includes(text));
  }

  async #successor(before: SessionRecord): Promise<SessionRecord> {
    return waitFor(
      async () => {
        const now = await this.#host.get(this.#session);
        return now !== undefined && now.runId !== before.runId && now.phase !== "exited" ? now : undefined;
      },
      { timeoutMs: patienceMs, what: "the successor" },
    );
  }

  #starts(): number {
    return readFileSync(this.#town.town.paths.events, "utf8").match(/"type":"session_start"/g)?.length ?? 0;
  }

  async #evidence(): Promise<string> {
    const record = await this.#host.get(this.#session);
    const lines =
      record === undefined || record.phase === "exited" ? [] : (await this.#host.screen(this.#session)).lines;
    return [
      `phase ${record?.phase} argv ${JSON.stringify(record?.argv)}`,
      ...lines.filter((line) => line.trim() !== ""),
      ...this.#server.unknown,
      ...this.#server.requests.map(
        (each) =>
          `${this.#cli.isAgent(each) ? "agent" : "aside"} ${each.format}: ${JSON.stringify(each.last.slice(0, 300))} tools ${each.tools.length}`,
      ),
    ].join("\n");
  }
}

function expectText(request: ModelRequest | undefined, text: string): void {
  expect(request?.text.includes(text), `the model reads: ${text}`).toBe(true);
}
