import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { requireScript, scriptOf, scriptTimeoutMs } from "../../../src/agents/lifecycle/bead-script.ts";
import { runShellBead } from "../../../src/agents/lifecycle/shell-run.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import type { Agent } from "../../../src/core/ledger/bead.ts";
import { beadOf } from "../../support/bead-of.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  town = await WorkTown.create();
  access = await town.access();
});
afterEach(() => town.dispose());

async function slung(
  script: string,
  fields: Record<string, unknown> = {},
): Promise<{ address: string; bead: string }> {
  const bead = await town.bead(access, "Work", script, fields);
  const { dispatched } = await sling(access, { words: [bead.id, "web"], options: {} });
  return { address: dispatched[0]?.agent ?? "", bead: bead.id };
}

const inState = (address: string, state: Agent["state"]): Promise<Agent> =>
  waitFor(
    async () => {
      const agent = await access.ledger.agent(address);
      return agent?.state === state ? agent : undefined;
    },
    { timeoutMs: 50_000, what: `${address} to be ${state}` },
  );

test("the script has a terminal, its own identity, and takes what a person types", async () => {
  const { address, bead } = await slung(
    'test -t 0; read -r answer; echo "$GT_ROLE $GT_BEAD $answer" > answer.txt',
    { title: "- $(touch pwned)\n\n\u001b[2JSigned-off-by: nobody" },
  );
  const session = await waitFor(() => liveSession(access, address));
  const host = await access.host({ start: false });
  await host.write(session.session, "yes\r");
  const agent = await inState(address, "idle");
  const mr = await access.ledger.get(agent.mrId);
  const { commit_sha: head } = (mr?.metadata["mr"] ?? {}) as { commit_sha?: string };
  expect(town.git("web", "show", `${head}:answer.txt`)).toMatch(new RegExp(`^${address} web-\\w+ yes$`));
  expect(town.git("web", "log", "-1", "--format=%B", head ?? "").trimEnd()).toBe(
    `- $(touch pwned) Signed-off-by: nobody (${bead})`,
  );
  expect(town.git("web", "ls-tree", "-r", "--name-only", head ?? "").split("\n")).toEqual([
    ...[".gitignore", "README.md", "answer.txt"],
  ]);
  expect(await access.ledger.get(bead)).toMatchObject({ status: "in_progress" });
});

test("a script that fails tells its last lines, and a person is asked", async () => {
  const long = "x".repeat(200);
  const { address, bead } = await slung(
    `for n in $(seq 60); do echo "$n ${long}"; done\nprintf 'the disk is on fire'\nfalse | true\necho not reached`,
  );
  await inState(address, "stuck");
  const comments = (await access.ledger.comments(bead)).map((comment) => comment.text);
  const lines = Array.from({ length: 39 }, (_, index) => `${index + 22} ${long}`);
  expect(comments[0]).toBe(["exit 1; last lines of output:", "", ...lines, "the disk is on fire"].join("\n"));
  expect(comments).toContain("exit 1");
  expect(await access.ledger.get(bead)).toMatchObject({ status: "blocked" });
  const [escalation] = await access.ledger.find({ type: "escalation" });
  expect(escalation).toMatchObject({ status: "open", description: expect.stringContaining("exit 1") });
});

test("a script that runs too long is ended with all it started, and help is called", async () => {
  const orphan = "(setsid bash -c 'echo $$ > orphan.pid; exec sleep 1000' &)";
  const { address, bead } = await slung(`sleep 1000 & echo $! > child.pid; ${orphan}; sleep 1000`, {
    metadata: { timeout: "2s" },
  });
  await inState(address, "stuck");
  expect((await access.ledger.comments(bead)).map((comment) => comment.text)).toContain("exit 124");
  for (const name of ["child.pid", "orphan.pid"]) {
    const pid = Number(readFileSync(join(town.root, address, "web", name), "utf8"));
    await waitFor(() => !isAlive(pid), { timeoutMs: 15_000, what: `${name} to be gone` });
  }
});

test("ending the session from outside says nothing about the work: it stays on the hook", async () => {
  const { address, bead } = await slung("echo half > half.txt; sleep 1000");
  const session = await waitFor(() => liveSession(access, address));
  const host = await access.host({ start: false });
  await host.stop(session.session, { reason: "stopped" });
  expect(await access.ledger.agent(address)).toMatchObject({
    state: "working",
    hookBead: bead,
    exitType: "",
  });
  expect(await access.ledger.get(bead)).toMatchObject({ assignee: address, labels: [] });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("a session that starts after its bead was taken off the hook leaves it alone", async () => {
  const address = "web/polecats/nux";
  const bead = await town.bead(access, "Gone", "touch done.txt");
  const agent = { id: "web-polecat-nux", address, role: "polecat", rig: "web", name: "nux" } as const;
  await access.ledger.write("overseer", [{ op: "ensureAgent", agent: { ...agent, state: "idle" } }]);
  const late = runShellBead(await town.access(address), bead.id, { name: "web-nux" });
  expect(await late).toEqual({ code: 0, done: undefined });
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: "open", assignee: "" });
});

test("a script that has asked for help by itself hands nothing in, and its session just ends", async () => {
  const address = "web/polecats/nux";
  const bead = await town.bead(access, "Help", "exit 0");
  const agent = { id: "web-polecat-nux", address, role: "polecat", rig: "web", name: "nux" } as const;
  await access.ledger.write("overseer", [
    { op: "ensureAgent", agent: { ...agent, state: "working" } },
    { op: "hook", address, bead: bead.id },
    { op: "setAgent", address, fields: { state: "stuck", hookState: "suspended" } },
  ]);
  mkdirSync(join(town.root, address, "web"), { recursive: true });
  const run = runShellBead(await town.access(address), bead.id, { name: "web-nux" });
  expect(await run).toEqual({ code: 0, done: undefined });
  expect(await access.ledger.agent(address)).toMatchObject({ state: "stuck", hookBead: bead.id });
});

test("the script is the field, else the first shell block of the description", () => {
  const block = "Text\n\n```js\nnot this\n```\n\n````sh\necho '```'\n````\n```bash\nnor this\n```";
  expect(scriptOf(beadOf({ id: "web-a", description: block }))).toBe("echo '```'\n");
  expect(scriptOf(beadOf({ id: "web-a", description: block, metadata: { script: "make" } }))).toBe("make");
  expect(() => requireScript(beadOf({ id: "web-a", description: "```sh\n```" }))).toThrow(
    expect.objectContaining({ code: "E_NO_SCRIPT" }),
  );
  expect(scriptTimeoutMs(beadOf({ id: "web-a", metadata: { timeout: "90s" } }))).toBe(90_000);
  expect(scriptTimeoutMs(beadOf({ id: "web-a" }))).toBe(30 * 60_000);
});
