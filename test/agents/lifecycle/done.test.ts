import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { lastCheckpoint, saveCheckpoint } from "../../../src/agents/lifecycle/checkpoint.ts";
import { done } from "../../../src/agents/lifecycle/done.ts";
import { recoverOperations } from "../../../src/agents/lifecycle/recover-operations.ts";
import { resumeHook } from "../../../src/agents/lifecycle/suspend-hook.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { SlingOptions } from "../../../src/agents/lifecycle/sling-request.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import type { Agent, Bead } from "../../../src/core/ledger/bead.ts";
import type { NewBead, Operation } from "../../../src/core/ledger/operation.ts";
import { submission } from "../../../src/core/merge/submit.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { openTown } from "../../../src/core/town/open-town.ts";
import { parseProtocol } from "../../../src/core/mail/protocol.ts";
import { escalationOf } from "../../../src/core/escalation/escalation.ts";
import { raising } from "../../../src/core/escalation/raise.ts";
import { inbox } from "../../../src/core/mail/mailbox.ts";
import { pretendGitHub } from "../../support/pretended-github.ts";
import { cliEnv } from "../../support/run-cli.ts";
import { commit, git, scratchOrigin } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  town = await WorkTown.create();
  access = await town.access();
});
afterEach(() => town.dispose());

/** A polecat that waits in its session while the test does its work for it. */
async function atWork(
  options: SlingOptions = {},
  script = "sleep 1000",
  fields: Partial<NewBead> = {},
): Promise<{
  readonly bead: Bead;
  readonly agent: Agent;
  readonly worktree: string;
  readonly polecat: TownAccess;
}> {
  const bead = await town.bead(access, "Fix login", script, fields);
  const { dispatched } = await sling(access, { words: [bead.id, "web"], options });
  const address = dispatched[0]?.agent ?? "";
  const agent = await access.ledger.agent(address);
  if (agent === undefined) throw new Error("no polecat");
  return { bead, agent, worktree: join(town.root, address, "web"), polecat: { ...access, actor: address } };
}

const agentNow = async (agent: Agent): Promise<Agent | undefined> => access.ledger.agent(agent.address);
const heads = (rig = "web"): string =>
  git(town.origin(rig), "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads/");

/** A search path with git and node on it and nothing else. */
function pathWithout(program: string, root: string): string {
  const bin = join(root, `without-${program}`);
  mkdirSync(bin);
  for (const name of ["git", "node"]) {
    const found = process.env["PATH"]?.split(":").find((place) => existsSync(join(place, name)));
    symlinkSync(join(found ?? "", name), join(bin, name));
  }
  return bin;
}

/** Structured messages to roles that run as code. */
const protocol = async () =>
  (await readEvents(town.town.paths.events, {}))
    .filter(({ type }) => type === "protocol")
    .map(({ payload }) => payload);

test("a script's work is committed, pushed, submitted, and the polecat is idle on a clean, detached sandbox", async () => {
  const bead = await town.bead(access, "Add a file", "echo hello > hello.txt");
  const { dispatched } = await sling(access, { words: [bead.id, "web"], options: {} });
  const address = dispatched[0]?.agent ?? "";
  const agent = await waitFor(
    async () => {
      const now = await access.ledger.agent(address);
      return now?.state === "idle" ? now : undefined;
    },
    { timeoutMs: 40_000, what: "the polecat to be idle" },
  );
  expect(agent).toMatchObject({
    ...{ hookBead: "", hookState: "completed", exitType: "COMPLETED", activeMr: agent.mrId },
  });
  const now = await access.ledger.get(bead.id);
  expect(now).toMatchObject({
    status: "in_progress",
    assignee: address,
    metadata: { awaiting_merge: agent.mrId },
  });
  const mr = await access.ledger.get(agent.mrId);
  expect(mr).toMatchObject({
    ...{ status: "open", type: "merge-request", title: `Merge: ${bead.id}`, ephemeral: true, priority: 2 },
    labels: ["gt:merge-request"],
    metadata: {
      mr: {
        ...{
          branch: dispatched[0]?.branch,
          target: "main",
          source_issue: bead.id,
          rig: "web",
          phase: "ready",
        },
        ...{ worker: agent.name, agent_bead: agent.id, convoy_id: dispatched[0]?.convoy?.id, retry_count: 0 },
      },
    },
  });
  expect((await access.ledger.comments(bead.id)).map(({ text }) => text)).toEqual([`MR created: ${mr?.id}`]);
  const { commit_sha: head } = (mr?.metadata["mr"] ?? {}) as { commit_sha?: string };
  expect(heads()).toContain(`${dispatched[0]?.branch} ${head}`);
  expect(git(town.origin("web"), "show", `${head}:hello.txt`)).toBe("hello");
  expect(git(town.origin("web"), "log", "-1", "--format=%s|%an|%ae", `${head}`)).toBe(
    `Add a file (${bead.id})|${address}|ada@example.com`,
  );
  const worktree = join(town.root, address, "web");
  expect(git(worktree, "rev-parse", "HEAD")).toBe(git(worktree, "rev-parse", "origin/main"));
  expect(git(worktree, "rev-parse", "--abbrev-ref", "HEAD")).toBe("HEAD");
  expect(git(worktree, "status", "--porcelain")).toBe("");
  expect(await access.ledger.rows("operations")).toEqual([]);
  const name = agent.name;
  expect(await protocol()).toEqual([
    {
      ...{ from: address, to: "web/witness", subject: `POLECAT_DONE ${name}`, rig: "web" },
      fields: {
        ...{ Exit: "COMPLETED", Issue: bead.id, MR: agent.mrId, Branch: agent.branch },
        ConvoyID: dispatched[0]?.convoy?.id,
      },
    },
    {
      ...{ from: address, to: "web/refinery", subject: `MERGE_READY ${name}`, rig: "web" },
      fields: { Branch: agent.branch, Polecat: name, Rig: "web", Issue: bead.id, MR: agent.mrId },
    },
  ]);
  const hook = (await readEvents(town.town.paths.events, {})).findLast(({ type }) =>
    type.startsWith("hook_"),
  );
  expect(hook).toMatchObject({
    ...{ type: "hook_completed", visibility: "audit" },
    payload: { agent: address, bead: bead.id, seq: 1, reason: "COMPLETED", rig: "web" },
  });
});

test("a script that fails blocks the bead, keeps the branch, and calls for help", async () => {
  const bead = await town.bead(access, "Fail", "echo half > half.txt; echo the reason is here; exit 3");
  const { dispatched } = await sling(access, { words: [bead.id, "web"], options: {} });
  const address = dispatched[0]?.agent ?? "";
  const agent = await waitFor(
    async () => {
      const now = await access.ledger.agent(address);
      return now?.state === "stuck" ? now : undefined;
    },
    { timeoutMs: 40_000, what: "the polecat to be stuck" },
  );
  expect(agent).toMatchObject({ hookBead: bead.id, hookState: "suspended" });
  expect(await access.ledger.get(bead.id)).toMatchObject({
    status: "blocked",
    assignee: address,
    labels: expect.arrayContaining(["gt:escalated"]),
  });
  const comments = (await access.ledger.comments(bead.id)).map((comment) => comment.text).join("\n");
  expect(comments).toContain("exit 3");
  expect(comments).toContain("the reason is here");
  expect(await access.ledger.find({ type: "escalation" })).toEqual([
    expect.objectContaining({
      metadata: { escalation: expect.objectContaining({ severity: "high", related_bead: bead.id }) },
    }),
  ]);
  expect(heads()).toContain(dispatched[0]?.branch ?? "?");
  await expect(done({ ...access, actor: address }, { exit: "COMPLETED" })).rejects.toMatchObject({
    ...{ code: "E_STATE", hint: `gt hook resume ${address}` },
  });
  // A stuck polecat is not reused.
  const next = await town.bead(access, "Next", "sleep 1000");
  const again = await sling(access, { words: [next.id, "web"], options: {} });
  expect(again.dispatched[0]?.agent).not.toBe(address);
  // Nor removed, and a person who has helped lets it go on.
  await town.gt(["polecat", "stale", "web", "--threshold", "0", "--cleanup"]);
  expect(await agentNow(agent)).toMatchObject({ state: "stuck", hookBead: bead.id });
  expect(readFileSync(join(town.root, address, "web", "half.txt"), "utf8")).toBe("half\n");
  const ask = async (source: string) => {
    const wish = {
      title: source,
      reason: "",
      severity: "high",
      by: "daemon",
      source,
      same: "source",
    } as const;
    await access.ledger.write("daemon", (await raising(access, wish)).operations);
  };
  for (const source of [
    `witness:stuck:${address}`,
    `heartbeat:${address}`,
    "witness:stuck:web/polecats/other",
  ])
    await ask(source);
  const record = await resumeHook(access, address);
  expect(record).toMatchObject({ bead: bead.id });
  const asked = (await access.ledger.find({ type: "escalation" })).map(escalationOf);
  expect(
    asked.filter(({ state }) => state === "open").map(({ source }) => source),
    "06 §8.2",
  ).toEqual(["witness:stuck:web/polecats/other"]);
  expect(new Set(asked.map(({ closedReason }) => closedReason))).toEqual(
    new Set(["resumed by overseer", ""]),
  );
  const own = asked.find(({ source }) => source === `done:${bead.id}`);
  const [mail] = await access.ledger.find({ type: "message", labels: [`escalation:${own?.id}`] });
  expect(mail?.labels, "nobody needs to read of it any more").toContain("read");
  expect(await access.ledger.get(bead.id)).toMatchObject({
    status: "hooked",
    assignee: address,
    labels: expect.not.arrayContaining(["gt:escalated"]),
  });
});

describe("what cannot be handed in is refused and nothing is changed", () => {
  test("no commits", async () => {
    const { polecat, agent, bead } = await atWork();
    await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({ code: "E_NO_COMMITS" });
    await expect(done(polecat, { exit: "COMPLETED" })).rejects.not.toMatchObject({
      message: expect.stringContaining("cleanup-status"),
    });
    expect(await agentNow(agent)).toMatchObject({ state: "working", hookBead: bead.id });
  });

  test("the default branch", async () => {
    const { polecat, worktree } = await atWork();
    git(worktree, "checkout", "--quiet", "--ignore-other-worktrees", "main");
    commit(worktree, "work", { "a.txt": "a" });
    await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({ code: "E_DEFAULT_BRANCH" });
  });

  test("in the middle of a merge", async () => {
    const { polecat, worktree } = await atWork();
    const base = git(worktree, "rev-parse", "HEAD");
    commit(worktree, "ours", { "README.md": "ours" });
    git(worktree, "checkout", "--quiet", "-b", "other", base);
    commit(worktree, "theirs", { "README.md": "theirs" });
    expect(() => git(worktree, "merge", "--quiet", "@{-1}")).toThrow();
    await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({ code: "E_MID_OPERATION" });
  });

  test("another bead than the hooked one", async () => {
    const { polecat } = await atWork();
    await expect(done(polecat, { exit: "COMPLETED", issue: "web-other" })).rejects.toMatchObject({
      code: "E_ISSUE_MISMATCH",
    });
  });

  test("as anybody but a polecat", async () => {
    await expect(done(access, { exit: "COMPLETED" })).rejects.toMatchObject({ code: "E_NOT_POLECAT" });
  });

  test("an origin that is away: the work stays on the hook, and goes through when it is back", async () => {
    const { polecat, agent, worktree, bead } = await atWork();
    commit(worktree, "work", { "a.txt": "a" });
    const away = `${town.origin("web")}.away`;
    renameSync(town.origin("web"), away);
    await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({ code: "E_PUSH" });
    expect(await agentNow(agent)).toMatchObject({ state: "working", hookBead: bead.id, pushFailed: true });
    await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({ code: "E_PUSH" });
    const told = await inbox(access.ledger, "mayor/");
    expect(told.map(({ subject }) => subject)).toEqual([`PUSH_FAILED ${agent.address}`]);
    const parsed = parseProtocol(told[0]?.subject ?? "", told[0]?.body ?? "");
    expect(parsed?.fields).toMatchObject({
      Branch: agent.branch,
      Issue: bead.id,
      Error: expect.stringContaining("cannot push"),
    });
    renameSync(away, town.origin("web"));
    const report = await done(polecat, { exit: "COMPLETED" });
    expect(report).toMatchObject({ push: "pushed", state: "idle", mr: expect.stringMatching(/^web-mr-/) });
  });
});

test("uncommitted work is kept whole and committed, but a deletion must be meant", async () => {
  const { polecat, worktree } = await atWork();
  commit(worktree, "work", { "keep.txt": "1", "gone.txt": "2" });
  writeFileSync(join(worktree, "keep.txt"), "changed");
  writeFileSync(join(worktree, "new.txt"), "new");
  rmSync(join(worktree, "gone.txt"));
  await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({
    code: "E_UNCOMMITTED",
    message: expect.stringContaining("gone.txt"),
  });
  const refs = town
    .git("web", "for-each-ref", "--format=%(refname) %(subject)", "refs/gt/hooks/")
    .split("\n");
  const snapshot = refs.find((line) => line.includes("pre-done"))?.split(" ")[0] ?? "";
  expect(town.git("web", "show", `${snapshot}:new.txt`)).toBe("new");
  expect(town.git("web", "ls-tree", "--name-only", snapshot)).not.toContain("gone.txt");
  expect(git(worktree, "show", "--stat", "--format=%s", "HEAD")).toMatch(/wip: auto-saved/);
  expect(git(worktree, "ls-tree", "--name-only", "HEAD").split("\n")).toEqual(
    expect.arrayContaining(["keep.txt", "new.txt", "gone.txt"]),
  );
  git(worktree, "rm", "--quiet", "gone.txt");
  const report = await done(polecat, { exit: "COMPLETED" });
  expect(git(town.origin("web"), "ls-tree", "--name-only", report.head)).not.toContain("gone.txt");
});

test("work in a submodule is committed there and goes to its own remote before the branch that names it", async () => {
  // git clones no submodule from a directory unless it is told that this is meant.
  vi.stubEnv("GIT_CONFIG_COUNT", "1");
  vi.stubEnv("GIT_CONFIG_KEY_0", "protocol.file.allow");
  vi.stubEnv("GIT_CONFIG_VALUE_0", "always");
  const library = scratchOrigin(join(town.root, ".origins/library.git"), { "lib.txt": "1" });
  const setUp = join(town.root, ".origins/set-up");
  git(town.root, "clone", "--quiet", town.origin("web"), setUp);
  git(setUp, "submodule", "--quiet", "add", library, "lib");
  commit(setUp, "With a library");
  git(setUp, "push", "--quiet", "origin", "main");
  town.git("web", "fetch", "--quiet", "origin");

  const { worktree, polecat } = await atWork();
  writeFileSync(join(worktree, "lib/lib.txt"), "2");
  renameSync(library, `${library}.away`);
  await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({
    code: "E_PUSH",
    message: expect.stringContaining("lib: "),
  });
  renameSync(`${library}.away`, library);
  const { branch } = await done(polecat, { exit: "COMPLETED" });
  const named = git(town.origin("web"), "rev-parse", `${branch}:lib`);
  expect(git(library, "rev-parse", branch)).toBe(named);
  expect(git(library, "show", `${named}:lib.txt`)).toBe("2");
  // The sandbox is clean for the next one.
  expect(readFileSync(join(worktree, "lib/lib.txt"), "utf8")).toBe("1");
  expect(git(worktree, "status", "--porcelain")).toBe("");
  vi.unstubAllEnvs();
});

test("files that we put into the sandbox never reach the branch", async () => {
  const { polecat, worktree } = await atWork();
  writeFileSync(join(worktree, "CLAUDE.local.md"), "ours");
  writeFileSync(join(worktree, "a.txt"), "a");
  git(worktree, "add", "--force", "CLAUDE.local.md", "a.txt");
  git(worktree, "commit", "--quiet", "-m", "all of it");
  const report = await done(polecat, { exit: "COMPLETED" });
  expect(git(town.origin("web"), "ls-tree", "--name-only", report.head).split("\n")).not.toContain(
    "CLAUDE.local.md",
  );
  expect(existsSync(join(worktree, "a.txt"))).toBe(false);
});

test("deferred work is anyone's again, and the next one begins where it ended", async () => {
  const { polecat, worktree, bead, agent } = await atWork();
  commit(worktree, "half", { "half.txt": "half" });
  const recovery = { respawns: 2, redispatches: 1, last_redispatch_at: 1, last_reason: "died" };
  await access.ledger.write("daemon", [{ op: "update", id: bead.id, fields: { metadata: { recovery } } }]);
  const report = await done(polecat, { exit: "DEFERRED", message: "needs an answer" });
  expect(report).toMatchObject({ state: "idle", mr: "", push: "pushed" });
  expect((await access.ledger.get(bead.id))?.metadata, "04 §9.3: failures are over").not.toHaveProperty(
    "recovery",
  );
  expect(await access.ledger.get(bead.id)).toMatchObject({
    status: "open",
    assignee: "",
    metadata: { prior_branch: agent.branch },
    notes: expect.stringContaining("needs an answer"),
  });
  const host = await access.host({ start: false });
  await host.stop("web-" + agent.name, { reason: "done" });
  const again = await sling(access, { words: [bead.id, "web"], options: {} });
  const next = join(town.root, again.dispatched[0]?.agent ?? "", "web");
  expect(git(next, "show", "HEAD:half.txt")).toBe("half");
});

describe("the strategies", () => {
  test("direct: the commit is on the target and the bead closed", async () => {
    const { polecat, worktree, bead } = await atWork({ merge: "direct" });
    const head = commit(worktree, "work", { "a.txt": "a" });
    const report = await done(polecat, { exit: "COMPLETED" });
    expect(report).toMatchObject({ strategy: "direct", mr: "" });
    expect(git(town.origin("web"), "rev-parse", "main")).toBe(head);
    expect(await access.ledger.get(bead.id)).toMatchObject({
      status: "closed",
      closeReason: "merged directly to main",
    });
  });

  test("direct with a target that moved: the queue takes it", async () => {
    const { polecat, worktree } = await atWork({ merge: "direct" });
    commit(worktree, "work", { "a.txt": "a" });
    const other = join(town.root, ".other");
    git(town.root, "clone", "--quiet", town.origin("web"), other);
    const moved = commit(other, "meanwhile", { "b.txt": "b" });
    git(other, "push", "--quiet", "origin", "main");
    const report = await done(polecat, { exit: "COMPLETED" });
    expect(report).toMatchObject({ strategy: "mr", mr: expect.stringMatching(/^web-mr-/) });
    expect(git(town.origin("web"), "rev-parse", "main")).toBe(moved);
  });

  test("local: nothing is pushed, the branch stays in the shared repository", async () => {
    const { polecat, worktree, bead, agent } = await atWork({ merge: "local" });
    const head = commit(worktree, "work", { "a.txt": "a" });
    const before = heads();
    await done(polecat, { exit: "COMPLETED" });
    expect(heads()).toBe(before);
    expect(town.git("web", "rev-parse", agent.branch)).toBe(head);
    expect(await access.ledger.get(bead.id)).toMatchObject({
      status: "in_progress",
      assignee: "",
      labels: ["gt:local-branch"],
    });
  });

  test("review only: closed, nothing pushed", async () => {
    const { polecat, bead, worktree, agent } = await atWork({ reviewOnly: true });
    const before = heads();
    const unexpected = commit(worktree, "not asked for", { "a.txt": "a" });
    const { warnings } = await done(polecat, { exit: "COMPLETED" });
    expect(heads()).toBe(before);
    const kept = `refs/gt/archive/polecats/${agent.name}/${agent.branch}`;
    expect(town.git("web", "rev-parse", kept)).toBe(unexpected);
    expect(warnings).toContainEqual(expect.stringContaining(kept));
    expect(await access.ledger.get(bead.id)).toMatchObject({ status: "closed" });
    expect(await mailToOverseer()).toEqual([`REVIEW_DONE: ${bead.id}`]);
  });

  test("no merge: the branch is pushed, nobody queues it, and whoever slung it is asked to look", async () => {
    const { polecat, worktree, bead, agent } = await atWork({ noMerge: true });
    const head = commit(worktree, "work", { "a.txt": "a" });
    expect(await done(polecat, { exit: "COMPLETED" })).toMatchObject({ mr: "" });
    expect(heads()).toContain(`${agent.branch} ${head}`);
    expect(await access.ledger.get(bead.id)).toMatchObject({
      status: "in_progress",
      assignee: "",
      labels: ["gt:needs-review"],
    });
    expect(await access.ledger.find({ type: "merge-request" })).toEqual([]);
    expect(await mailToOverseer()).toEqual([`READY_FOR_REVIEW: ${bead.id}`]);
  });

  test("pull request: one is opened, it is in the queue, and whoever slung it is told of its page", async () => {
    const github = pretendGitHub({ root: town.root, origin: town.origin("web") });
    const { polecat, worktree, bead, agent } = await atWork({ merge: "pr" });
    commit(worktree, "work", { "a.txt": "a" });
    const { mr } = await done(polecat, { exit: "COMPLETED" });
    expect(github.requests()).toEqual([
      expect.objectContaining({
        ...{ branch: agent.branch, baseRefName: "main", title: `Fix login (${bead.id})` },
        body: expect.stringMatching(/sleep 1000.* a\.txt \| 1 \+.*Issue: web-/s),
      }),
    ]);
    const url = "https://example.com/pull/1";
    expect(await access.ledger.get(mr)).toMatchObject({ metadata: { mr: { strategy: "pr", pr_url: url } } });
    expect(await access.ledger.get(bead.id)).toMatchObject({
      metadata: { awaiting_merge: mr, pr_url: url },
    });
    const [mail] = await inbox(access.ledger, "overseer");
    expect(mail).toMatchObject({
      subject: `READY_FOR_REVIEW: ${bead.id}`,
      body: expect.stringContaining(`PR: ${url}\n`),
    });
  });

  test("pull request without gh: the branch is pushed and queued for a person or the queue to open one", async () => {
    vi.stubEnv("PATH", pathWithout("gh", town.root));
    const { polecat, worktree, agent } = await atWork({ merge: "pr" });
    const head = commit(worktree, "work", { "a.txt": "a" });
    const { mr, warnings } = await done(polecat, { exit: "COMPLETED" });
    vi.unstubAllEnvs();
    expect(warnings).toEqual([expect.stringContaining(`no pull request was opened for ${agent.branch}`)]);
    expect(await access.ledger.get(mr)).toMatchObject({ metadata: { mr: { strategy: "pr" } } });
    expect(heads()).toContain(`${agent.branch} ${head}`);
  });

  test("no merge in a rig that reviews in pull requests: one is opened, and nothing is queued", async () => {
    pretendGitHub({ root: town.root, origin: town.origin("web") });
    town.write("web/settings/config.json", { merge_queue: { merge_strategy: "pr" } });
    const { polecat, worktree, bead } = await atWork({ noMerge: true });
    commit(worktree, "work", { "a.txt": "a" });
    expect(await done(polecat, { exit: "COMPLETED" })).toMatchObject({ mr: "", strategy: "no-merge" });
    expect(await access.ledger.get(bead.id)).toMatchObject({
      ...{ status: "in_progress", assignee: "", labels: ["gt:needs-review"] },
      metadata: { pr_url: "https://example.com/pull/1" },
    });
    expect(await access.ledger.find({ type: "merge-request" })).toEqual([]);
  });

  const mailToOverseer = async (): Promise<readonly string[]> =>
    (await inbox(access.ledger, "overseer")).map((message) => message.subject);
});

test("in a rig without a remote the shared repository has branch and target", async () => {
  for (const file of ["mayor/rigs.json", "web/config.json"])
    town.write(file, readFileSync(join(town.root, file), "utf8").replaceAll(town.origin("web"), ""));
  town.git("web", "remote", "remove", "origin");
  access = { ...access, town: openTown(town.root, { env: {} }) };
  const late = await atWork({ merge: "direct" });
  const head = commit(late.worktree, "work", { "a.txt": "a" });
  const direct = await atWork({ merge: "direct" });
  const landed = commit(direct.worktree, "work", { "b.txt": "b" });
  expect(await done(direct.polecat, { exit: "COMPLETED" })).toMatchObject({ mr: "", warnings: [] });
  expect(town.git("web", "rev-parse", "main")).toBe(landed);
  expect(await access.ledger.get(direct.bead.id)).toMatchObject({ status: "closed" });
  expect(await done(late.polecat, { exit: "COMPLETED" })).toMatchObject({
    ...{ push: "skipped", strategy: "mr", mr: expect.stringMatching(/^web-mr-/) },
    warnings: ["main has moved on; submitted to the merge queue instead"],
  });
  // The queue reads it there.
  expect(town.git("web", "rev-parse", late.agent.branch)).toBe(head);
  expect(town.git("web", "rev-parse", "main")).toBe(landed);
});

test("gates that passed already are said of the request, with the target they passed on", async () => {
  const { polecat, worktree } = await atWork();
  commit(worktree, "work", { "a.txt": "a" });
  const { mr, priority } = await done(polecat, { exit: "COMPLETED", preVerified: true, priority: 1 });
  expect(priority).toBe(1);
  expect(await access.ledger.get(mr)).toMatchObject({
    priority: 1,
    metadata: {
      mr: {
        pre_verified: true,
        pre_verified_at: expect.any(String),
        pre_verified_base: git(town.origin("web"), "rev-parse", "main"),
      },
    },
  });
});

test("called again after it was through, gt done says what became of the work, and hands nothing in twice (§5.4)", async () => {
  const { polecat, worktree, bead, agent } = await atWork();
  const head = commit(worktree, "work", { "a.txt": "a" });
  await saveCheckpoint(polecat, agent.address, { reason: "compaction", run: "r" });
  const first = await done(polecat, { exit: "COMPLETED" });
  expect(await lastCheckpoint(access.ledger, agent.address), "§5.7").toBeUndefined();
  const events = async () => (await readEvents(town.town.paths.events, {})).length;
  const state = async () => [
    await events(),
    { ...(await agentNow(agent)), lastActivity: 0 },
    await access.ledger.get(bead.id),
  ];
  const before = await state();
  const session = await liveSession(polecat, agent.address);
  const own = {
    ...{ GT_ROLE: agent.address, GT_SESSION: session?.session ?? "", GT_RUN: session?.runId ?? "" },
  };
  const polecats = (sessionOnDone: string) =>
    town.write("settings/config.json", {
      default_agent: "shell",
      operational: { polecat: { session_on_done: sessionOnDone }, session: { end_grace: "10ms" } },
    });
  polecats("keep");
  const told = await town.gt(["done", "--json"], own);
  expect(told.json()).toMatchObject({
    ...{ ok: true, exit: "COMPLETED", issue: bead.id, branch: agent.branch, head, target: "main" },
    ...{ mr: first.mr, strategy: "mr", push: "skipped", state: "idle" },
    warnings: [`${bead.id} was handed in already`],
  });
  expect(await state()).toEqual(before);
  expect(await access.ledger.find({ type: "merge-request" })).toHaveLength(1);
  expect((await liveSession(polecat, agent.address))?.runId).toBe(session?.runId);
  polecats("end");
  expect((await town.gt(["done"], own)).stdout).toMatch(/is idle\nsession ends in 0s\n$/);
  expect(await liveSession(polecat, agent.address)).toBeUndefined();
  // Another end than that is none any more.
  await expect(done(polecat, { exit: "ESCALATED" })).rejects.toMatchObject({ code: "E_NO_ISSUE" });
});

test("what the queue has already is not handed in again, and what it has landed is no missing work (§5.4)", async () => {
  const { polecat, worktree, bead, agent } = await atWork();
  const head = commit(worktree, "work", { "a.txt": "a" });
  git(worktree, "push", "--quiet", "origin", agent.branch);
  const { mr, operations } = await submission(access, {
    ...{ rig: town.rig(), branch: agent.branch, commitSha: head, target: "main", sourceIssue: bead.id },
  });
  await access.ledger.write(agent.address, operations);
  // It reaches the target as it is, and its request is not closed yet.
  git(worktree, "push", "--quiet", "origin", `${head}:main`);
  expect(await done(polecat, { exit: "COMPLETED" })).toMatchObject({ mr, state: "idle" });
  expect(await access.ledger.find({ type: "merge-request" })).toHaveLength(1);
});

test("an interrupted gt done of another branch is forgotten, by whoever finds it (§5.3)", async () => {
  const { polecat, worktree, agent } = await atWork();
  const interrupted = async (at: string) =>
    expect((await town.gt(["done"], { GT_ROLE: agent.address, GT_TEST_CRASH: at })).signal).toBe("SIGKILL");
  commit(worktree, "first", { "a.txt": "a" });
  await interrupted("done.push");
  git(worktree, "switch", "--quiet", "-c", "second");
  expect(await recoverOperations(access)).toMatchObject([{ kind: "done", outcome: "undone" }]);
  expect(await agentNow(agent)).toMatchObject({ state: "working" });

  commit(worktree, "second", { "b.txt": "b" });
  await interrupted("done.push");
  git(worktree, "switch", "--quiet", "-c", "third");
  await interrupted("done.submit");
  // On the same branch it is gone on with, and takes along what was done in between.
  const head = commit(worktree, "third", { "c.txt": "c" });
  const report = await done(polecat, { exit: "COMPLETED" });
  expect(report).toMatchObject({ branch: "third", head, resumed: true, state: "idle" });
  expect(await access.ledger.find({ type: "merge-request" })).toMatchObject([
    { metadata: { mr: { branch: "third", commit_sha: head } } },
  ]);
  expect(heads()).not.toContain("second");
  expect(heads()).not.toContain(agent.branch);
});

test("commits that no branch has, as in a rebase, are kept with the branch when work is given back", async () => {
  const { polecat, worktree, bead, agent } = await atWork();
  const base = git(worktree, "rev-parse", "HEAD");
  const head = commit(worktree, "ours", { "README.md": "ours" });
  git(worktree, "checkout", "--quiet", "--detach", base);
  const other = commit(worktree, "theirs", { "README.md": "theirs" });
  expect(() => git(worktree, "rebase", "--quiet", other, agent.branch)).toThrow();
  writeFileSync(join(worktree, "draft.txt"), "draft");
  await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({ code: "E_MID_OPERATION" });
  const report = await done(polecat, { exit: "DEFERRED", message: "conflict" });
  expect(await access.ledger.get(bead.id)).toMatchObject({
    metadata: { prior_branch: agent.branch, prior_head: head },
  });
  expect(heads()).toContain(`${agent.branch} ${head}`);
  const kept = `refs/gt/archive/polecats/${agent.name}/detached-1`;
  expect(report.warnings).toContainEqual(expect.stringContaining(kept));
  expect(town.git("web", "rev-parse", kept)).toBe(other);
  const [snapshot] = await listSnapshots(town.rig().repository, `polecats/${agent.name}`);
  expect(snapshot).toMatchObject({ reason: "pre-done" });
  expect(town.git("web", "show", `${snapshot?.ref}:draft.txt`)).toBe("draft");
});

test("a branch that somebody else has pushed to is not overwritten; what was rebased here is (§12)", async () => {
  const { polecat, worktree, agent, bead } = await atWork();
  commit(worktree, "work", { "a.txt": "a" });
  git(worktree, "push", "--quiet", "origin", agent.branch);
  const other = join(town.root, ".other");
  git(town.root, "clone", "--quiet", "--branch", agent.branch, town.origin("web"), other);
  const theirs = commit(other, "theirs", { "b.txt": "b" });
  git(other, "push", "--quiet", "origin", agent.branch);
  const own = commit(worktree, "more", { "c.txt": "c" });
  await expect(done(polecat, { exit: "COMPLETED" })).rejects.toMatchObject({
    code: "E_PUSH",
    message: expect.stringContaining(`git pull --rebase origin ${agent.branch}`),
  });
  expect(heads()).toContain(`${agent.branch} ${theirs}`);
  expect(await agentNow(agent)).toMatchObject({ state: "working", hookBead: bead.id, pushFailed: true });
  git(worktree, "pull", "--quiet", "--rebase", "origin", agent.branch);
  git(worktree, "push", "--quiet", "origin", agent.branch);
  git(worktree, "commit", "--quiet", "--amend", "--message", "all of it");
  const { head } = await done(polecat, { exit: "COMPLETED" });
  expect(head).not.toBe(own);
  expect(heads()).toContain(`${agent.branch} ${head}`);
});

test("the work goes to the integration branch of its epic, unless the rig's queue does not want that (§5.5)", async () => {
  git(town.origin("web"), "branch", "integration/epic", "main");
  const epic = await town.bead(access, "Epic", "true", {
    ...{ type: "epic", metadata: { integration_branch: "integration/epic" } },
  });
  const settings = (queue: object) => town.write("web/settings/config.json", { merge_queue: queue });
  const targetOf = async (options: SlingOptions = {}) => {
    const { polecat, worktree, agent } = await atWork(options, "sleep 1000", { parent: epic.id });
    commit(worktree, "work", { "a.txt": agent.branch });
    const { target } = await done(polecat, { exit: "COMPLETED" });
    return [agent.baseBranch, target];
  };
  settings({ integration_branch_polecat_enabled: false });
  expect(await targetOf()).toEqual(["main", "integration/epic"]);
  settings({ integration_branch_refinery_enabled: false });
  expect(await targetOf()).toEqual(["integration/epic", "main"]);
  expect(await targetOf({ baseBranch: "integration/epic" })).toEqual([
    "integration/epic",
    "integration/epic",
  ]);
});

test("a request that cannot be made leaves the branch pushed and the work on the hook (§5.3)", async () => {
  const { polecat, worktree, bead, agent } = await atWork();
  commit(worktree, "work", { "a.txt": "a" });
  const ledger = new Proxy(access.ledger, {
    get: (target, name) =>
      name === "write"
        ? (actor: string, operations: readonly Operation[]) =>
            operations.some((each) => each.op === "create" && each.bead.type === "merge-request")
              ? Promise.reject(new Error("no more ids"))
              : target.write(actor, operations)
        : Reflect.get(target, name).bind(target),
  });
  await expect(done({ ...polecat, ledger }, { exit: "COMPLETED" })).rejects.toMatchObject({
    ...{ code: "E_MR", why: ["no more ids"], hint: "gt done" },
  });
  expect(heads()).toContain(agent.branch);
  expect(await agentNow(agent)).toMatchObject({ state: "working", hookBead: bead.id, mrFailed: true });
  expect(await access.ledger.get(bead.id)).toMatchObject({ metadata: { recovery: { attempts: 1 } } });
  const failed = (await readEvents(town.town.paths.events, {})).filter(({ type }) => type === "done_failed");
  expect(failed).toMatchObject([{ payload: { bead: bead.id, error: "no more ids" } }]);
  expect(await done(polecat, { exit: "COMPLETED" })).toMatchObject({ state: "idle" });
  expect(await agentNow(agent)).toMatchObject({ mrFailed: false });
});

test("without its worktree work can only be given back or called for help with (§5.2)", async () => {
  const { polecat, worktree, bead } = await atWork();
  rmSync(worktree, { recursive: true });
  for (const exit of ["COMPLETED", "PHASE_COMPLETE"] as const) {
    const { named } = await access.ledger.write("overseer", [
      { op: "create", as: "gate", bead: { title: "CI", type: "gate", awaitType: "human", scope: "web" } },
    ]);
    await expect(done(polecat, { exit, gate: named["gate"] ?? "" })).rejects.toMatchObject({
      ...{ code: "E_NO_WORKTREE", hint: 'gt done --status ESCALATED -m "worktree is gone"' },
    });
  }
  expect(await done(polecat, { exit: "DEFERRED" })).toMatchObject({ state: "idle" });
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: "open", assignee: "" });
});

test("gt done finds the polecat's worktree from wherever it is called, even a directory that is gone (§5.2)", async () => {
  const { worktree, agent } = await atWork();
  commit(worktree, "work", { "a.txt": "a" });
  const program = `${process.execPath} ${join(import.meta.dirname, "../../../bin/gt")}`;
  const told = spawnSync("bash", ["-c", `mkdir x && cd x && rmdir ../x && exec ${program} done --json`], {
    ...{ cwd: worktree, encoding: "utf8" },
    env: cliEnv({ GT_ROLE: agent.address, GT_TOWN_ROOT: town.root, GT_NO_DAEMON: "1" }),
  });
  expect(JSON.parse(told.stdout), told.stderr).toMatchObject({ ok: true, state: "idle" });
});

test("work whose bead was given to somebody else is pushed, the polecat is free, and its session ends", async () => {
  town.write("settings/config.json", {
    default_agent: "shell",
    operational: { session: { end_grace: "10ms" } },
  });
  const { polecat, worktree, bead, agent } = await atWork({}, "touch started; sleep 1000");
  await waitFor(() => existsSync(join(worktree, "started")), { what: "the script" });
  commit(worktree, "work", { "a.txt": "a" });
  await access.ledger.write("overseer", [
    { op: "update", id: bead.id, fields: { assignee: "web/crew/sam", status: "in_progress" } },
  ]);
  const session = await liveSession(polecat, agent.address);
  const told = await town.gt(["done", "--json"], {
    ...{ GT_ROLE: agent.address, GT_SESSION: session?.session ?? "", GT_RUN: session?.runId ?? "" },
  });
  // The command is a part of the session, and ends with it: what it had to say was said before.
  expect(told.json()).toMatchObject({ ok: false, code: "E_HOOK_LOST" });
  expect(await liveSession(polecat, agent.address)).toBeUndefined();
  expect(heads()).toContain(agent.branch);
  expect(await agentNow(agent)).toMatchObject({ state: "idle", hookBead: "" });
});
