import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import type { Files } from "../../support/scratch-repository.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

/** What a fake CLI was started with. */
interface Said {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

let town: WorkTown;
let access: TownAccess;
const path = process.env["PATH"] ?? "";

beforeEach(async () => {
  town = await WorkTown.create();
  access = await town.access();
  process.env["PATH"] = `${join(town.root, "bin")}${delimiter}${path}`;
});
afterEach(async () => {
  process.env["PATH"] = path;
  await town.dispose();
});

/** A CLI of that name which writes down how it was called and what it is told, and then waits at its prompt. */
function fakeCli(name: string, prompt: string): void {
  const program = `#!/usr/bin/env node
const fs = require("fs");
fs.writeFileSync(${JSON.stringify(join(town.root, `${name}.json`))}, JSON.stringify({ argv: process.argv.slice(2), env: process.env }));
process.stdin.setRawMode?.(true);
process.stdin.on("data", (data) => fs.appendFileSync(${JSON.stringify(join(town.root, `${name}.typed`))}, data));
process.stdout.write("${prompt} ");
`;
  const file = join(town.root, "bin", name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, program);
  chmodSync(file, 0o755);
}

/** Files that the project has in its repository. */
function track(files: Files): void {
  const { repository, reference } = town.rig();
  commit(reference, "project files", files);
  git(reference, "push", "--quiet", "origin", "HEAD:main");
  git(repository, "fetch", "--quiet", "origin");
}

async function slung(agent?: string): Promise<{ readonly address: string; readonly bead: string }> {
  const { id } = await town.bead(access, "Fix login");
  const options = agent === undefined ? {} : { agent };
  const { dispatched } = await sling(access, { words: [id, "web"], options });
  return { address: dispatched[0]?.agent ?? "", bead: id };
}

const said = async (name: string): Promise<Said> =>
  waitFor(
    () => {
      const file = join(town.root, `${name}.json`);
      const text = existsSync(file) ? readFileSync(file, "utf8") : "";
      return text.endsWith("}") ? (JSON.parse(text) as Said) : undefined;
    },
    { timeoutMs: 60_000, what: `${name} to start` },
  );

test("a rig's runtime block decides over arguments and prompt: nothing on the command line, the words are typed", async () => {
  fakeCli("codex", "›");
  town.write("web/settings/config.json", {
    ...{ type: "rig-settings", version: 1 },
    runtime: { provider: "codex", command: "codex", args: [], prompt_mode: "none" },
  });
  // A plugin may put something around every agent of a rig.
  town.write(
    "web/plugins/boxed/plugin.md",
    '+++\nname = "boxed"\ndescription = "A box"\n[execution]\ntype = "exec-wrapper"\n+++\n',
  );
  town.write("web/plugins/boxed/run.sh", 'export BOXED="$GT_ROLE"\nexec "$@"\n');
  const { address, bead } = await slung();
  const { argv, env } = await said("codex");
  expect(env["BOXED"]).toBe(address);
  expect(argv).toEqual([]);
  expect(env["GT_AGENT"]).toBe("codex");
  const typed = await waitFor(
    () => {
      const file = join(town.root, "codex.typed");
      const text = existsSync(file) ? readFileSync(file, "utf8") : "";
      return text.includes("[GAS TOWN]") ? text : undefined;
    },
    { timeoutMs: 60_000, what: "the first words" },
  );
  expect(typed).toContain(`assigned:${bead}`);
  expect(await liveSession(access, address)).toMatchObject({ agent: "codex", bead });
});

test("an older program that does not know a flag of ours is started without it, and told what hooks would have said", async () => {
  fakeCli("codex", "›");
  const file = join(town.root, "bin", "codex");
  const flag = "--dangerously-bypass-hook-trust";
  const refuses = `if (process.argv.includes("${flag}")) { console.error("error: unexpected argument '${flag}' found"); process.exit(2); }`;
  writeFileSync(file, readFileSync(file, "utf8").replace("\nconst fs", `\n${refuses}\nconst fs`));
  const { address } = await slung("codex");
  const { argv } = await said("codex");
  expect(argv).toContain("--dangerously-bypass-approvals-and-sandbox");
  expect(argv).not.toContain(flag);
  expect(argv.at(-1)).toContain("Run `gt prime` now");
  expect(await liveSession(access, address)).toMatchObject({ agent: "codex" });
});

test("claude gets its settings and a conversation id of ours, and the worktree stays as it is", async () => {
  fakeCli("claude", "❯");
  const { address } = await slung("claude");
  const { argv } = await said("claude");
  const settings = join(town.root, "web/polecats/.claude/settings.json");
  expect(argv.slice(argv.indexOf("--settings"), argv.indexOf("--settings") + 2)).toEqual([
    "--settings",
    settings,
  ]);
  const id = argv[argv.indexOf("--session-id") + 1];
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect((await access.ledger.agent(address))?.sessionId).toBe(id);
  expect(Object.keys(JSON.parse(readFileSync(settings, "utf8")).hooks)).toHaveLength(6);
  const worktree = join(town.root, address, "web");
  expect(existsSync(join(worktree, ".claude"))).toBe(false);
  expect(git(worktree, "status", "--porcelain")).toBe("");
});

test("a hooks file of the project is left alone, and the runtime finds ours elsewhere", async () => {
  fakeCli("gemini", ">");
  track({ ".gemini/settings.json": '{ "theme": "dark" }\n' });
  const { address } = await slung("gemini");
  const { env } = await said("gemini");
  expect(readFileSync(join(town.root, address, "web/.gemini/settings.json"), "utf8")).toBe(
    '{ "theme": "dark" }\n',
  );
  const own = env["GEMINI_CLI_SYSTEM_DEFAULTS_PATH"] ?? "";
  expect(readFileSync(own, "utf8")).toContain("tap hook session-start --provider gemini");
  const { stdout } = await town.gt(["hooks", "list"], { PATH: process.env["PATH"] ?? "" });
  expect(stdout).toMatch(/gemini +tracked/);
});

test("what cannot be started undoes the sling: a broken hooks file, an unknown agent, a program that is not there", async () => {
  fakeCli("cursor-agent", ">");
  town.write("web/settings/config.json", {
    ...{ type: "rig-settings", version: 1 },
    agents: { gone: { provider: "generic", command: "no-such-program" } },
  });
  const { id } = await town.bead(access, "Fix login");
  const attempt = (agent: string) => sling(access, { words: [id, "web"], options: { agent } });
  const setup = join(town.rig().runtime, "setup-hooks", "half-written");
  mkdirSync(dirname(setup), { recursive: true });
  writeFileSync(setup, "#!/bin/sh\nmkdir -p .cursor && printf '{ broken' > .cursor/hooks.json\n", {
    mode: 0o755,
  });
  await expect(attempt("cursor")).rejects.toMatchObject({
    message: expect.stringMatching(/hooks file .*\.cursor\/hooks\.json is not valid JSON/),
  });
  await expect(attempt("nope")).rejects.toMatchObject({
    message: expect.stringContaining("agent 'nope' not found"),
  });
  await expect(attempt("gone")).rejects.toMatchObject({ code: "E_AGENT_COMMAND" });
  expect(await access.ledger.get(id)).toMatchObject({ status: "open", assignee: "" });
  const host = await access.host();
  expect((await host.list()).filter(({ phase }) => phase !== "exited")).toEqual([]);
});
