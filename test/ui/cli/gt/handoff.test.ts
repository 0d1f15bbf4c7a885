import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../../src/agents/lifecycle/agent-session.ts";
import { addCrew, startCrew } from "../../../../src/agents/lifecycle/crew.ts";
import { saveCheckpoint } from "../../../../src/agents/lifecycle/checkpoint.ts";
import { handoff } from "../../../../src/agents/lifecycle/handoff.ts";
import type { TownAccess } from "../../../../src/agents/town-access.ts";
import { git } from "../../../support/scratch-repository.ts";
import { type CliResult, runGt } from "../../../support/run-cli.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { WorkTown } from "../../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;
let path: string;
const address = "web/crew/sam";

beforeEach(async () => {
  town = await WorkTown.create();
  const args = ["-c", "printf '❯ '; sleep 1000"];
  const idle = { provider: "generic", command: "sh", args, prompt_mode: "none", ready_prompt: "❯" };
  town.write("settings/config.json", { default_agent: "idler", agents: { idler: idle, other: idle } });
  access = await town.access();
  ({ path } = await addCrew(access, town.rig(), "sam", { ownBranch: true }));
  await startCrew(access, address);
});
afterEach(() => town.dispose());

const session = async () => (await liveSession(access, address))?.runId ?? "";
const inside = async (args: readonly string[], input = ""): Promise<CliResult> =>
  runGt(args, {
    cwd: path,
    input,
    env: { GT_ROLE: address, GT_SESSION: "web-crew-sam", GT_RUN: await session(), GT_NO_DAEMON: "1" },
  });
const successorOf = async (run: string): Promise<string> =>
  waitFor(async () => ((await session()) === run ? undefined : (await session()) || undefined), {
    ...{ timeoutMs: 60_000, what: "the successor" },
  });
const snapshots = (): string => git(path, "for-each-ref", "--format=%(refname)", "refs/gt/hooks/crew/sam/");

test("a crew member with unsaved work hands itself off: files stay, the successor knows both texts, and once", async () => {
  writeFileSync(join(path, "draft.txt"), "half a refactoring");
  const before = await liveSession(access, address);
  const result = await inside(["handoff", "-s", "mid refactor", "-m", "next: tests", "-y"]);
  expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining("1 uncommitted file") });
  await successorOf(before?.runId ?? "");
  const after = await liveSession(access, address);
  expect(after).toMatchObject({ session: before?.session, agent: before?.agent });
  expect(after?.pid).not.toBe(before?.pid);
  expect(readFileSync(join(path, "draft.txt"), "utf8")).toBe("half a refactoring");
  expect(snapshots()).not.toBe("");
  const first = (await inside(["prime", "--hook"], '{"session_id":"new","source":"startup"}')).stdout;
  expect(first).toContain("mid refactor");
  expect(first).toContain("> next: tests");
  expect(first.match(/Do not hand off again/g)).toHaveLength(1);
  const second = (await inside(["prime"])).stdout;
  expect(second).not.toContain("Do not hand off again");
  expect(second).toContain("> next: tests");
  await handoff(access, { address, subject: "another one" });
  expect((await inside(["prime"])).stdout).not.toContain("next: tests");
});

test("another runtime, a bead first, or the end of the session: as asked, and refused when it makes no sense", async () => {
  const run = await session();
  expect(await inside(["handoff", "--agent", "nope", "-y"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("agent 'nope' not found"),
  });
  expect(await inside(["handoff", "--auto", "--cycle"])).toMatchObject({ code: 2 });
  expect(await inside(["handoff", "web-nope"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("bead 'web-nope' not found"),
  });
  const bead = await town.bead(access, "Review the parser");
  const plan = await inside(["handoff", bead.id, "-n"]);
  expect(plan.stdout).toContain(`would hook ${bead.id}`);
  expect((await access.ledger.agent(address))?.hookBead).toBe("");
  expect(await session()).toBe(run);

  expect(await inside(["handoff", bead.id, "--agent", "other", "-c", "-y"])).toMatchObject({ code: 0 });
  await successorOf(run);
  expect(await liveSession(access, address)).toMatchObject({ agent: "other", bead: bead.id });
  const primed = (await inside(["prime"])).stdout;
  expect(primed).toContain(`🪝 HOOKED: ${bead.id}`);
  expect(primed).toContain("> - branch crew/sam");

  expect(await town.gt(["handoff", address, "--stop", "-m", "tomorrow", "-y"])).toMatchObject({ code: 0 });
  expect(await liveSession(access, address)).toBeUndefined();
  expect(await access.ledger.agent(address)).toMatchObject({
    // 04 §1.3: whoever has work is working.
    ...{ state: "working", hookBead: bead.id },
  });
  await startCrew(access, address);
  expect((await inside(["prime"])).stdout).toContain("> tomorrow");
});

test("before a compaction the work is kept; a crew member gets a fresh conversation, once in a while", async () => {
  writeFileSync(join(path, "draft.txt"), "half a refactoring");
  const compact = () => inside(["tap", "hook", "pre-compact", "--provider", "claude"], '{"session_id":"a"}');
  const run = await session();
  expect(await compact()).toMatchObject({ code: 0, stdout: "" });
  const successor = await successorOf(run);
  expect(snapshots()).not.toBe("");
  const primed = (await inside(["prime"])).stdout;
  expect(primed).toContain("> - changed: draft.txt");
  expect(await inside(["handoff", "--cycle", "--reason", "compaction"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("the session goes on"),
  });
  expect(await session()).toBe(successor);
  expect((await access.ledger.row("checkpoints", address))?.value).toMatchObject({
    ...{ reason: "compaction", modified: ["draft.txt"], branch: "crew/sam" },
  });
  expect((await inside(["prime", "--section", "checkpoint"])).stdout).toContain("Modified then: draft.txt");
});

test("a checkpoint keeps the agent's own words for the next session, until it is cleared", async () => {
  expect(await inside(["checkpoint", "read", "--json"])).toMatchObject({ code: 0 });
  writeFileSync(join(path, "draft.txt"), "half");
  const written = await inside(["checkpoint", "write", "--notes", "login page fails", "--step", "web-1.2"]);
  expect(written, written.stderr).toMatchObject({ code: 0 });
  // The facts are written anew; what the agent has said stays.
  await saveCheckpoint(access, address, { reason: "the session ended", run: "r" });
  expect((await inside(["checkpoint", "read", "--json"])).json()).toMatchObject({
    ...{ molecule_id: null, current_step: "web-1.2", modified_files: ["draft.txt"], hooked_bead: "" },
    ...{ branch: "crew/sam", session_id: "r", notes: "login page fails", timestamp: expect.any(String) },
  });
  expect((await inside(["checkpoint", "read"])).stdout).toContain("notes:       login page fails");
  expect((await inside(["prime"])).stdout).toContain("You noted: login page fails");
  expect(await inside(["checkpoint", "clear"])).toMatchObject({ code: 0 });
  expect((await inside(["checkpoint", "read"])).stdout).toBe("no checkpoint\n");
  const overseer = await runGt(["checkpoint", "write"], { cwd: town.root, env: { GT_NO_DAEMON: "1" } });
  expect(overseer).toMatchObject({ code: 1, stderr: expect.stringContaining("only polecats and crew") });
});

test("a note that cannot be kept keeps the old session", async () => {
  const run = await session();
  const ledger = new Proxy(access.ledger, {
    get: (target, name) =>
      name === "write"
        ? (actor: string, operations: readonly { readonly op: string; readonly table?: string }[]) =>
            operations.some(({ table }) => table === "handoffs")
              ? Promise.reject(new Error("disk full"))
              : target.write(actor, operations as never)
        : Reflect.get(target, name).bind(target),
  });
  await expect(handoff({ ...access, ledger }, { address })).rejects.toThrow(
    "handoff note failed to persist: disk full",
  );
  expect(await session()).toBe(run);
  expect(await access.ledger.rows("operations")).toEqual([]);
});
