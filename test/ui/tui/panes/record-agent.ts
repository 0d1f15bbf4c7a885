import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { openPty } from "../../../../src/agents/sessions/pty.ts";
import {
  type AgentHome,
  copilotHome,
  geminiHome,
  opencodeHome,
  piHome,
} from "../../../conformance/agent-homes.ts";
import { claudeEnv, claudeFiles } from "../../../conformance/claude-home.ts";
import { install, installedCli } from "../../../conformance/install-cli.ts";
import type { CliName } from "../../../conformance/packages.ts";
import { ModelServer } from "../../../support/model-server.ts";
import { cleanEnvironment } from "../../../support/terminal.ts";
import { recordedSize, recordings } from "./recording.ts";

/**
 * Records what real agent CLIs write to their terminal in a short conversation with a model on loopback, for
 * pane-fidelity.test.ts. Usage: node test/ui/tui/panes/record-agent.ts [claude|codex|gemini|...]
 */
const reply = {
  text: [
    "# A plan 🗺\n\nHere is **bold**, *italic*, `code` and 漢字 with e\u0301.\n\n- one\n- two 👩‍👩‍👧\n",
    "```ts\nexport const login = async (user: string) => fetch('/api/' + user);\n```\n",
    "| file | state |\n| --- | --- |\n| src/a.ts | ✓ done |\n| src/b.ts | … open |\n",
  ].join("\n"),
};

const mostBytes = 100_000;

/** Short and always the same: it shows on the screen. */
const project = "/tmp/project";

const clis = {
  claude: { files: claudeFiles, env: claudeEnv },
  codex: {
    files: (url: string) => ({
      ".codex/config.toml": [
        'model = "gpt-5"\nmodel_provider = "local"\ncheck_for_update_on_startup = false',
        "[analytics]\nenabled = false\n[model_providers.local]",
        `name = "local"\nbase_url = "${url}/v1"\nwire_api = "responses"\nenv_key = "OPENAI_API_KEY"`,
      ].join("\n"),
    }),
    env: () => ({ OPENAI_API_KEY: "test-key" }),
  },
  gemini: {
    // It restarts when it is told there that the folder may be trusted.
    files: (url: string) => ({
      ...geminiHome.files(url),
      ".gemini/trustedFolders.json": JSON.stringify({ [project]: "TRUST_FOLDER" }),
    }),
    env: geminiHome.env,
  },
  opencode: opencodeHome,
  copilot: copilotHome,
  pi: piHome,
} satisfies Readonly<Partial<Record<CliName, AgentHome>>>;

const wanted = process.argv.slice(2);
for (const name of Object.keys(clis) as readonly (keyof typeof clis)[])
  if (wanted.length === 0 || wanted.includes(name)) await record(name, clis[name]);

async function record(name: CliName, cli: AgentHome): Promise<void> {
  await install(name, new AbortController().signal);
  const found = await installedCli(name);
  if ("missing" in found) throw new Error(found.missing);
  // Gemini asks first which model to take.
  const server = await ModelServer.start(({ tools }) =>
    name === "gemini" && tools.length === 0
      ? { text: '{"reasoning":"simple","model_choice":"flash"}' }
      : reply,
  );
  const home = mkdtempSync("/tmp/rec-");
  if (existsSync(project)) throw new Error(`${project} is there already`);
  mkdirSync(project);
  for (const [path, text] of Object.entries(cli.files(server.url))) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  const pieces: Uint8Array[] = [];
  const ended = Promise.withResolvers<void>();
  let isEnded = false;
  const pty = openPty({
    argv: [found.program],
    ...recordedSize,
    cwd: project,
    env: { ...cleanEnvironment({ HOME: home, COLORTERM: "truecolor" }), ...cli.env(server.url) },
    onData: (bytes) => {
      pieces.push(Buffer.from(bytes));
      // Some ask the terminal where the cursor is, and wait for the answer.
      if (Buffer.from(bytes).includes("\u001b[6n")) pty.write("\u001b[1;1R");
    },
    onExit: () => {
      isEnded = true;
      ended.resolve();
    },
  });
  // Enter answers what it asks at its first start; Enter again when nothing is asked does nothing.
  for (const [text, seconds] of [
    ["", 20],
    ["\r", 5],
    ["\r", 5],
    ["Make a plan 漢字 😺", 3],
    ["\r", 25],
    ["/", 4],
    ["\u001b", 2],
  ] as const) {
    pty.write(text);
    await pause(seconds * 1000);
  }
  if (isEnded) throw new Error(`${name} ended by itself:\n${Buffer.concat(pieces).toString("utf8")}`);
  process.kill(pty.pid, "SIGKILL");
  await ended.promise;
  await server.close();
  rmSync(home, { recursive: true, force: true });
  rmSync(project, { recursive: true, force: true });
  mkdirSync(recordings, { recursive: true });
  // Some redraw all they show many times a second while they wait.
  const bytes = Buffer.concat(pieces).subarray(0, mostBytes);
  writeFileSync(join(recordings, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  process.stdout.write(`${name} ${found.version}: ${bytes.length} bytes\n`);
}
