import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commit, git } from "../../support/scratch-repository.ts";
import { retryRequest } from "../../../src/agents/refinery/change-request.ts";
import { resumeTarget } from "../../../src/agents/refinery/pause-target.ts";
import { queueContext } from "../../../src/agents/refinery/queue-context.ts";
import { runQueue } from "../../../src/agents/refinery/refinery.ts";
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import { newConvoy } from "../../../src/core/convoys/new-convoy.ts";
import { namedBead } from "../../../src/core/ledger/named-bead.ts";
import { parseProtocol } from "../../../src/core/mail/protocol.ts";
import { daemonFile } from "../../../src/core/town/paths.ts";
import { QueueTown } from "./queue-town.ts";

describe("a batch of good branches", () => {
  test("lands with one gate run and one push, in score order, and ends its beads", async () => {
    const town = await QueueTown.make();
    const low = await town.submit({ "c.txt": "c\n" }, { priority: 3, title: "Add c" });
    const high = await town.submit({ "a.txt": "a\n" }, { priority: 1, title: "Add a" });
    const middle = await town.submit({ "b.txt": "b\n" }, { priority: 2, title: "Add b" });

    const report = await town.run();

    expect(report).toMatchObject({ merged: [high.mr, middle.mr, low.mr], runs: 1, gateRuns: 1 });
    expect(town.landed()).toEqual(["Add a", "Add b", "Add c"]);
    for (const { mr, bead, branch } of [low, high, middle]) {
      expect(await town.mr(mr)).toMatchObject({ phase: "closed", closeReason: "merged", landedBy: "queue" });
      expect(await town.bead(bead)).toMatchObject({ status: "closed", closeReason: `Merged in ${mr}` });
      expect(git(town.rig.repository, "branch", "--list", "--all", `*${branch}`)).toBe("");
      expect(git(town.origin, "branch", "--list", branch)).toBe("");
    }
    expect(trailer(town, "Gastown-MR")).toBe(low.mr);
    expect(town.events("merged")).toHaveLength(3);
    const told = town.events("protocol").filter(({ payload }) => payload["to"] === "web/witness");
    expect(told.map(({ payload }) => payload["fields"])).toContainEqual(
      expect.objectContaining({ Issue: high.bead, Branch: high.branch, Target: "main", Rig: "web" }),
    );
    expect(git(town.rig.repository, "for-each-ref", "refs/gt/mq")).toBe("");
    expect(await town.run()).toMatchObject({ runs: 0 });
  }, 60_000);

  test("MERGED, CONVOY_NEEDS_FEEDING: witness and deacon hear of a landing, as agents by mail (06 §5.2)", async () => {
    const town = await QueueTown.make();
    const { mr, bead, branch } = await town.submit({ "a.txt": "a\n" });
    await town.ledger.write("overseer", [
      ...newConvoy({ title: "All", owner: "overseer", issues: [bead] }),
      {
        op: "update",
        id: mr,
        fields: { metadata: { mr: { worker: "nux", convoy_id: namedBead("convoy") } } },
      },
    ]);
    const { convoyId } = await town.mr(mr);
    await town.run();
    const facts = { Branch: branch, Polecat: "nux", Rig: "web", Issue: bead };
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    const landing = { Target: "main", "Merged-At": time, "Merge-Commit": town.head() };
    expect(town.events("protocol").map(({ payload }) => payload)).toEqual([
      {
        ...{ from: "web/refinery", to: "web/witness", subject: "MERGED nux", rig: "web" },
        fields: { ...facts, ...landing },
      },
      {
        ...{ from: "web/refinery", to: "deacon/", subject: `CONVOY_NEEDS_FEEDING ${convoyId}`, rig: "web" },
        fields: { ConvoyID: convoyId, Rig: "web", SourceIssue: bead, "Merged-At": time },
      },
    ]);

    const agents = { patrols: { witness: { mode: "agent" }, deacon: { mode: "agent" } } };
    writeFileSync(daemonFile(town.root), JSON.stringify(agents));
    const second = await town.submit({ "b.txt": "b\n" });
    await town.ledger.write("overseer", [
      { op: "update", id: second.mr, fields: { metadata: { mr: { convoy_id: convoyId } } } },
    ]);
    await town.run();
    const mails = (await town.ledger.find({ type: "message" })).filter(
      (mail) => mail.assignee !== "overseer",
    );
    const read = mails.map(({ assignee, title, description }) => [
      assignee,
      parseProtocol(title, description)?.type,
    ]);
    expect(read.toSorted()).toEqual([
      ["deacon/", "CONVOY_NEEDS_FEEDING"],
      ["web/witness", "MERGED"],
    ]);
  }, 60_000);

  test("lands in a repository without a remote", async () => {
    const town = await QueueTown.make({ origin: "none" });
    const { mr } = await town.submit({ "a.txt": "a\n" }, { title: "Add a" });
    await town.run();
    expect(town.landed()).toEqual(["Add a"]);
    expect(await town.mr(mr)).toMatchObject({ closeReason: "merged" });
  }, 60_000);
});

describe("a culprit", () => {
  test("is isolated with few gate runs, goes back to its worker, and the others land", async () => {
    const town = await QueueTown.make();
    const requests = [];
    for (let index = 1; index <= 8; index++)
      requests.push(
        await town.submit({ [`f${index}.txt`]: index === 6 ? "bad\n" : "good\n" }, { title: `Add ${index}` }),
      );
    const culprit = requests[5];

    const report = await town.run();

    expect(report.ejected).toEqual([culprit?.mr]);
    expect(report.gateRuns).toBeLessThanOrEqual(5);
    expect(town.landed()).toEqual([1, 2, 3, 4, 5, 7, 8].map((index) => `Add ${index}`));
    expect(await town.mr(culprit?.mr ?? "")).toMatchObject({
      phase: "needs_fix",
      phaseReason: "test: exit 1",
    });
    expect(town.events("protocol").map(({ payload }) => payload["fields"])).toContainEqual(
      expect.objectContaining({
        ...{ Branch: culprit?.branch, Issue: culprit?.bead, "Failure-Type": "tests", Error: "test: exit 1" },
      }),
    );
    const bead = await town.bead(culprit?.bead ?? "");
    expect(bead).toMatchObject({ status: "open", assignee: "" });
    expect(bead.metadata).toMatchObject({ prior_branch: culprit?.branch, prior_failure: "test: exit 1" });
    const comments = await town.ledger.comments(bead.id);
    expect(comments.at(-1)?.text).toContain("found something bad");
    const waiting = await town.ledger.find({ labels: ["gt:sling-context"], notStatus: "closed" });
    expect(waiting.map((context) => context.metadata["sling"])).toMatchObject([
      { bead: bead.id, rig: "web", reason: "rework" },
    ]);
  }, 120_000);

  test("FIX_NEEDED: goes back as a task to a worker that still sits there, when the rig wants that (05 §2.10)", async () => {
    const town = await QueueTown.make({ settings: { on_failure: "assign_back" } });
    const nux = "web/polecats/nux";
    const agent = { id: "web-polecat-nux", address: nux, role: "polecat", rig: "web", name: "nux" } as const;
    await town.ledger.write("overseer", [{ op: "ensureAgent", agent }]);
    const worker = { name: "nux", address: nux, agentBead: agent.id };
    const { mr, branch, bead } = await town.submit({ "a.txt": "bad\n" }, { more: { worker } });
    const host = { list: async () => [{ actor: nux, phase: "idle" }] } as unknown as SessionHost;
    await runQueue({ ...town.access, host: async () => host }, town.rig, { patienceMs: 0 });
    const [mail] = await town.ledger.find({ type: "message", assignee: nux });
    expect(mail).toMatchObject({ title: "FIX_NEEDED nux", priority: 1 });
    expect(mail?.labels).toContain("msg-type:task");
    const told = parseProtocol(mail?.title ?? "", mail?.description ?? "");
    expect(told?.fields).toMatchObject({
      ...{ Branch: branch, Issue: bead, Polecat: "nux", Rig: "web", Target: "main" },
      ...{ "Failure-Type": "tests", "MR-Bead-ID": mr, "Attempt-Number": "1" },
    });
    expect(told?.text).toContain("found something bad");
    expect(await town.ledger.find({ labels: ["gt:sling-context"] }), "nobody else is sent").toEqual([]);
  }, 60_000);

  test("of an interaction is the later one, and its second submission lands", async () => {
    const town = await QueueTown.make();
    const first = await town.submit({ "pair-a.txt": "a\n" }, { title: "Add pair a" });
    const second = await town.submit({ "pair-b.txt": "b\n" }, { title: "Add pair b" });
    await town.run();
    expect(town.landed()).toEqual(["Add pair a"]);
    expect(await town.mr(second.mr)).toMatchObject({ phase: "needs_fix", fixAttempts: 1 });
    expect(await town.mr(first.mr)).toMatchObject({ closeReason: "merged" });

    const again = await town.submit({ "single-b.txt": "b\n" }, { title: "Add b", issue: second.bead });
    expect(await town.mr(second.mr)).toMatchObject({ closeReason: "superseded" });
    expect(await town.mr(again.mr)).toMatchObject({ fixAttempts: 1 });
    await town.run();
    expect(town.landed()).toEqual(["Add pair a", "Add b"]);
    expect(await town.bead(second.bead)).toMatchObject({ closeReason: `Merged in ${again.mr}` });
  }, 120_000);

  test("is quarantined after as many attempts as are allowed", async () => {
    const town = await QueueTown.make({ settings: { max_fix_attempts: 1 } });
    const { mr, bead } = await town.submit({ "a.txt": "bad\n" });
    await town.run();
    expect(await town.mr(mr)).toMatchObject({ phase: "quarantined" });
    expect((await town.bead(bead)).metadata["awaiting_merge"]).toBe(mr);
    expect(await town.ledger.find({ type: "escalation" })).toHaveLength(1);
    expect(town.events("mr_quarantined")).toHaveLength(1);
  }, 60_000);

  test.each([
    { retry: 0, lands: false },
    { retry: 2, lands: true },
  ])(
    "of a gate with $retry re-runs of its own is believed after those",
    async ({ retry, lands }) => {
      // Passes the third time; the target alone passes always.
      const cmd = "[ -e a.txt ] || exit 0; echo x >> ../../tries; [ $(wc -l < ../../tries) -ge 3 ]";
      const town = await QueueTown.make({ settings: { test_command: "", gates: { slow: { cmd, retry } } } });
      const { mr } = await town.submit({ "a.txt": "a\n" });
      const report = await town.run();
      expect(report).toMatchObject(lands ? { merged: [mr], ejected: [] } : { merged: [], ejected: [mr] });
      expect(await town.mr(mr)).toMatchObject({ fixAttempts: lands ? 0 : 1 });
    },
    60_000,
  );

  test("that flakes lands uncharged", async () => {
    const town = await QueueTown.make({
      settings: { test_command: "if [ ! -e ../../tried ]; then touch ../../tried; exit 1; fi" },
    });
    const { mr } = await town.submit({ "a.txt": "a\n" });
    await town.submit({ "b.txt": "b\n" });
    const report = await town.run();
    expect(report).toMatchObject({ ejected: [], gateRuns: 1 });
    expect(town.landed()).toHaveLength(2);
    expect(await town.mr(mr)).toMatchObject({ fixAttempts: 0 });
    expect(town.events("gate_flaky")).toHaveLength(1);
  }, 60_000);
});

describe("a gate that proves nothing", () => {
  test.each([
    ["is missing", { test_command: "no-such-command --at-all" }, "test: exit 127"],
    ["takes too long", { test_command: "sleep 60", gate_timeout: "300ms" }, "test: timeout"],
    ["is killed", { test_command: "kill -9 $$" }, "test: signal SIGKILL"],
    ["finds no tests", { test_command: "echo 0 tests", tests_required: true }, "test: no tests"],
  ])(
    "because it %s is not green",
    async (_name, settings, why) => {
      const town = await QueueTown.make({ settings: { retry_flaky_tests: 0, ...settings } });
      const { mr } = await town.submit({ "a.txt": "a\n" });
      const report = await town.run();
      // The base fails in the same way: nobody is to blame.
      expect(report).toMatchObject({ merged: [], ejected: [] });
      expect(town.landed()).toEqual([]);
      expect(await town.mr(mr)).toMatchObject({ phase: "ready", fixAttempts: 0 });
      const [bug] = await town.ledger.find({ labels: ["gt:target-red"] });
      expect(bug?.title).toBe("Target main is red: test");
      const [run] = await town.ledger.rows<{
        readonly probes: readonly { readonly gate: string; readonly why: string }[];
      }>("merge_runs");
      const [probe] = run?.value.probes ?? [];
      expect(`${probe?.gate}: ${probe?.why}`).toBe(why);
    },
    60_000,
  );

  test("because it could not be started is an error that blames nobody", async () => {
    const town = await QueueTown.make({ settings: { gates: { odd: { cmd: "true", cwd: "gate.sh" } } } });
    const { mr } = await town.submit({ "a.txt": "a\n" });
    const stop = new AbortController();
    const report = await town.run({
      signal: stop.signal,
      tell: (line) => {
        if (line.includes("could not be gated")) stop.abort();
      },
    });
    expect(report).toMatchObject({ merged: [], ejected: [] });
    expect(await town.mr(mr)).toMatchObject({ phase: "ready", fixAttempts: 0 });
  }, 60_000);

  test("that fails but is optional stops nobody", async () => {
    const town = await QueueTown.make({
      settings: { gates: { spelling: { cmd: "exit 3", optional: true } } },
    });
    await town.submit({ "a.txt": "a\n" }, { title: "Add a" });
    await town.run();
    expect(town.landed()).toEqual(["Add a"]);
  }, 60_000);
});

describe("a rig without gates", () => {
  test("merges, and says once a day that nothing was tested", async () => {
    const town = await QueueTown.make({ settings: { test_command: "" } });
    for (const name of ["a.txt", "b.txt"]) {
      await town.submit({ [name]: "x\n" });
      await town.run();
    }
    expect(town.landed()).toHaveLength(2);
    expect(town.events("no_gates")).toHaveLength(1);
  }, 60_000);
});

describe("a red target", () => {
  test("blames nobody, and the request that repairs it lands before the others", async () => {
    const town = await QueueTown.make();
    person(town, "main", { "broken.txt": "bad\n" });
    town.blamePerson();
    const innocent = await town.submit({ "a.txt": "a\n" }, { title: "Add a", start: "main" });
    expect(await town.run()).toMatchObject({ merged: [], ejected: [] });
    expect(await town.mr(innocent.mr)).toMatchObject({ phase: "ready", fixAttempts: 0 });
    expect(town.events("target_red")).toHaveLength(1);
    expect(await town.ledger.find({ type: "escalation", notStatus: "closed" })).toHaveLength(1);

    git(town.rig.repository, "fetch", "--quiet", "origin");
    await town.submit({ "broken.txt": "mended\n" }, { title: "Mend it" });
    const report = await town.run();

    expect(report.ejected).toEqual([]);
    expect(town.landed().slice(-2)).toEqual(["Mend it", "Add a"]);
    expect(await town.ledger.find({ labels: ["gt:target-red"], notStatus: "closed" })).toEqual([]);
    expect(await town.ledger.find({ type: "escalation", notStatus: "closed" })).toEqual([]);
    expect(town.events("target_green")).toHaveLength(1);
  }, 120_000);
});

describe("a queue that waits for a person", () => {
  test("writes nothing and runs no program when it is looked at again", async () => {
    const town = await QueueTown.make({ settings: { retry_flaky_tests: 0 } });
    await town.submit({ "a.txt": "bad\n" });
    expect(await town.run()).toMatchObject({ gateRuns: 1 });
    const wal = `${town.ledger.path}-wal`;
    const before = statSync(wal).mtimeMs;
    const path = process.env["PATH"];
    process.env["PATH"] = "/nowhere";
    try {
      expect(await town.run()).toMatchObject({ runs: 0, gateRuns: 0, waiting: 0 });
    } finally {
      process.env["PATH"] = path;
    }
    expect(statSync(wal).mtimeMs).toBe(before);
  }, 60_000);
});

describe("a red target that a person repairs", () => {
  test("is gated again, and what waited lands", async () => {
    const town = await QueueTown.make();
    person(town, "main", { "broken.txt": "bad\n" });
    town.blamePerson();
    const { mr } = await town.submit({ "a.txt": "a\n" }, { title: "Add a", start: "main" });
    expect(await town.run()).toMatchObject({ merged: [], ejected: [] });
    expect(await town.run()).toMatchObject({ runs: 0 });
    person(town, "main", { "broken.txt": "mended\n" });
    town.later(31_000);
    expect(await town.run()).toMatchObject({ merged: [mr], ejected: [] });
    expect(town.events("target_green")).toHaveLength(1);
    expect(await town.ledger.rows("merge_runs_live")).toEqual([]);
  }, 120_000);
});

describe("a conflict", () => {
  test("with the target becomes a task, and its result lands as the same request", async () => {
    const town = await QueueTown.make({ files: { "shared.txt": "one\n" } });
    const first = await town.submit({ "shared.txt": "first\n" }, { title: "Say first", priority: 1 });
    const second = await town.submit({ "shared.txt": "second\n" }, { title: "Say second" });
    const report = await town.run();

    expect(report).toMatchObject({ merged: [first.mr], conflicts: [second.mr] });
    const waiting = await town.mr(second.mr);
    expect(waiting).toMatchObject({ phase: "blocked", retryCount: 1 });
    const task = await town.bead(waiting.conflictTaskId);
    expect(task).toMatchObject({ title: "Resolve merge conflicts: Say second", status: "open" });
    expect(task.labels).toContain("gt:conflict-resolve");
    expect(town.events("protocol").map(({ payload }) => payload)).toContainEqual(
      expect.objectContaining({
        ...{ to: "web/witness", subject: expect.stringMatching(/^REWORK_REQUEST /) },
        fields: expect.objectContaining({ Branch: second.branch, "Conflict-Files": "shared.txt" }),
      }),
    );
    const [queued] = await town.ledger.find({ labels: ["gt:sling-context"], ephemeral: true });
    expect(queued?.metadata["sling"]).toMatchObject({
      formula: "mol-polecat-conflict-resolve",
      vars: { task: task.id, original_mr: second.mr, branch: second.branch, base_branch: "main" },
    });
    expect(await town.run()).toMatchObject({ runs: 0 });
    expect(await town.ledger.find({ type: "escalation" })).toEqual([]);
    town.later(4 * 3_600_000 + 1000);
    for (let look = 0; look < 2; look++) await town.run();
    const asked = await town.ledger.find({ type: "escalation" });
    expect(asked).toMatchObject([{ metadata: { escalation: { severity: "medium", occurrences: 1 } } }]);

    const resolved = await town.submit(
      { "shared.txt": "first and second\n" },
      { title: "Say both", issue: task.id },
    );
    expect(resolved.mr).toBe(second.mr);
    await town.run();
    expect(town.show("shared.txt")).toBe("first and second");
    expect(await town.mr(second.mr)).toMatchObject({ closeReason: "merged" });
    expect(await town.bead(second.bead)).toMatchObject({ closeReason: `Merged in ${second.mr}` });
    expect((await town.bead(task.id)).status).toBe("closed");
  }, 120_000);

  test("only with a culprit of the same batch costs nothing once that is gone", async () => {
    const town = await QueueTown.make({ files: { "shared.txt": "one\n" } });
    const culprit = await town.submit({ "shared.txt": "bad\n" }, { title: "Break it", priority: 1 });
    const other = await town.submit({ "shared.txt": "two\n" }, { title: "Say two" });
    const report = await town.run();
    expect(report).toMatchObject({ merged: [other.mr], ejected: [culprit.mr], conflicts: [] });
    expect(await town.mr(other.mr)).toMatchObject({ retryCount: 0, conflictTaskId: "" });
  }, 120_000);
});

describe("a branch built on another branch of the batch", () => {
  test("lands behind it although the first one is squashed", async () => {
    const town = await QueueTown.make({ files: { "list.txt": "1\n" } });
    const lower = await town.submit({ "list.txt": "1\n2\n" }, { title: "Add 2", priority: 1 });
    const upper = await town.submit({ "list.txt": "1\n2\n3\n" }, { title: "Add 3", start: lower.head });
    const report = await town.run();
    expect(report).toMatchObject({ merged: [lower.mr, upper.mr], conflicts: [], runs: 1 });
    expect(town.landed()).toEqual(["Add 2", "Add 3"]);
    expect(town.show("list.txt")).toBe("1\n2\n3");
  }, 60_000);
});

describe("a target that moves while the gate runs", () => {
  test("is stacked on and gated again before anything is pushed", async () => {
    const town = await QueueTown.make({ settings: { test_command: 'sh gate.sh && sh "$MOVE"' } });
    // The gate itself plays the person, once.
    const marker = join(town.root, "moved");
    const script = join(town.root, "move.sh");
    writeFileSync(
      script,
      `[ -e ${marker} ] && exit 0
touch ${marker}
cd ${town.root}/.. && git clone -q origin person && cd person && echo p > person.txt && git add . && git commit -qm "Person" && git push -q origin main
`,
    );
    process.env["MOVE"] = script;
    const { mr } = await town.submit({ "a.txt": "a\n" }, { title: "Add a" });
    await town.submit({ "b.txt": "b\n" }, { title: "Add b" });
    const report = await town.run();
    expect(town.landed()).toEqual(["Person", "Add a", "Add b"]);
    expect(report).toMatchObject({ runs: 2, gateRuns: 2 });
    expect(town.events("target_moved")).toHaveLength(1);
    expect(await town.mr(mr)).toMatchObject({ closeReason: "merged", retryCount: 0 });
  }, 120_000);
});

describe("a person's own repository as origin", () => {
  test("moves forward with the push when it is clean", async () => {
    const town = await QueueTown.make({ origin: "checkout" });
    await town.submit({ "a.txt": "a\n" }, { title: "Add a" });
    await town.run();
    expect(town.landed()).toEqual(["Add a"]);
    expect(readFileSync(join(town.origin, "a.txt"), "utf8")).toBe("a\n");
    expect(git(town.origin, "status", "--porcelain")).toBe("");
    expect(git(town.origin, "config", "--default", "", "--get", "receive.denyCurrentBranch")).toBe("");
  }, 60_000);

  test("is never touched while it has changes, and the queue goes on by itself afterwards", async () => {
    const town = await QueueTown.make({ origin: "checkout" });
    writeFileSync(join(town.origin, "README.md"), "# mine, unsaved\n");
    writeFileSync(join(town.origin, "notes.txt"), "untracked\n");
    const { mr } = await town.submit({ "README.md": "# theirs\n" }, { title: "Rewrite" });
    const before = git(town.origin, "status", "--porcelain");
    expect(await town.run()).toMatchObject({ merged: [] });
    expect(town.landed()).toEqual([]);
    expect(git(town.origin, "status", "--porcelain")).toBe(before);
    expect(readFileSync(join(town.origin, "README.md"), "utf8")).toBe("# mine, unsaved\n");
    expect(await town.mr(mr)).toMatchObject({ phase: "ready", fixAttempts: 0 });
    const mail = await town.ledger.find({ type: "message", assignee: "overseer", notStatus: "closed" });
    expect(mail).toHaveLength(1);
    expect(town.events("origin_dirty")).toHaveLength(1);

    git(town.origin, "stash", "--quiet");
    town.later(31_000);
    expect(await town.run()).toMatchObject({ merged: [mr] });
    expect(readFileSync(join(town.origin, "README.md"), "utf8")).toBe("# theirs\n");
    expect(existsSync(join(town.origin, "notes.txt"))).toBe(true);
    expect(await town.ledger.find({ type: "message", notStatus: "closed" })).toEqual([]);
  }, 120_000);

  test("gets a branch of its own beside the person's with local_origin=branch", async () => {
    const town = await QueueTown.make({ origin: "checkout", settings: { local_origin: "branch" } });
    const before = town.head();
    await town.submit({ "a.txt": "a\n" }, { title: "Add a" });
    await town.run();
    expect(town.head()).toBe(before);
    expect(town.landed("gt/main")).toEqual(["Add a"]);
    await town.submit({ "b.txt": "b\n" }, { title: "Add b" });
    await town.run();
    expect(town.landed("gt/main")).toEqual(["Add a", "Add b"]);
  }, 60_000);
});

describe("a push that is denied", () => {
  test("holds the target and asks for help, without a storm and without blame", async () => {
    const town = await QueueTown.make();
    const hook = join(town.origin, "hooks", "pre-receive");
    mkdirSync(join(town.origin, "hooks"), { recursive: true });
    writeFileSync(
      hook,
      "#!/bin/sh\ngrep -q refs/heads/main && { echo 'main is protected' >&2; exit 1; }\nexit 0\n",
    );
    chmodSync(hook, 0o755);
    const { mr } = await town.submit({ "a.txt": "a\n" });
    await town.run();
    await town.run();
    expect(town.events("push_denied")).toHaveLength(1);
    expect(await town.mr(mr)).toMatchObject({ phase: "ready", fixAttempts: 0 });
    const [asked] = await town.ledger.find({ type: "escalation" });
    expect(asked?.description).toContain("merge_strategy pr");
    rmSync(hook);
    await resumeTarget(queueContext(town.access, town.rig), "main");
    expect(await town.run()).toMatchObject({ merged: [mr] });
    expect((await town.ledger.get(asked?.id ?? ""))?.closeReason, "06 §8.2").toBe("condition cleared");
  }, 60_000);

  test("an origin that cannot be reached is asked about once, until it can", async () => {
    const town = await QueueTown.make();
    const { mr } = await town.submit({ "a.txt": "a\n" });
    renameSync(town.origin, `${town.origin}.away`);
    await town.run();
    renameSync(`${town.origin}.away`, town.origin);
    const [asked] = await town.ledger.find({ type: "escalation" });
    expect(asked).toMatchObject({ status: "open", title: expect.stringContaining("Cannot fetch") });
    town.later(61_000);
    expect(await town.run()).toMatchObject({ merged: [mr] });
    expect((await town.ledger.get(asked?.id ?? ""))?.closeReason, "06 §8.2").toBe("condition cleared");
  }, 60_000);
});

describe("a branch that was lost", () => {
  test("is restored from the submitted commit", async () => {
    const town = await QueueTown.make();
    const { branch } = await town.submit({ "a.txt": "a\n" }, { title: "Add a", branch: "feature" });
    git(town.origin, "branch", "-D", branch);
    git(town.rig.repository, "update-ref", "-d", `refs/heads/${branch}`);
    await town.run();
    expect(town.landed()).toEqual(["Add a"]);
    expect(town.events("branch_restored")).toHaveLength(1);
  }, 60_000);

  test("with its commit is quarantined", async () => {
    const town = await QueueTown.make();
    const { mr } = await town.submit({ "a.txt": "a\n" });
    await town.ledger.write("overseer", [
      {
        op: "update",
        id: mr,
        fields: { metadata: { mr: { commit_sha: "1234567890123456789012345678901234567890" } } },
      },
    ]);
    await town.run();
    const lost = await town.mr(mr);
    expect(lost).toMatchObject({ phase: "quarantined", phaseReason: "branch_missing" });
    const [asked] = await town.ledger.find({ type: "escalation" });
    expect(asked?.labels).toContain("severity:high");
    expect(asked?.description).toContain("work may be lost");
    expect(asked?.description).toContain(`(${lost.sourceIssue}, worker `);
    // Its branch is still there: the present head of it is tried.
    await retryRequest(queueContext(town.access, town.rig), lost);
    expect(await town.run()).toMatchObject({ merged: [mr] });
  }, 60_000);
});

describe("what is on the target already", () => {
  test("is closed as merged without a run", async () => {
    const town = await QueueTown.make();
    const { mr, bead, branch } = await town.submit({ "a.txt": "a\n" }, { branch: "feature" });
    git(town.origin, "update-ref", "refs/heads/main", `refs/heads/${branch}`);
    expect(await town.run()).toMatchObject({ merged: [mr], runs: 0 });
    expect(await town.mr(mr)).toMatchObject({ closeReason: "merged", landedBy: "external" });
    expect((await town.bead(bead)).status).toBe("closed");
  }, 60_000);

  test("of an issue that shall not be merged is closed without a word", async () => {
    const town = await QueueTown.make();
    const { mr, bead } = await town.submit({ "a.txt": "a\n" });
    await town.ledger.write("overseer", [
      { op: "update", id: bead, fields: { metadata: { attachment: { no_merge: true } } } },
    ]);
    await town.run();
    expect(await town.mr(mr)).toMatchObject({ closeReason: "no_merge" });
    expect(town.landed()).toEqual([]);
  }, 60_000);
});

describe("a request that is superseded while its gate runs", () => {
  test("is dropped, the others go back and land, and the new commit lands once", async () => {
    const town = await QueueTown.make({ settings: { test_command: "sh gate.sh && sleep 2" } });
    const old = await town.submit({ "a.txt": "old\n" }, { title: "Old", priority: 1 });
    const other = await town.submit({ "b.txt": "b\n" }, { title: "Other" });
    let again: Promise<{ readonly mr: string }> | undefined;
    const report = await town.run({
      tell: (line) => {
        if (!line.startsWith("⚙") || again !== undefined) return;
        again = town.submit({ "a.txt": "new\n" }, { title: "New", issue: old.bead });
      },
    });
    const fresh = await again;
    expect(await town.mr(old.mr)).toMatchObject({ phase: "closed", closeReason: "superseded" });
    expect([...report.merged].toSorted()).toEqual([other.mr, fresh?.mr].toSorted());
    expect([...town.landed()].toSorted()).toEqual(["New", "Other"]);
    expect(await town.bead(old.bead)).toMatchObject({ closeReason: `Merged in ${fresh?.mr}` });
  }, 120_000);
});

describe("a request that is rejected in the moment before the push", () => {
  test("is not pushed, and the other one lands", async () => {
    const town = await QueueTown.make();
    const taken = await town.submit({ "a.txt": "a\n" }, { title: "Taken", priority: 1 });
    const other = await town.submit({ "b.txt": "b\n" }, { title: "Other" });
    const gt = join(import.meta.dirname, "../../../bin/gt");
    // The gate itself plays the person, as the last thing before it passes.
    const reject = `[ -e ../../rejected ] || { touch ../../rejected; GT_NO_DAEMON=1 ${process.execPath} ${gt} mq reject ${taken.mr} -r no; }`;
    town.settings = { test_command: `sh gate.sh && ${reject}` };
    expect(await town.run()).toMatchObject({ merged: [other.mr], ejected: [], runs: 2 });
    expect(town.landed()).toEqual(["Other"]);
    expect(await town.mr(taken.mr)).toMatchObject({ phase: "closed", closeReason: "rejected" });
    expect(await town.bead(taken.bead)).toMatchObject({ status: "open", assignee: "" });
  }, 60_000);
});

function trailer(town: QueueTown, key: string): string {
  return git(town.origin, "log", "-1", `--format=%(trailers:key=${key},valueonly)`, "main").trim();
}

/** Somebody commits to the origin by hand. */
function person(town: QueueTown, branch: string, files: Readonly<Record<string, string>>): void {
  const place = join(town.root, "..", "person");
  git(join(town.root, ".."), "clone", "--quiet", "--branch", branch, town.origin, place);
  commit(place, "A person's commit", files);
  git(place, "push", "--quiet", "origin", branch);
  rmSync(place, { recursive: true, force: true });
}
