import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type BeadJson, bdRepository } from "../../../support/bd-repository.ts";

it("lists what the filters leave, in the order that was asked for", async () => {
  const repository = await bdRepository();
  const a = await repository.create(
    "Alpha login",
    "-p",
    "0",
    "-t",
    "bug",
    "-l",
    "area:ui,red",
    "-a",
    "web/polecats/nux",
  );
  const b = await repository.create("Beta", "-p", "3", "-l", "blue", "-d", "about logins");
  const c = await repository.create("Gamma", "-t", "epic", "--metadata", '{"mr":{"target":"main"},"n":3}');
  await repository.json("close", b, "-r", "done with it");
  const ids = async (...flags: string[]) =>
    (await repository.json<BeadJson[]>("list", ...flags)).map((bead) => bead.id);
  expect(await ids()).toEqual([a, c]);
  expect((await ids("--all")).toSorted()).toEqual([a, b, c].toSorted());
  expect(await ids("-s", "closed")).toEqual([b]);
  expect(await ids("--assignee", "web/*")).toEqual([a]);
  expect(await ids("--label-pattern", "area:*")).toEqual([a]);
  expect(await ids("--label-regex", "^(red|green)$")).toEqual([a]);
  expect(await ids("--metadata-field", "mr.target=main")).toEqual([c]);
  expect(await ids("--has-metadata-key", "n")).toEqual([c]);
  expect(await ids("-t", "epic,bug", "--sort", "title", "-r")).toEqual([c, a]);
  expect(await ids("--priority-max", "P0")).toEqual([a]);
  expect(await ids("--created-after", "+1h")).toEqual([]);
  const cut = await repository.bd(["list", "--all", "-n", "1"]);
  expect(cut.stderr).toBe("Showing 1 issues; more matched. Use --limit 0 for all.\n");
  expect((await repository.json<BeadJson[]>("search", "LOGIN")).map((bead) => bead.id)).toEqual([a]);
  expect((await repository.bd(["search", "nothing like it"])).stdout).toBe(
    "No issues found matching 'nothing like it'\n",
  );
});

it("draws children below their parents", async () => {
  const repository = await bdRepository();
  const epic = await repository.create("Big", "-t", "epic");
  const first = await repository.create("One", "--parent", epic);
  await repository.create("Two", "--parent", epic);
  await repository.create("Deep", "--parent", first);
  const { stdout } = await repository.bd(["list"]);
  expect(stdout).toContain(`○ ${epic} ● P2 [epic] Big`);
  expect(stdout).toMatch(/├── ○ \S+ ● P2 \S+\n/);
  expect(stdout).toMatch(/│ {3}└── ○ \S+ ● P2 Deep|^ {4}└── ○ \S+ ● P2 Deep/m);
  expect(stdout).toContain("Total: 4 issues (4 open)");
  const shown = await repository.bd(["show", epic]);
  expect(shown.stdout).toContain("CHILDREN  ◐ 0/2 complete (0%)");
});

it("answers expressions", async () => {
  const repository = await bdRepository();
  const a = await repository.create("urgent one", "-p", "1", "-l", "x");
  const b = await repository.create("later", "-p", "3");
  const ids = async (text: string) =>
    (await repository.json<BeadJson[]>("query", text)).map((bead) => bead.id).toSorted();
  expect(await ids("priority<=1 OR title='later'")).toEqual([a, b].toSorted());
  expect(await ids("NOT label=x AND status=open")).toEqual([b]);
  expect(await ids("(label=none OR label=x) AND updated>7d AND priority=1")).toEqual([a]);
  const wrong = await repository.bd(["query", "priorty=1"]);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "priority"?')]);
  expect((await repository.bd(["query", "status=open AND ("])).code).toBe(2);
});

it("counts and sums up", async () => {
  const repository = await bdRepository();
  const a = await repository.create("A", "-t", "bug");
  await repository.create("B", "--deps", a);
  await repository.json("close", await repository.create("C"));
  expect(await repository.json("count")).toMatchObject({ count: 3 });
  expect(await repository.json("count", "--by-status")).toMatchObject({
    total: 3,
    groups: [
      { group: "closed", count: 1 },
      { group: "open", count: 2 },
    ],
  });
  const { summary } = await repository.json<{ summary: object }>("stats");
  expect(summary).toMatchObject({
    total_issues: 3,
    open_issues: 2,
    closed_issues: 1,
    blocked_issues: 1,
    ready_issues: 1,
  });
});

it("keeps the history of a bead and the feed of all", async () => {
  const repository = await bdRepository();
  const id = await repository.create("watched");
  await repository.json("update", id, "-p", "0");
  await repository.json("close", id, "-r", "failed: no");
  const history = await repository.json<{ event_type: string; changes: Record<string, unknown> }[]>(
    "history",
    id,
  );
  expect(history.map((entry) => entry.event_type)).toEqual(["closed", "updated", "created"]);
  expect(history[1]?.changes["priority"]).toEqual([2, 0]);
  const page = await repository.json<{ to: number; changes: { seq: number }[] }>("changes", "--since", "0");
  expect(page.changes.map((change) => change.seq)).toEqual(
    page.changes.map((change) => change.seq).toSorted((x, y) => x - y),
  );
  expect(
    (await repository.json<{ changes: unknown[] }>("changes", "--since", String(page.to))).changes,
  ).toEqual([]);
  const activity = await repository.bd(["activity"]);
  expect(activity.stdout).toMatch(/\[\d\d:\d\d:\d\d\] \+ \S+ created · watched\n/);
  expect(activity.stdout).toMatch(/ ✗ \S+ closed · watched\n/);
  expect(await repository.json<unknown[]>("audit", "--actor", "s*", "--field", "priority")).toHaveLength(2);
});

it("names open beads that commits mention", async () => {
  const repository = await bdRepository();
  const id = await repository.create("done in code");
  await repository.create("untouched");
  execFileSync(
    "git",
    ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--allow-empty", "-qm", `Fix (${id})`],
    {
      cwd: repository.path,
    },
  );
  expect(await repository.json<unknown>("orphans")).toMatchObject([
    { issue_id: id, latest_commit_message: `Fix (${id})` },
  ]);
});

it("scenario 13: what was exported comes in again unchanged, unknown keys and all", async () => {
  const repository = await bdRepository();
  const when = "2026-01-06T09:14:22.417Z";
  const record = {
    _type: "issue",
    id: "demo-abc12",
    title: "Foreign",
    status: "open",
    priority: 0,
    issue_type: "task",
    created_at: when,
    created_by: "kim",
    updated_at: when,
    updated_by: "kim",
    dependencies: [
      { issue_id: "demo-abc12", depends_on_id: "demo-zzz99", type: "related", created_at: when, weight: 1.5 },
    ],
    comments: [
      { id: "c-1", issue_id: "demo-abc12", author: "kim", text: "hm", created_at: when, mood: ["ok", null] },
    ],
    zeta_first: 1e21,
    x_vendor: { score: 0.7, deep: [{}] },
    "a last": null,
  };
  const line = JSON.stringify(record);
  writeFileSync(join(repository.path, "in.jsonl"), `${line}\n`);
  expect(await repository.json("import", "in.jsonl")).toMatchObject({ created: 1, ids: ["demo-abc12"] });
  await repository.json("update", "demo-abc12", "--title", "Renamed");
  const exported = (await repository.bd(["export"])).stdout;
  const now = JSON.parse(exported) as { updated_at: string };
  // Byte for byte, in the same order, but for the title and who changed it when.
  const { updated_at } = now;
  expect(exported).toBe(
    `${JSON.stringify({ ...record, title: "Renamed", updated_at, updated_by: "sam" })}\n`,
  );
  const { to } = await repository.json<{ to: number }>("changes", "--since", "0");
  const again = await repository.bd(["import", "-", "--json"], { input: exported });
  expect(again.json()).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
  expect(await repository.json("changes", "--since", String(to))).toMatchObject({ to, changes: [] });
  writeFileSync(join(repository.path, "bad.jsonl"), `${line}\n{"id":"demo-x","title":5}\n`);
  const refused = await repository.bd(["import", "bad.jsonl"]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("line 2:")]);
});

it("settings are layered and checked", async () => {
  const repository = await bdRepository();
  expect((await repository.bd(["config", "get", "nothing"])).stdout).toBe("nothing (not set)\n");
  await repository.json("config", "set", "sync.mode", "off");
  await repository.json("config", "set", "status.custom", "review:wip,shipped:done");
  expect(await repository.json("config", "get", "sync.mode")).toMatchObject({
    key: "sync.mode",
    value: "off",
  });
  const env = await repository.bd(["config", "get", "sync.mode"], { env: { BD_SYNC_MODE: "ref" } });
  expect(env.stdout).toBe("ref\n");
  expect((await repository.bd(["config", "set", "sync.mode", "sometimes"])).code).toBe(2);
  expect((await repository.bd(["config", "set", "status.custom", "open:wip"])).code).toBe(2);
  const id = await repository.create("custom");
  expect((await repository.json<BeadJson[]>("update", id, "-s", "shipped"))[0]?.status).toBe("shipped");
  expect(await repository.json("list")).toEqual([]);
  const typo = await repository.bd(["config", "set", "sync.mod", "off"]);
  expect(typo.stderr).toContain('did you mean "sync.mode"?');
});

it("remembers facts and small values", async () => {
  const repository = await bdRepository();
  await repository.json("remember", "The staging database is read-only");
  await repository.json("remember", "changed", "--key", "k");
  await repository.json("remember", "changed again", "--key", "k");
  expect(await repository.json("memories")).toMatchObject({
    k: "changed again",
    "the-staging-database-is-read-only": "The staging database is read-only",
  });
  expect((await repository.bd(["prime"])).stdout).toContain("- **k**: changed again");
  await repository.json("forget", "k");
  expect((await repository.bd(["recall", "k"])).code).toBe(1);
  await repository.json("kv", "set", "n", "42");
  expect(await repository.json("kv", "get", "n")).toMatchObject({ key: "n", value: "42", found: true });
  expect((await repository.bd(["kv", "get", "m", "--json"])).code).toBe(1);
  expect(await repository.json("kv", "clear", "n")).toMatchObject({ key: "n", deleted: "true" });
});
