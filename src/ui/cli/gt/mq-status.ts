import { formatTime } from "../../../core/clock.ts";
import { findRun, type RunRecord } from "../../../core/merge/run-record.ts";
import { type QueueRow, queueView } from "../../../core/merge/queue-view.ts";
import { score } from "../../../core/merge/score.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { requestDocument } from "./mq-document.ts";
import { chooseRequest } from "./mq-rig.ts";

/** How far back the request's history is looked for. */
const searchedChanges = 20_000;

/** `gt mq status` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const { mr, rig } = await chooseRequest(context);
  const { ledger, clock } = await context.access();
  const now = clock.now();
  const row: QueueRow = (await queueView(ledger, rig, now)).rows.find((each) => each.mr.id === mr.id) ?? {
    mr,
    target: mr.target || rig.defaultBranch,
    status: "closed",
    reason: mr.closeReason,
    score: score(mr, now),
    blockedBy: [],
  };
  const runId = mr.run || mr.evidence;
  const run = runId === "" ? undefined : await findRun(ledger, rig.name, runId);
  const blocks = (await ledger.dependents(mr.id)).map((edge) => edge.from);
  const { changes } = await ledger.changes(Math.max(0, (await ledger.head()) - searchedChanges), {
    scopes: [rig.name],
  });
  const history = changes
    .filter((change) => change.beadId === mr.id)
    .map((change) => ({
      at: formatTime(change.createdAt),
      type: change.type,
      actor: change.actor,
      value: change.newValue ?? {},
    }));
  const evidence = run === undefined ? undefined : evidenceOf(run, mr.id);
  out.document({
    ...requestDocument(row),
    type: "merge-request",
    closed_at: mr.closedAt === undefined ? null : formatTime(mr.closedAt),
    merge_commit: mr.mergeCommit,
    close_reason: mr.closeReason,
    landed_by: mr.landedBy,
    pr_number: mr.prNumber,
    pr_url: mr.prUrl,
    depends_on: (await ledger.dependencies(mr.id)).map((edge) => edge.to),
    blocks,
    history,
    evidence: evidence ?? null,
  });
  if (out.json) return;
  out.line(`${mr.id} ${row.status}${row.reason === "" ? "" : ` (${sanitiseLine(row.reason)})`}`);
  for (const [name, value] of fieldsOf(row))
    if (value !== "") out.line(`  ${name.padEnd(12)} ${sanitiseLine(value)}`);
  if (row.blockedBy.length > 0) out.line(`  waiting on   ${row.blockedBy.join(" ")}`);
  if (blocks.length > 0) out.line(`  blocking     ${blocks.join(" ")}`);
  for (const entry of history) out.line(`  ${entry.at} ${entry.type} by ${sanitiseLine(entry.actor)}`);
  if (evidence === undefined) return;
  out.line(`  run ${evidence.run} on ${sanitiseLine(evidence.target)}: ${evidence.kind}`);
  for (const probe of evidence.probes)
    out.line(
      `    prefix ${probe.prefix} ${sanitiseLine(probe.gate)}: ${probe.verdict ?? "running"} ${sanitiseLine(probe.why)}`.trimEnd(),
    );
  for (const line of evidence.tail) out.line(`    | ${sanitise(line)}`);
  if (evidence.log !== "") out.next(`gt mq log ${mr.id}`);
}

function fieldsOf({ mr, target }: QueueRow): readonly (readonly [string, string])[] {
  return [
    ["branch", mr.branch],
    ["target", target],
    ["commit", mr.commitSha],
    ["issue", mr.sourceIssue],
    ["worker", mr.worker],
    ["convoy", mr.convoyId],
    ["priority", `P${mr.priority}`],
    ["attempts", mr.fixAttempts > 0 ? `${mr.fixAttempts} failed` : ""],
    ["conflicts", mr.retryCount > 0 ? `${mr.retryCount}, task ${mr.conflictTaskId || "-"}` : ""],
    ["merged as", mr.mergeCommit],
    ["landed by", mr.landedBy],
    ["pull request", mr.prUrl],
  ];
}

/** What a run says about one of its members. */
export function evidenceOf(run: RunRecord, id: string) {
  const position = run.items.findIndex((item) => item.id === id) + 1;
  const probes = run.probes.map((probe) => ({
    prefix: probe.prefix,
    attempt: probe.attempt,
    gate: probe.gate,
    verdict: probe.verdict,
    why: probe.why ?? "",
    ms: probe.ms,
    log: probe.log,
  }));
  const failure = run.probes.findLast((probe) => probe.prefix === position && probe.verdict === "red");
  return {
    run: run.id,
    target: run.target,
    base: run.base,
    prefix: position,
    /** The prefix before it was green, so that it fails by itself or together with one of those. */
    kind: position > 1 ? "own_or_interaction" : "own",
    probes,
    log: failure?.log ?? "",
    tail: failure?.tail ?? [],
  };
}
