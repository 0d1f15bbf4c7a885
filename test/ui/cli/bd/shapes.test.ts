import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { bdTree } from "../../../../src/ui/cli/bd-tree.ts";
import type { CommandSpec } from "../../../../src/ui/cli/command.ts";
import { type BdRepository, bdRepository } from "../../../support/bd-repository.ts";
import { cliEnv } from "../../../support/run-cli.ts";

// What every command prints with --json (spec/01 §2.5, §10). The objects are strict: a key too many is a difference, too.

const id = z.string().regex(/^[a-z][a-z0-9-]*-[A-Za-z0-9_.-]+$/);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
const count = z.int().min(0);
const text = z.string();
const json = z.record(text, z.unknown());

const depRecord = z.strictObject({
  issue_id: id,
  depends_on_id: text,
  type: text,
  created_at: time,
  created_by: text.optional(),
  metadata: text.optional(),
  thread_id: text.optional(),
});
const comment = z.strictObject({ id: text, issue_id: id, author: text, text, created_at: time });
const event = z.strictObject({
  seq: count,
  id: text,
  issue_id: id,
  event_type: text,
  actor: text,
  old_value: json.optional(),
  new_value: json.optional(),
  comment: text.optional(),
  created_at: time,
});
const beadKeys = {
  id,
  title: text,
  description: text.optional(),
  design: text.optional(),
  acceptance_criteria: text.optional(),
  notes: text.optional(),
  spec_id: text.optional(),
  status: text,
  priority: z.int().min(0).max(4),
  issue_type: text,
  assignee: text.optional(),
  owner: text.optional(),
  estimated_minutes: count.optional(),
  created_at: time,
  created_by: text.optional(),
  updated_at: time,
  updated_by: text.optional(),
  started_at: time.optional(),
  closed_at: time.optional(),
  close_reason: text.optional(),
  outcome: z.enum(["success", "failure", "skipped"]).optional(),
  closed_by_session: text.optional(),
  due_at: time.optional(),
  defer_until: time.optional(),
  external_ref: text.optional(),
  metadata: json.optional(),
  labels: z.array(text),
  ephemeral: z.literal(true).optional(),
  no_history: z.literal(true).optional(),
  wisp_type: text.optional(),
  pinned: z.literal(true).optional(),
  await_type: text.optional(),
  await_id: text.optional(),
  timeout: count.optional(),
  waiters: z.array(text).optional(),
  mol_type: text.optional(),
  event_kind: text.optional(),
  actor: text.optional(),
  target: text.optional(),
  payload: text.optional(),
  rev: z.int().min(1),
};
const bead = z.strictObject(beadKeys);
const beadCounts = z.strictObject({
  ...beadKeys,
  dependency_count: count,
  dependent_count: count,
  comment_count: count,
  parent: id.optional(),
  dependencies: z.array(depRecord).min(1).optional(),
});
const beadDep = z.strictObject({ ...beadKeys, dependency_type: text });
const shallowDep = z.strictObject({
  id,
  title: text,
  status: text,
  priority: count,
  issue_type: text,
  dependency_type: text,
});
const beadDetails = z.strictObject({
  ...beadKeys,
  dependencies: z.array(beadDep),
  parent: id.optional(),
  dependent_count: count,
  dependency_count: count,
  comment_count: count,
  dependents: z.array(shallowDep).optional(),
  comments: z.array(comment).optional(),
  epic_total_children: count.optional(),
  epic_closed_children: count.optional(),
  epic_closeable: z.boolean().optional(),
});
const blockedBead = z.strictObject({ ...beadKeys, blocked_by_count: count, blocked_by: z.array(id) });
const treeNode = z.strictObject({
  ...beadKeys,
  depth: count,
  parent_id: text,
  edge_from_parent: text.optional(),
  truncated: z.boolean(),
});
const relation = z.strictObject({ issue_id: id, depends_on_id: id, type: text });
const syncReport = z.strictObject({
  scope: text,
  exported: count,
  changed: count,
  merged: count,
  conflicts: count,
  committed: z.boolean(),
  commit: text.optional(),
  pushed: z.boolean(),
  error: text.optional(),
});

/** A document of its own: every object says which version of its shape it is. */
function object<T extends z.core.$ZodLooseShape>(keys: T) {
  return z.strictObject({ ...keys, schema_version: z.literal(1) });
}
const beads = z.array(bead).min(1);
const oneBead = object(beadKeys);
const counts = z.array(beadCounts);
const statusLine = z.array(
  z.strictObject({ status: z.enum(["added", "removed"]), issue_id: id, label: text }),
);
const keyAndValue = object({ key: text, value: text });

/** Beads that the table below works on: `demo-a`, ... */
function fixture(): string {
  const beads: Record<string, object> = {};
  for (const name of "a b c d e f g h i twin old gone1 gone2 gone3 gate-work".split(" "))
    beads[name] = { title: name, description: `about ${name}`, labels: ["x"] };
  const below = (parent: string) => ({ depends_on_id: `demo-${parent}`, type: "parent-child" });
  Object.assign(beads, {
    epic: { title: "epic", issue_type: "epic" },
    child: { title: "child", dependencies: [below("epic")] },
    wisp: { title: "wisp", ephemeral: true },
    mol: { title: "mol", issue_type: "molecule" },
    step: { title: "step", dependencies: [below("mol")] },
    later: { title: "later", dependencies: [below("mol"), { depends_on_id: "demo-step", type: "blocks" }] },
    dup1: { title: "the same" },
    dup2: { title: "the same" },
  });
  return Object.entries(beads)
    .map(([name, fields]) => JSON.stringify({ id: `demo-${name}`, ...fields }))
    .join("\n");
}

async function prepared(): Promise<BdRepository> {
  const repository = await bdRepository();
  const files: Readonly<Record<string, string>> = {
    "in.jsonl": fixture(),
    "plan.md": "## One\n## Two\n### Deps\n#1\n",
    "graph.json":
      '{"nodes":[{"key":"a","title":"A"},{"key":"b","title":"B"}],"edges":[{"from_key":"b","to_key":"a"}]}',
    "batch.txt": "create task 2 From a batch\n",
    "edges.jsonl": '{"from":"demo-h","to":"demo-g"}\n',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(repository.path, name), content);
  await repository.json("import", "in.jsonl");
  execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "Work on demo-i"], {
    cwd: repository.path,
    env: cliEnv(),
  });
  return repository;
}

type Row = readonly [
  command: string,
  shape: z.ZodType,
  options?: { readonly code?: number; readonly as?: string },
];

/** In this order; `{name}` stands for what an earlier command made `as` that. */
const table: readonly Row[] = [
  ["create X -p 1 -t bug", oneBead],
  ["create -f plan.md", beads],
  ["create --graph graph.json", object({ ids: z.record(text, id) })],
  ["q Quick", object({ id })],
  ["todo add Mine", oneBead, { as: "mine" }],
  ["todo list", counts],
  ["todo", counts],
  ["todo done {mine} --reason enough", object({ closed: z.array(id), reason: text })],
  ["update demo-a -p 1 --claim", beads],
  ["update demo-a", beads],
  [
    "dep add demo-b demo-c",
    object({ status: z.literal("added"), issue_id: id, depends_on_id: id, type: text }),
  ],
  [
    "dep demo-d --blocks demo-e",
    object({ status: z.literal("added"), issue_id: id, depends_on_id: id, type: text }),
  ],
  [
    "dep add --file edges.jsonl",
    object({ status: z.literal("added"), count, dependencies: z.array(relation) }),
  ],
  [
    "link demo-f demo-g -t related",
    object({ status: z.literal("added"), issue_id: id, depends_on_id: id, type: text }),
  ],
  ["dep list demo-b", z.array(beadDep).length(1)],
  ["dep list demo-c --direction up", z.array(beadDep).length(1)],
  ["dep list demo-b demo-e", z.array(depRecord).length(2)],
  ["dep tree demo-b", z.array(treeNode).length(2)],
  ["dep cycles", z.array(z.array(bead))],
  [
    "dep relate demo-a demo-b",
    object({ status: z.literal("added"), issue_id: id, related_id: id, type: text }),
  ],
  [
    "dep unrelate demo-a demo-b",
    object({ status: z.literal("removed"), issue_id: id, related_id: id, type: text }),
  ],
  ["relate demo-a demo-b", object({ status: z.literal("added"), issue_id: id, related_id: id, type: text })],
  [
    "unrelate demo-a demo-b",
    object({ status: z.literal("removed"), issue_id: id, related_id: id, type: text }),
  ],
  ["comment demo-a hello there", object(comment.shape)],
  ["comments add demo-a again", object(comment.shape)],
  ["comments demo-a", z.array(comment).length(2)],
  ["comments demo-b", z.array(comment).length(0)],
  ["show demo-b", z.array(beadDetails).length(1)],
  ["show demo-epic --include-comments --include-dependents", z.array(beadDetails).length(1)],
  ["show demo-epic --children", object({ "demo-epic": z.array(beadDep) })],
  ["show demo-c --refs", object({ "demo-c": z.array(beadDep) })],
  ["list", counts.min(5)],
  ["list --status closed --all", counts],
  ["list --title nothing-like-it", z.array(z.never())],
  ["ready", counts.min(3)],
  [
    "ready --explain",
    object({
      ready: z.array(
        z.strictObject({
          ...beadKeys,
          reason: text,
          resolved_blockers: z.array(id),
          dependency_count: count,
          dependent_count: count,
          parent: id.optional(),
        }),
      ),
      blocked: z.array(
        z.strictObject({
          ...beadKeys,
          blocked_by: z.array(z.strictObject({ id, title: text, status: text, priority: count })),
          blocked_by_count: count,
        }),
      ),
      cycles: z.array(z.array(id)).optional(),
      summary: z.strictObject({ total_ready: count, total_blocked: count, cycle_count: count }),
    }),
  ],
  [
    "ready --mol demo-mol",
    object({
      molecule_id: id,
      molecule_title: text,
      total_steps: z.literal(2),
      ready_steps: z.literal(1),
      steps: z.array(z.strictObject({ issue: bead, parallel_group: text.optional() })).length(1),
      parallel_groups: z.record(text, z.array(id)),
    }),
  ],
  ["ready --claim -l none-has-it", z.array(z.never())],
  ["ready --claim", counts.length(1)],
  ["blocked", z.array(blockedBead).min(2)],
  ["children demo-epic", counts.length(1)],
  ["search about", counts],
  ["query priority=1", counts.min(1)],
  ["count", object({ count })],
  ["count --by-type", object({ total: count, groups: z.array(z.strictObject({ group: text, count })) })],
  [
    "stats",
    object({
      summary: z.strictObject({
        total_issues: count,
        open_issues: count,
        in_progress_issues: count,
        closed_issues: count,
        blocked_issues: count,
        deferred_issues: count,
        ready_issues: count,
        pinned_issues: count,
        epics_eligible_for_closure: count,
        average_lead_time_hours: z.number(),
      }),
      recent_activity: z.strictObject({
        hours_tracked: z.literal(24),
        commit_count: z.literal(1),
        issues_created: count,
        issues_closed: count,
        issues_updated: count,
        issues_reopened: count,
        total_changes: count,
      }),
    }),
  ],
  ["stale -d 0", beads],
  [
    "history demo-a",
    z
      .array(
        z.strictObject({
          seq: count,
          at: time,
          actor: text,
          event_type: text,
          changes: z.record(text, z.tuple([z.unknown(), z.unknown()])),
          comment: text.optional(),
        }),
      )
      .min(3),
  ],
  ["audit --issue demo-a --actor s*", z.array(event).min(3)],
  ["changes --since 0", object({ from: count, to: count, reset: z.boolean(), changes: z.array(event) })],
  [
    "statuses",
    object({
      built_in_statuses: z
        .array(z.strictObject({ name: text, category: text, icon: text, description: text }))
        .length(7),
    }),
  ],
  ["types", object({ core_types: z.array(z.strictObject({ name: text, description: text })) })],
  ["graph demo-b", object({ layers: z.array(z.array(id)), nodes: z.array(bead), edges: z.array(depRecord) })],
  [
    "graph check",
    object({
      clean: z.literal(true),
      cycles: z.array(z.array(id)),
      summary: z.strictObject({ cycle_count: count }),
    }),
  ],
  [
    "lint",
    object({
      total: count,
      issues: count,
      results: z.array(
        z.strictObject({ id, title: text, type: text, missing: z.array(text), warnings: count }),
      ),
    }),
  ],
  [
    "orphans",
    z
      .array(
        z.strictObject({
          issue_id: id,
          title: text,
          status: text,
          latest_commit: text.optional(),
          latest_commit_message: text.optional(),
        }),
      )
      .length(1),
  ],
  ["sql SELECT count(*) AS n FROM issues", z.array(z.strictObject({ n: count })).length(1)],
  ["assign demo-f kim", oneBead],
  ["priority demo-f 0", oneBead],
  ["tag demo-f y", oneBead],
  ["note demo-f seen", oneBead],
  ["label demo-f --add z", statusLine],
  ["label add demo-f demo-g w", statusLine.length(2)],
  ["label remove demo-f w", statusLine],
  ["label list demo-f", z.array(text).min(2)],
  ["label list-all", z.array(z.strictObject({ label: text, count })).min(2)],
  ["label propagate demo-epic team", statusLine.length(1)],
  ["defer demo-g --until +1d", beads],
  ["undefer demo-g", beads],
  ["pin demo-g", beads],
  ["unpin demo-g", beads],
  [
    "epic status",
    z.array(
      z.strictObject({
        epic: bead,
        total_children: count,
        closed_children: count,
        eligible_for_close: z.boolean(),
      }),
    ),
  ],
  ["close demo-child -r done", beads],
  ["epic close-eligible", object({ closed: z.array(id).length(1), count })],
  ["close demo-c --suggest-next", object({ closed: beads, unblocked: beads })],
  ["close demo-i --claim-next", object({ closed: beads, claimed: bead })],
  [
    "close demo-step --continue",
    object({
      closed: beads,
      continue: z.strictObject({
        closed_step: bead,
        next_step: bead.optional(),
        auto_advanced: z.boolean(),
        molecule_complete: z.boolean(),
        molecule_id: id.optional(),
      }),
    }),
  ],
  ["reopen demo-c -r again", beads],
  ["duplicate demo-twin --of demo-a", object({ duplicate: id, canonical: id, status: z.literal("closed") })],
  [
    "supersede demo-old --with demo-a",
    object({ superseded: id, replacement: id, status: z.literal("closed") }),
  ],
  [
    "duplicates",
    object({
      duplicate_groups: z.literal(1),
      groups: z.array(
        z.strictObject({
          title: text,
          issues: z
            .array(
              z.strictObject({
                id,
                title: text,
                status: text,
                priority: count,
                references: count,
                dependents: count,
                dependencies: count,
                weight: count,
                is_merge_target: z.boolean(),
              }),
            )
            .length(2),
          suggested_target: id,
          suggested_sources: z.array(id),
          suggested_action: text,
          note: text,
        }),
      ),
    }),
  ],
  ["gate create --blocks demo-gate-work --type timer --timeout 1ms", oneBead, { as: "gate" }],
  ["gate list", beads],
  ["gate show {gate}", oneBead],
  ["gate add-waiter {gate} kim", oneBead],
  ["gate retry {gate}", oneBead],
  ["gate discover", object({ discovered: count, gates: z.array(z.unknown()), dry_run: z.boolean() })],
  [
    "gate check",
    object({
      checked: z.literal(1),
      resolved: z.literal(1),
      escalated: z.literal(0),
      errors: z.literal(0),
      dry_run: z.literal(false),
      results: z.array(z.strictObject({ id, result: text, reason: text })),
    }),
  ],
  ["gate wait {gate}", oneBead],
  ["gate resolve {gate}", oneBead],
  ["merge-slot check", object({ id, available: z.literal(false), error: z.literal("not found") })],
  ["merge-slot create", object({ id, available: z.literal(true), holder: text, waiters: z.array(text) })],
  ["merge-slot acquire --holder ann", object({ id, acquired: z.literal(true), holder: z.literal("ann") })],
  [
    "merge-slot create",
    object({ id, available: z.literal(false), holder: z.literal("ann"), waiters: z.array(text) }),
  ],
  [
    "merge-slot acquire --holder bob --wait",
    object({
      id,
      acquired: z.literal(false),
      holder: z.literal("ann"),
      waiting: z.literal(true),
      position: z.literal(1),
    }),
    { code: 1 },
  ],
  ["merge-slot release --holder ann", object({ id, released: z.literal(true) })],
  [
    "merge-slot check",
    object({ id, available: z.literal(true), holder: z.literal(""), waiters: z.array(text) }),
  ],
  [
    "set-state demo-h mode=slow --reason why",
    object({
      issue_id: id,
      dimension: text,
      old_value: text.nullable(),
      new_value: text,
      event_id: id.optional(),
      changed: z.boolean(),
    }),
  ],
  ["state demo-h mode", object({ issue_id: id, dimension: text, value: z.literal("slow") })],
  ["state list demo-h", object({ issue_id: id, states: z.record(text, text) })],
  [
    "batch -f batch.txt",
    object({
      operations: count,
      status: z.literal("ok"),
      results: z.array(z.strictObject({ line: count, op: text, target: text })),
    }),
  ],
  ["promote demo-wisp", beads],
  [
    "delete demo-gone1",
    object({
      dry_run: z.literal(true),
      would_delete: z.array(id),
      dependencies: count,
      references: count,
      dependents: z.array(id),
    }),
  ],
  [
    "delete demo-gone1 --force",
    object({ deleted: id, dependencies_removed: count, references_updated: count }),
  ],
  [
    "delete demo-gone2 demo-gone3 --force",
    object({
      deleted: z.array(id).length(2),
      deleted_count: z.literal(2),
      dependencies_removed: count,
      labels_removed: z.literal(2),
      events_removed: z.int().min(2),
      references_updated: count,
      orphaned_issues: z.array(id),
    }),
  ],
  ["purge --force", object({ purged_count: count, dependencies: count, labels: count, events: count })],
  [
    "prune --pattern X --force",
    object({ pruned_count: count, dependencies: count, labels: count, events: count }),
  ],
  ["gc --force", object({ pruned_count: count, dependencies: count, labels: count, events: count })],
  [
    "mol wisp gc",
    object({
      cleaned_ids: z.array(id),
      cleaned_count: count,
      candidates: count,
      promoted_ids: z.array(id),
      dry_run: z.boolean(),
    }),
  ],
  ["config set custom.key v", keyAndValue],
  ["config set-many custom.a=1 custom.b=2", object({ "custom.a": text, "custom.b": text })],
  ["config get custom.key", keyAndValue],
  ["config list", z.record(text, z.union([text, z.literal(1)]))],
  ["config show", z.array(z.strictObject({ key: text, value: text, source: text })).min(10)],
  ["config unset custom.key", keyAndValue],
  ["remember the sky is blue", object({ key: text, value: text, action: z.literal("added") })],
  ["memories", object({ "the-sky-is-blue": text })],
  ["recall the-sky-is-blue", keyAndValue],
  ["forget the-sky-is-blue", object({ key: text, deleted: z.literal("true") })],
  ["kv set k v", keyAndValue],
  ["kv get k", object({ key: text, value: text, found: z.literal(true) })],
  ["kv get nothing", object({ key: text, value: text, found: z.literal(false) }), { code: 1 }],
  ["kv list", object({ k: text })],
  ["kv clear k", object({ key: text, deleted: z.literal("true") })],
  [
    "sync --status",
    z.array(
      z.strictObject({
        scope: text,
        dirty: count,
        last_export: time.optional(),
        last_commit: text.optional(),
        ahead: count,
        behind: count,
        mode: text,
      }),
    ),
  ],
  ["sync --no-push", z.array(syncReport).length(1)],
  ["export -o out.jsonl", object({ file: text, exported: count })],
  [
    "import out.jsonl",
    object({
      source: text,
      created: z.literal(0),
      updated: z.literal(0),
      unchanged: count,
      skipped: count,
      dedup_skipped: count.optional(),
      memories: count.optional(),
      ids: z.array(id).optional(),
      stale_skipped_ids: z.array(id).optional(),
      skipped_dependencies: z.array(z.unknown()).optional(),
      dry_run: z.boolean().optional(),
    }),
  ],
  ["merge merged.jsonl out.jsonl out.jsonl out.jsonl", object({ merged: count, conflicts: count })],
  [
    "where",
    object({ path: text, redirected_from: text.optional(), prefix: z.literal("demo"), database_path: text }),
  ],
  ["info --schema", object({ database_path: text, mode: text, issue_count: count, schema: json })],
  ["info", object({ database_path: text, mode: text, issue_count: count })],
  [
    "ping",
    object({
      status: z.literal("ok"),
      resolve_ms: z.number(),
      store_ms: z.number(),
      query_ms: z.number(),
      total_ms: z.number(),
    }),
  ],
  ["version", object({ version: text, commit: text.optional(), branch: text.optional() })],
  ["migrate", object({ status: text, schema_version_found: count, database_path: text })],
  [
    "doctor",
    object({
      path: text,
      checks: z
        .array(
          z.strictObject({
            name: text,
            status: z.enum(["ok", "warning", "error"]),
            message: text,
            detail: z.array(text).optional(),
            fix: text.optional(),
            category: text.optional(),
          }),
        )
        .min(15),
      overall_ok: z.literal(true),
      cli_version: text,
      timestamp: time,
      platform: text,
      suppressed_count: count.optional(),
    }),
  ],
  ["backup", object({ path: text, created_at: time, bytes: count })],
  ["backup create", object({ path: text, created_at: time, bytes: count })],
  [
    "backup list",
    z.array(z.strictObject({ path: text, created_at: time, bytes: count })).min(1),
    { as: "backup" },
  ],
  ["backup restore {backup}", object({ restored: text, kept: text })],
  ["hooks install", object({ installed: z.array(text), path: text })],
  ["hooks list", z.array(z.strictObject({ name: text, installed: z.literal(true) })).length(4)],
  ["hooks uninstall", object({ removed: z.array(text).length(4), path: text })],
  ["onboard", object({ snippet: text })],
  ["rename demo-d demo-other", object({ old_id: id, new_id: z.literal("demo-other") })],
  [
    "rename-prefix shop --dry-run",
    object({ old_prefix: text, new_prefix: text, renamed: count, dry_run: z.literal(true) }),
  ],
  ["dep remove demo-b demo-c", object({ status: z.literal("removed"), issue_id: id, depends_on_id: id })],
  [
    "gate discover --dry-run",
    object({ discovered: count, gates: z.array(z.unknown()), dry_run: z.literal(true) }),
  ],
  [
    "show demo-nothere",
    object({ error: text, code: z.literal("not_found"), hint: text.optional() }),
    { code: 3 },
  ],
];

it("prints with --json what the chapter says, command by command", { timeout: 180_000 }, async () => {
  const repository = await prepared();
  const made = new Map<string, string>();
  const differences: string[] = [];
  const look = async ([command, shape, options = {}]: Row): Promise<void> => {
    const [first = "", ...words] = command.split(" ").map((word) => made.get(word) ?? word);
    // A query is one word.
    const args = first === "sql" ? [first, words.join(" ")] : [first, ...words];
    const { stdout, stderr, code } = await repository.bd([...args, "--json"]);
    const problem = code === (options.code ?? 0) ? problemOf(stdout, shape) : `exit code ${code}: ${stderr}`;
    if (problem !== undefined) differences.push(`${command}: ${problem}`);
    if (options.as !== undefined)
      made.set(`{${options.as}}`, /"(?:id|path)": "(.*)"/.exec(stdout)?.[1] ?? "nothing");
  };
  // Those that only read run side by side.
  let reading: Row[] = [];
  for (const row of table) {
    const isReading = readers.test(row[0]) && row[2]?.as === undefined;
    if (isReading) reading.push(row);
    if (isReading && reading.length < 4) continue;
    await Promise.all(reading.map(look));
    reading = [];
    if (!isReading) await look(row);
  }
  await Promise.all(reading.map(look));
  expect(differences).toEqual([]);
});

const readers =
  /^(?:show|list|blocked|children|search|query|count|stats|stale|history|audit|changes|statuses|types|graph|lint|orphans|sql|where|info|ping|version|migrate|ready --(?:explain|mol)|(?:dep|label|kv|config|hooks|gate|todo|state) list|dep (?:tree|cycles)|comments demo|label list-all|epic status|config (?:get|show)|kv get|doctor|onboard|recall|memories|merge-slot check)\b/;

/** What is wrong with a document: it must be the shape, two spaces deep, and end with one line feed. */
function problemOf(stdout: string, shape: z.ZodType): string | undefined {
  try {
    const document: unknown = JSON.parse(stdout);
    if (`${JSON.stringify(document, undefined, 2)}\n` !== stdout)
      return "not in the form of the other documents";
    const { error } = shape.safeParse(document);
    return error === undefined ? undefined : z.prettifyError(error).replaceAll("\n", " ");
  } catch {
    return `no JSON document: ${stdout.slice(0, 80)}`;
  }
}

it("leaves no command out", () => {
  /** What prints no document of its own, or is tested where it belongs. */
  const elsewhere = /^(?:activity|completion|help|init|mail|prime|hooks run|__complete|formula|cook|mol)\b/;
  const walk = (level: readonly CommandSpec[], parents: readonly string[] = []): readonly string[] =>
    level.flatMap((command) => {
      const words = [...parents, command.name];
      return [...(command.load ? [words.join(" ")] : []), ...walk(command.subcommands ?? [], words)];
    });
  const shown = new Set(table.map(([command]) => command));
  const missing = walk(bdTree).filter(
    (name) => !elsewhere.test(name) && ![...shown].some((command) => `${command} `.startsWith(`${name} `)),
  );
  expect(missing).toEqual([]);
});
