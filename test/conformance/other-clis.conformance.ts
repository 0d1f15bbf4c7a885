import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nudge } from "../../src/agents/sessions/nudge.ts";
import { startAgentSession } from "../../src/agents/sessions/start-session.ts";
import { type ModelReply, type ModelRequest, ModelServer } from "../support/model-server.ts";
import { PlainTown } from "../support/plain-town.ts";
import { waitFor } from "../support/wait-for.ts";
import { installCli } from "./install-cli.ts";

interface Cli {
  readonly name: string;
  readonly packageName: string;
  /** Settings of the runtime itself below its home, for a person's machine with a model on loopback. */
  readonly files: (url: string) => Readonly<Record<string, string>>;
  readonly env: (url: string) => Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Why the runtime does not run our hooks offline; the beacon then sends the agent to `gt prime`. */
  readonly hooksUnproven?: string;
}

const clis: readonly Cli[] = [
  {
    name: "codex",
    packageName: "@openai/codex",
    files: (url) => ({
      ".codex/config.toml": [
        'model = "gpt-5"',
        'model_provider = "local"',
        "check_for_update_on_startup = false",
        "[model_providers.local]",
        'name = "local"',
        `base_url = "${url}/v1"`,
        'wire_api = "responses"',
        'env_key = "OPENAI_API_KEY"',
      ].join("\n"),
    }),
    env: () => ({ OPENAI_API_KEY: "test-key" }),
  },
  {
    name: "gemini",
    packageName: "@google/gemini-cli",
    files: () => ({
      ".gemini/settings.json": JSON.stringify({
        security: { auth: { selectedType: "gemini-api-key" } },
        general: { disableAutoUpdate: true, disableUpdateNag: true },
        privacy: { usageStatisticsEnabled: false },
      }),
    }),
    env: (url) => ({
      GEMINI_API_KEY: "test-key",
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_CLI_NO_RELAUNCH: "true",
    }),
    hooksUnproven: "project hooks do not run with an API key in a folder that was never trusted by hand",
  },
  {
    name: "pi",
    packageName: "@mariozechner/pi-coding-agent",
    files: (url) => ({
      ".pi/agent/models.json": JSON.stringify({
        providers: {
          local: {
            baseUrl: `${url}/v1`,
            api: "openai-completions",
            apiKey: "test-key",
            models: [
              {
                id: "test",
                name: "test",
                reasoning: false,
                input: ["text"],
                cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
                contextWindow: 100_000,
                maxTokens: 4096,
              },
            ],
          },
        },
      }),
    }),
    env: () => ({ PI_OFFLINE: "1", PI_SKIP_VERSION_CHECK: "1" }),
    args: ["-e", "<hooks>/gastown-pi.ts", "--provider", "local", "--model", "test"],
  },
];

for (const cli of clis) {
  const wanted = process.env["GT_CONFORMANCE_CLI"];
  const bin = wanted === undefined || wanted === cli.name ? installCli(cli.name, cli.packageName) : undefined;
  describe.skipIf(bin === undefined)(cli.name, () => {
    let town: PlainTown;
    let server: ModelServer;
    let home: string;
    let answer: (request: ModelRequest) => ModelReply;

    beforeEach(async () => {
      // A runtime that first asks which model to take wants JSON.
      answer = (request) =>
        JSON.stringify(request.body["generationConfig"] ?? "").includes("application/json")
          ? { text: '{"reasoning":"simple","model_choice":"flash"}' }
          : { text: "done." };
      town = new PlainTown();
      server = await ModelServer.start((request) => answer(request));
      home = mkdtempSync(join(tmpdir(), `gt-${cli.name}-`));
      for (const [path, text] of Object.entries(cli.files(server.url))) {
        mkdirSync(dirname(join(home, path)), { recursive: true });
        writeFileSync(join(home, path), text);
      }
      town.write("settings/config.json", {
        default_agent: cli.name,
        agents: {
          [cli.name]: {
            command: join(bin ?? "", cli.name),
            ...(cli.args === undefined ? {} : { args: cli.args }),
            env: { HOME: home, XDG_CONFIG_HOME: join(home, ".config"), ...cli.env(server.url) },
          },
        },
      });
    });

    afterEach(async () => {
      await town.dispose();
      await server.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    });

    test("starts without a person, reads its work from our context, and takes a nudge once", async () => {
      const access = await town.access();
      const address = await town.polecat("toast");
      await access.ledger.write("overseer", [
        { op: "create", bead: { title: "Paint the bike shed", prefix: "gp" }, as: "bead" },
        { op: "hook", address, bead: "$bead" },
      ]);
      const host = await access.host();
      const told = async (error: Error) => {
        const record = await host.get("gp-toast");
        const screen = record?.phase === "exited" ? [] : (await host.screen("gp-toast")).lines;
        throw new Error(
          `${error.message}; phase ${record?.phase}\n${screen.join("\n").trimEnd()}\n${server.unknown.join("\n")}\n${server.requests.map((each) => each.format + " " + each.last.slice(0, 100)).join("\n")}`,
        );
      };
      await startAgentSession(access, { address, topic: "assigned:gp-1", bead: "gp-1" });
      const about = (text: string) => server.requests.filter((request) => request.text.includes(text));
      await waitFor(() => about("[GAS TOWN] polecat toast").length > 0, {
        timeoutMs: 45_000,
        what: "the beacon",
      }).catch(told);
      if (cli.hooksUnproven === undefined)
        await waitFor(() => about("Paint the bike shed").length > 0, {
          timeoutMs: 30_000,
          what: "prime",
        }).catch(told);
      await waitFor(async () => (await host.get("gp-toast"))?.phase === "idle", {
        timeoutMs: 60_000,
        what: "idle",
      }).catch(told);
      const report = await nudge(access, {
        to: "gp-toast",
        from: "mayor/",
        text: "look at the fence",
        mode: "wait-idle",
        waitMs: 30_000,
      });
      expect(report.state).toMatch(/acknowledged|typed/);
      await waitFor(() => server.requests.some((request) => request.last.includes("look at the fence")), {
        timeoutMs: 30_000,
        what: "the nudge",
      }).catch(told);
      const last = server.requests.findLast((request) => request.last.includes("look at the fence"));
      expect(last?.last.match(/look at the fence/g)).toHaveLength(1);
    });
  });
}
