import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type BeadJson, bdRepository } from "../../../support/bd-repository.ts";
import { waitFor } from "../../../support/wait-for.ts";

it("scenario 10: a Markdown plan becomes beads in one transaction", async () => {
  const repository = await bdRepository();
  const plan = [
    "# Plan",
    "## First thing",
    "Why it matters.",
    "```",
    "## not a heading",
    "```",
    "### Priority",
    "1",
    "### Acceptance",
    "- [ ] works",
    "## Second thing",
    "### Type",
    "nonsense",
    "### Labels",
    "a, b",
    "## Third thing",
    "### Dependencies",
    "#1",
    "### Open questions",
    "None.",
  ];
  writeFileSync(join(repository.path, "plan.md"), plan.join("\n"));
  const result = await repository.bd(["create", "--file", "plan.md", "--json"]);
  expect(result.stderr).toContain('warning: "Second thing": unknown type "nonsense", using task');
  const [first, second, third] = result.json<BeadJson[]>();
  expect(first).toMatchObject({ title: "First thing", priority: 1, acceptance_criteria: "- [ ] works" });
  expect(first?.["description"]).toContain("## not a heading");
  expect(second).toMatchObject({ issue_type: "task", labels: ["a", "b"] });
  expect(third?.["description"]).toBe("### Open questions\nNone.");
  expect(await repository.ready()).toEqual([first?.id, second?.id].toSorted());

  writeFileSync(join(repository.path, "bad.md"), "## One\n## Two\n### Dependencies\ndemo-zzzzz\n");
  expect((await repository.bd(["create", "-f", "bad.md"])).code).toBe(3);
  expect(await repository.json<unknown[]>("list")).toHaveLength(3);
  writeFileSync(join(repository.path, "empty.md"), "nothing\n");
  expect((await repository.bd(["create", "-f", "empty.md"])).stderr).toContain("no issues found in empty.md");
});

it("a graph file becomes beads, parents before children", async () => {
  const repository = await bdRepository();
  const graph = {
    nodes: [
      {
        key: "leaf",
        title: "Leaf",
        parent_key: "root",
        metadata_refs: { origin: "root", next: "last" },
        colour: "red",
      },
      { key: "root", title: "Root", type: "epic", priority: 1 },
      { key: "last", title: "$root", metadata: { said: "$root" } },
    ],
    edges: [{ from_key: "last", to_key: "leaf" }],
  };
  writeFileSync(join(repository.path, "g.json"), JSON.stringify(graph));
  const result = await repository.bd(["create", "--graph", "g.json", "--json"]);
  expect(result.stderr).toContain('warning: unknown field "colour"');
  const { ids } = result.json<{ ids: Record<string, string> }>();
  expect(ids["leaf"]).toBe(`${ids["root"]}.1`);
  const [leaf] = await repository.json<BeadJson[]>("show", ids["leaf"] ?? "");
  expect(leaf?.["metadata"]).toEqual({ origin: ids["root"], next: ids["last"] });
  const [last] = await repository.json<BeadJson[]>("show", ids["last"] ?? "");
  expect(last, "text that looks like a key is text").toMatchObject({
    title: "$root",
    metadata: { said: "$root" },
  });
  expect(await repository.ready()).not.toContain(ids["last"]);
});

it("short forms change one field each", async () => {
  const repository = await bdRepository();
  const id = (await repository.bd(["q", "quick", "one"])).stdout.trim();
  expect(id).toMatch(/^demo-[0-9a-z]{5}$/);
  await repository.json("assign", id, "kim");
  await repository.json("priority", id, "P0");
  await repository.json("tag", id, "backend");
  await repository.json("note", id, "first");
  await repository.json("note", id, "second");
  const [bead] = await repository.json<BeadJson[]>("show", id);
  expect(bead).toMatchObject({
    title: "quick one",
    assignee: "kim",
    priority: 0,
    labels: ["backend"],
    notes: "first\nsecond",
  });
});

it("scenario 4: a deferred ancestor hides what is below it until it wakes up by itself", {
  timeout: 60_000,
}, async () => {
  const repository = await bdRepository();
  const epic = await repository.create("E", "-t", "epic");
  const child = await repository.create("C", "--parent", epic);
  const grandchild = await repository.create("D", "--parent", child);
  const deferred = async (until: string) =>
    (await repository.json<BeadJson[]>("defer", epic, "--until", until))[0];
  expect(await deferred("+1h")).toMatchObject({ status: "deferred" });
  expect(await repository.ready()).toEqual([]);
  const all = await repository.json<BeadJson[]>("ready", "--include-deferred");
  expect(all.map((bead) => bead.id)).toEqual(expect.arrayContaining([child, grandchild]));
  expect((await repository.json<BeadJson[]>("undefer", epic))[0]).toMatchObject({ status: "open" });
  expect((await repository.bd(["undefer", epic])).stderr).toContain(`${epic} is not deferred`);
  expect(await repository.ready()).toEqual([epic, child, grandchild].toSorted());

  expect(await deferred("+2s")).toMatchObject({ status: "deferred" });
  await waitFor(async () => (await repository.ready()).includes(grandchild), { timeoutMs: 30_000 });
  expect((await repository.json<BeadJson[]>("show", epic))[0]).toMatchObject({ status: "open" });
  const woken = await repository.json<readonly Record<string, unknown>[]>("history", epic, "--limit", "1");
  expect(woken).toMatchObject([{ event_type: "undeferred", actor: "system" }]);
});

it("labels are added, removed, listed and handed to children", async () => {
  const repository = await bdRepository();
  const [a, b] = [await repository.create("A", "-t", "epic"), await repository.create("B")];
  const child = await repository.create("C", "--parent", a);
  expect(await repository.json<unknown>("label", "add", a, b, "urgent")).toEqual([
    { status: "added", issue_id: a, label: "urgent" },
    { status: "added", issue_id: b, label: "urgent" },
  ]);
  await repository.json("label", b, "--add", "x,y", "--remove", "urgent");
  expect(await repository.json<unknown>("label", "list", b)).toEqual(["x", "y"]);
  expect(await repository.json<unknown>("label", "propagate", a, "team")).toEqual([
    { status: "added", issue_id: child, label: "team" },
  ]);
  expect(await repository.json<unknown>("label", "list-all")).toEqual([
    { label: "team", count: 1 },
    { label: "urgent", count: 1 },
    { label: "x", count: 1 },
    { label: "y", count: 1 },
  ]);
  expect((await repository.bd(["label", "add", a, "with,comma"])).code).toBe(2);
});

it("comments are kept in order with their authors", async () => {
  const repository = await bdRepository();
  const id = await repository.create("talked about");
  expect(await repository.json<unknown[]>("comments", id)).toEqual([]);
  await repository.json("comment", id, "first", "words");
  const fromStdin = await repository.bd(["comments", "add", id, "--stdin", "-a", "kim"], {
    input: "second\nline\n",
  });
  expect(fromStdin.code).toBe(0);
  const comments = await repository.json<{ author: string; text: string }[]>("comments", id);
  expect(comments.map(({ author, text }) => [author, text])).toEqual([
    ["sam", "first words"],
    ["kim", "second\nline"],
  ]);
  expect((await repository.bd(["comment", id, "  "])).code).toBe(2);
});

it("a delete is only a preview until it is forced, and mentions say what is gone", async () => {
  const repository = await bdRepository();
  const a = await repository.create("A");
  const b = await repository.create("B", "--deps", a, "-d", `after ${a}, not ${a}x`);
  const preview = await repository.bd(["delete", a]);
  expect(preview.code).toBe(0);
  expect(preview.stdout).toContain(`still needed by: ${b}`);
  expect(await repository.json<unknown[]>("list")).toHaveLength(2);
  expect(await repository.json("delete", a, "--force")).toMatchObject({ deleted: a, references_updated: 1 });
  const [left] = await repository.json<BeadJson[]>("list");
  expect(left).toMatchObject({ id: b, description: `after [deleted:${a}], not ${a}x` });
  expect(await repository.ready()).toEqual([b]);
  const c = await repository.create("C", "--deps", b);
  expect(await repository.json("delete", b, "--cascade")).toMatchObject({
    deleted_count: 2,
    deleted: [b, c],
  });
  expect(await repository.json("list", "--all")).toEqual([]);
});

it("a state dimension has one value, and each change is recorded", async () => {
  const repository = await bdRepository();
  const id = await repository.create("patrolled");
  const set = await repository.json<{ event_id: string }>(
    "set-state",
    id,
    "patrol=muted",
    "--reason",
    "night",
  );
  expect(set).toMatchObject({ dimension: "patrol", old_value: null, new_value: "muted", changed: true });
  const [event] = await repository.json<BeadJson[]>("show", set.event_id);
  expect(event).toMatchObject({ issue_type: "event", event_kind: "state.patrol", status: "closed" });
  await repository.json("set-state", id, "patrol=active");
  expect(await repository.json("state", id, "patrol")).toMatchObject({ value: "active" });
  expect(await repository.json("set-state", id, "patrol=active")).toMatchObject({ changed: false });
  expect((await repository.bd(["set-state", id, "nonsense"])).code).toBe(2);
});

it("gates hold back until they are resolved, by hand or by their condition", async () => {
  const repository = await bdRepository();
  const work = await repository.create("deploy");
  const gate = await repository.json("gate", "create", "--blocks", work, "-r", "needs approval");
  expect(gate).toMatchObject({ issue_type: "gate", title: "Gate: human" });
  expect(await repository.ready()).toEqual([]);
  expect((await repository.bd(["gate", "show", work])).stderr).toContain(`${work} is not a gate (type=task)`);
  await repository.json("gate", "resolve", gate.id, "-r", "approved");
  expect(await repository.ready()).toEqual([work]);
  const timer = await repository.json(
    "gate",
    "create",
    "--blocks",
    work,
    "--type",
    "timer",
    "--timeout",
    "1ms",
  );
  expect(await repository.json("gate", "check", "--dry-run")).toMatchObject({
    checked: 1,
    resolved: 1,
    dry_run: true,
  });
  expect(await repository.ready()).toEqual([]);
  expect(await repository.json("gate", "check")).toMatchObject({ checked: 1, resolved: 1 });
  expect((await repository.json<BeadJson[]>("show", timer.id))[0]).toMatchObject({ status: "closed" });
});

it("a molecule that a gate held back is found once the gate is closed, until somebody works in it", async () => {
  const repository = await bdRepository();
  const root = await repository.create("release", "-t", "molecule");
  const step = await repository.create("publish", "--parent", root);
  const gate = await repository.json("gate", "create", "--blocks", step);
  expect(await repository.json("ready", "--gated")).toMatchObject({ molecules: [], count: 0 });
  await repository.json("gate", "resolve", gate.id);
  expect(await repository.json("ready", "--gated")).toMatchObject({
    molecules: [{ molecule_id: root, closed_gate: { id: gate.id }, ready_step: { id: step } }],
    count: 1,
  });
  expect((await repository.bd(["ready", "--gated"])).stdout).toContain(`  ready: ${step} — publish`);
  await repository.json("update", step, "--claim");
  expect(await repository.json("ready", "--gated")).toMatchObject({ count: 0 });
});

it("the merge slot has one holder and a queue", async () => {
  const repository = await bdRepository();
  expect(await repository.json("merge-slot", "check")).toMatchObject({
    available: false,
    error: "not found",
  });
  await repository.json("merge-slot", "create");
  expect(await repository.json("merge-slot", "acquire", "--holder", "ann")).toMatchObject({ acquired: true });
  const second = await repository.bd(["merge-slot", "acquire", "--holder", "bob", "--wait", "--json"]);
  expect([second.code, second.json()]).toMatchObject([1, { acquired: false, holder: "ann", position: 1 }]);
  expect((await repository.bd(["merge-slot", "release", "--holder", "bob"])).code).toBe(4);
  await repository.json("merge-slot", "release", "--holder", "ann");
  expect((await repository.bd(["merge-slot", "acquire", "--holder", "eve"])).code).toBe(1);
  expect(await repository.json("merge-slot", "acquire", "--holder", "bob")).toMatchObject({ acquired: true });
});

it("a batch is applied whole, or its first wrong line is named", async () => {
  const repository = await bdRepository();
  const id = await repository.create("old");
  const good = `# comment\nupdate ${id} priority=0 title="new title"\ncreate bug P1 "a bug here"\nclose ${id} all done\n`;
  const applied = await repository.bd(["batch", "--json"], { input: good });
  expect(applied.json<{ operations: number }>()).toMatchObject({ operations: 3, status: "ok" });
  const [bead] = await repository.json<BeadJson[]>("show", id);
  expect(bead).toMatchObject({ title: "new title", priority: 0, status: "closed", close_reason: "all done" });
  const bad = await repository.bd(["batch"], {
    input: `create task 2 fine\nupdate ${id} status=bogus\ncreate task 2 more\n`,
  });
  expect(bad.code).toBe(2);
  expect(bad.stderr).toContain('line 2: invalid status "bogus"');
  expect(await repository.json<unknown[]>("list")).toHaveLength(1);
});

it("duplicates are found and merged into the one that most hangs on", async () => {
  const repository = await bdRepository();
  const ids = [
    await repository.create("same"),
    await repository.create("same"),
    await repository.create("other"),
  ];
  await repository.create("needs it", "--deps", ids[1] ?? "");
  const found = await repository.json<{ groups: { suggested_target: string }[] }>("duplicates");
  expect(found.groups.map((group) => group.suggested_target)).toEqual([ids[1]]);
  await repository.json("duplicates", "--auto-merge");
  const [closed] = await repository.json<BeadJson[]>("show", ids[0] ?? "");
  expect(closed).toMatchObject({ status: "closed", close_reason: `duplicate of ${ids[1]}` });
});
