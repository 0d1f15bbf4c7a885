import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bdRepository } from "../../../support/bd-repository.ts";

/** Beads that refuse something: a chain, an epic with a child, a template, a pinned one, somebody's, a gate. */
function fixture(): string {
  const edge = (to: string, type = "blocks") => ({ depends_on_id: to, type });
  const beads = [
    { id: "demo-a", title: "A" },
    { id: "demo-b", title: "B", dependencies: [edge("demo-a")] },
    { id: "demo-c", title: "C", dependencies: [edge("demo-b")] },
    { id: "demo-epic", title: "E", issue_type: "epic" },
    { id: "demo-kid", title: "K", dependencies: [edge("demo-epic", "parent-child")] },
    { id: "demo-tpl", title: "T", is_template: true },
    { id: "demo-pin", title: "P", status: "pinned", pinned: true },
    { id: "demo-hers", title: "H", status: "in_progress", assignee: "kim" },
    { id: "demo-ice", title: "I", status: "blocked" },
    { id: "demo-gate", title: "G", issue_type: "gate", await_type: "bead", await_id: "demo-a" },
    { id: "demo-abc12", title: "one" },
    { id: "demo-abc19", title: "two" },
  ];
  return beads.map((bead) => JSON.stringify(bead)).join("\n");
}

type Refusal = readonly [args: readonly string[], exitCode: number, code: string, message: string];

const long = "x".repeat(2_000);
const refusals: readonly Refusal[] = [
  // Ids (01 §3)
  [["create", "x", "--id", "demo-a"], 4, "conflict", "issue demo-a already exists"],
  [
    ["create", "x", "--id", "demo-y", "--parent", "demo-a"],
    2,
    "usage",
    "--id and --parent cannot be used together",
  ],
  [["create", "x", "--id", "Demo y"], 2, "invalid", "invalid id"],
  [
    ["show", "abc1"],
    4,
    "ambiguous",
    'ambiguous ID "abc1" matches 2 issues: demo-abc12, demo-abc19; use more characters',
  ],
  [["show", "q"], 3, "not_found", 'no issue found matching "q"'],
  [["close", "zzz"], 3, "not_found", 'no issue found matching "zzz"'],
  [["create", "-x"], 2, "usage", "-x"],
  [
    ["create", "--", "--nope"],
    2,
    "invalid",
    'title "--nope" looks like a flag; pass it as --title="--nope" if intended',
  ],
  // Edges (01 §4)
  [["dep", "add", "demo-a", "demo-a"], 2, "invalid", "cannot add self-dependency: demo-a"],
  [["dep", "add", "demo-a", "demo-c"], 2, "invalid", "adding dependency would create a cycle: demo-"],
  [
    ["dep", "add", "demo-kid", "demo-a", "-t", "parent-child"],
    2,
    "invalid",
    "demo-kid already has parent demo-epic; use bd update --parent to move it",
  ],
  [
    ["dep", "add", "demo-kid", "demo-epic"],
    2,
    "invalid",
    "cannot add dependency: demo-kid is a descendant of demo-epic; this would deadlock",
  ],
  [
    ["dep", "add", "demo-epic", "demo-kid", "--no-cycle-check"],
    2,
    "invalid",
    "cannot add dependency: demo-kid is a descendant of demo-epic; this would deadlock",
  ],
  [["create", "x", "--deps", "demo-a,nonsense:demo-b"], 2, "invalid", 'unknown dependency type "nonsense"'],
  [["create", "x", "--deps", "demo-a,demo-zzz"], 3, "not_found", 'no issue found matching "demo-zzz"'],
  [["update", "demo-epic", "--parent", "demo-kid"], 2, "invalid", ""],
  // Closing (01 §5.3)
  [["close", "demo-tpl", "--force"], 1, "failed", "cannot modify template demo-tpl: pour it instead"],
  [["update", "demo-tpl", "-p", "1"], 1, "failed", "cannot modify template demo-tpl: pour it instead"],
  [["close", "demo-pin"], 1, "refused", "cannot modify pinned issue demo-pin"],
  [["close", "demo-epic"], 1, "refused", "cannot close epic demo-epic: 1 open child issue(s)"],
  [["close", "demo-b"], 1, "refused", "cannot close demo-b: blocked by open issues [demo-a]"],
  [
    ["close", "demo-gate"],
    1,
    "refused",
    "cannot close demo-gate: gate condition not satisfied: demo-a is open (use --force to override)",
  ],
  [["close", "demo-b", "demo-pin"], 1, "failed", "none of 2 issues could be changed"],
  [["close", "demo-a", "-r", "one", "-r", "two"], 2, "usage", "2 reasons for 1 issues"],
  [["close", "demo-a", "--output", "{"], 2, "invalid", "--output is not valid JSON"],
  [["close", "demo-a", "demo-b", "--continue"], 2, "usage", "--suggest-next and --continue take one id"],
  // Claims and conditions (01 §7.5)
  [
    ["update", "demo-hers", "--claim"],
    4,
    "already_claimed",
    "Error claiming demo-hers: already claimed by kim",
  ],
  [
    ["update", "demo-ice", "--claim"],
    4,
    "already_claimed",
    "Error claiming demo-ice: not claimable: status blocked",
  ],
  [
    ["update", "demo-a", "-p", "0", "--if-rev", "9"],
    4,
    "conflict",
    "conflict: demo-a is at rev 1, status open, assignee ",
  ],
  [
    ["update", "demo-a", "-p", "0", "--if-status", "closed"],
    4,
    "conflict",
    "conflict: demo-a is at rev 1, status open, assignee ",
  ],
  // Values (01 §2.6, §10)
  [["update", "demo-a", "--title", ""], 2, "invalid", "title is required"],
  [["update", "demo-a", "--title", long], 2, "invalid", "title too long: 2000 characters (maximum 500)"],
  [["update", "demo-a", "-s", "paused"], 2, "invalid", 'invalid status "paused" (valid: open, '],
  [["update", "demo-a", "-t", "zebra"], 2, "invalid", 'invalid issue type "zebra" (valid: '],
  [["update", "demo-a", "-p", "5"], 2, "invalid", 'invalid priority "5" (use 0-4 or P0-P4)'],
  [["update", "demo-a", "-e", "soon"], 2, "invalid", "estimate must be a non-negative number of minutes"],
  [["update", "demo-a", "--metadata", "[1]"], 2, "invalid", "metadata is not a valid JSON object"],
  [["update", "demo-a", "--set-metadata", "_own=1"], 2, "invalid", 'invalid metadata key "_own"'],
  [
    ["update", "demo-a", "--due", "25:99"],
    2,
    "usage",
    'cannot parse time "25:99" (examples: +6h, tomorrow, 2026-01-15)',
  ],
  [["label", "add", "demo-a", " "], 2, "invalid", "label cannot be empty"],
  [["label", "add", "demo-a", "x".repeat(256)], 2, "invalid", "label too long (maximum 255)"],
  [["label", "add", "demo-a", "a,b"], 2, "invalid", "label"],
  [
    ["update", "demo-a", "--ephemeral", "--no-history"],
    2,
    "invalid",
    "--ephemeral and --no-history are mutually exclusive",
  ],
  [["comment", "demo-a", "  "], 2, "usage", "the comment is empty"],
  [["note", "demo-a", ""], 2, "usage", "the note is empty"],
  [
    ["create", "x", "--event-actor", "me"],
    2,
    "usage",
    "--event-category, --event-actor, --event-target and --event-payload need -t event",
  ],
  [["create", "a", "--title", "b"], 2, "usage", "the title is given twice, and differently"],
  [["create", "x", "--validate"], 2, "invalid", 'validation failed: missing "## Acceptance Criteria"'],
  [["config", "set", "status.custom", "Big:wip"], 2, "invalid", ""],
  [["config", "set", "status.custom", "open:wip"], 2, "invalid", ""],
  [
    ["config", "set", "sync.mode", "sometimes"],
    2,
    "invalid",
    'invalid value "sometimes" for sync.mode (valid: branch, ref, worktree, off)',
  ],
  [["create", "x", "--prefix", "nope"], 2, "usage", 'unknown prefix "nope"'],
  [["rename", "demo-a", "demo-b"], 4, "conflict", "issue demo-b already exists"],
  [["rename", "demo-a", "No Id"], 2, "invalid", "invalid id"],
  [["rename-prefix", "9x"], 2, "invalid", "invalid prefix"],
  [["set-state", "demo-a", "mode"], 2, "usage", '"mode" is not dimension=value'],
  [["prune"], 2, "usage", "bd prune needs --older-than or --pattern"],
  [["merge-slot", "acquire"], 3, "not_found", "demo-merge-slot does not exist"],
  [["gate", "show", "demo-a"], 2, "usage", "demo-a is not a gate (type=task)"],
  [["duplicate", "demo-a", "--of", "demo-a"], 2, "usage", "demo-a cannot replace itself"],
  [["init"], 1, "refused", "already initialized: "],
  [["import", "nowhere.jsonl"], 1, "failed", "cannot read nowhere.jsonl: no such file"],
  [["import", "bad.jsonl"], 2, "invalid", "line 2: "],
  [["create", "--file", "bad.jsonl"], 2, "usage", "bad.jsonl is not a .md or .markdown file"],
  [
    ["batch", "-f", "bad-batch.txt"],
    1,
    "refused",
    "line 2: cannot close demo-b: blocked by open issues [demo-a]",
  ],
  [["dep", "add", "--file", "bad-edges.jsonl"], 2, "usage", "line 1: expected "],
  [["sql", "DELETE FROM issues"], 1, "refused", "this statement may change the ledger behind its back"],
  [["create", "x", "--readonly"], 1, "refused", "operation 'create' is not allowed in read-only mode"],
  [
    ["delete", "demo-a", "--force", "--readonly"],
    1,
    "refused",
    "operation 'delete' is not allowed in read-only mode",
  ],
  [["merge", "out.jsonl", "no", "no", "no"], 1, "failed", "cannot read no: no such file"],
  [["frobnicate"], 2, "usage", 'unknown command "frobnicate"'],
  [["list", "--frobnicate"], 2, "usage", "--frobnicate"],
];

it("answers every kind of bad input with its message and code, on both streams, and changes nothing", {
  timeout: 180_000,
}, async () => {
  const repository = await bdRepository();
  writeFileSync(join(repository.path, "in.jsonl"), fixture());
  writeFileSync(join(repository.path, "bad.jsonl"), '{"title":"fine"}\n{"title":"P9","priority":9}\n');
  writeFileSync(
    join(repository.path, "bad-batch.txt"),
    "update demo-a priority=0\nclose demo-b\ncreate task 2 More\n",
  );
  writeFileSync(join(repository.path, "bad-edges.jsonl"), '{"from":"demo-a"}\n');
  await repository.json("import", "in.jsonl");
  const state = async () => [
    (await repository.bd(["export", "--all"])).stdout,
    (await repository.json<{ to: number }>("changes", "--since", "0")).to,
  ];
  const before = await state();
  const differences: string[] = [];
  const look = async ([args, exitCode, code, message]: Refusal): Promise<void> => {
    const { stdout, stderr, code: exited } = await repository.bd(["--json", ...args]);
    const name = args.join(" ").slice(0, 80);
    const [said = ""] = stderr
      .split("\n")
      .filter((line) => /^Error/.test(line))
      .slice(-1);
    const told = /^\{/.test(stdout) ? (JSON.parse(stdout) as Readonly<Record<string, unknown>>) : {};
    if (exited !== exitCode || told["code"] !== code)
      differences.push(`${name}: ${exited} ${told["code"]} ${stderr}`);
    if (!String(told["error"]).startsWith(message) && !String(told["error"]).includes(message))
      differences.push(`${name}: ${told["error"]}`);
    if (!said.includes(String(told["error"]).split("\n")[0] ?? "?"))
      differences.push(`${name}: stderr says "${said}"`);
    const keys = Object.keys(told).filter(
      (key) => !["error", "code", "hint", "details", "schema_version"].includes(key),
    );
    if (keys.length > 0 || told["schema_version"] !== 1)
      differences.push(`${name}: ${Object.keys(told).join()}`);
  };
  for (let n = 0; n < refusals.length; n += 4) await Promise.all(refusals.slice(n, n + 4).map(look));
  expect(differences).toEqual([]);
  expect(await state()).toEqual(before);
});
