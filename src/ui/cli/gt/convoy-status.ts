import { stoppedRigs } from "../../../agents/lifecycle/rig-admission.ts";
import {
  type ConvoyView,
  convoyViews,
  type TrackedView,
  viewsOf,
} from "../../../core/convoys/convoy-view.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";

/** `gt convoy status` and `gt convoy show` (spec/05 §6.2). */
export async function run({ args, out, ...context }: CommandContext): Promise<void> {
  const ledger = await context.ledger();
  const [word] = args;
  const options = { parkedRigs: await stoppedRigs(ledger, await context.town()) };
  const views =
    word === undefined
      ? await convoyViews(ledger, options)
      : await viewsOf(ledger, [await findConvoy(ledger, word)], options);
  const documents = views.map(documentOf);
  out.document(word === undefined ? documents : documents[0]);
  if (views.length === 0) out.line("no open convoys");
  for (const view of views) print(out, view);
}

function print(out: Output, view: ConvoyView): void {
  out.line(`🚚 ${view.id} ${out.style.bold(sanitiseLine(view.title))}`);
  out.line(`  state     ${view.state}${view.owned ? ", closed by its owner" : ""}`);
  out.line(`  progress  ${view.done}/${view.total}`);
  out.line(`  owner     ${view.fields.owner}`);
  if (view.etaMs !== undefined)
    out.line(`  left      about ${formatSpan(view.etaMs)} at the rate of the last two hours`);
  if (view.fields.outcome !== undefined)
    out.line(
      `  outcome   ${view.fields.outcome}${view.isRegressed ? ", regressed: work of it is open again" : ""}`,
    );
  for (const tracked of view.tracked) out.line(`  ${trackedLine(out, tracked)}`);
  for (const reason of view.reasons) out.caution(sanitiseLine(reason));
}

const marks: Readonly<Record<TrackedView["state"], string>> = {
  closed: "✓",
  "in-flight": "▶",
  merging: "⇡",
  blocked: "◌",
  held: "⊘",
  ready: "○",
};

/** One tracked bead: mark, id, title, who has it, where its merge request stands. */
export function trackedLine(out: Output, tracked: TrackedView): string {
  const who = tracked.assignee === "" ? tracked.type : tracked.assignee;
  const request = tracked.mr === undefined ? "" : ` ${tracked.mr} (${tracked.mrPhase})`;
  const reason = tracked.reason === undefined ? "" : ` ${out.style.muted(sanitiseLine(tracked.reason))}`;
  return `${marks[tracked.state]} ${tracked.id}: ${sanitiseLine(tracked.title)} [${who}]${request}${reason}`;
}

function documentOf(view: ConvoyView): unknown {
  return {
    id: view.id,
    title: view.title,
    status: view.status,
    owned: view.owned,
    lifecycle: view.owned ? "caller-managed" : "system-managed",
    merge_strategy: view.fields.merge ?? "mr",
    outcome: view.fields.outcome ?? null,
    state: view.state,
    reasons: view.reasons,
    completed: view.done,
    total: view.total,
    regressed: view.isRegressed,
    eta_s: view.etaMs === undefined ? null : Math.round(view.etaMs / 1000),
    tracked: view.tracked.map((tracked) => ({
      id: tracked.id,
      title: tracked.title,
      status: tracked.status,
      dependency_type: "tracks",
      issue_type: tracked.type,
      blocked: tracked.state === "blocked",
      assignee: tracked.assignee,
      labels: tracked.labels,
      mr: tracked.mr ?? null,
      mr_phase: tracked.mrPhase ?? null,
      state: tracked.state,
    })),
  };
}
