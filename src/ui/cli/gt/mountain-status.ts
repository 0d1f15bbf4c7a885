import { stoppedRigs } from "../../../agents/lifecycle/rig-admission.ts";
import { type ConvoyView, viewsOf } from "../../../core/convoys/convoy-view.ts";
import { formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { trackedLine } from "./convoy-status.ts";
import { mountainFor, openMountains } from "./mountain-argument.ts";

const barCells = 20;

/** `gt mountain status` (spec/05 §8.1). */
export async function run({ args, out, ...context }: CommandContext): Promise<void> {
  const ledger = await context.ledger();
  const [word] = args;
  const convoys = word === undefined ? await openMountains(ledger) : [await mountainFor(ledger, word)];
  const views = await viewsOf(ledger, convoys, {
    parkedRigs: await stoppedRigs(ledger, await context.town()),
  });
  const documents = views.map(documentOf);
  out.document(word === undefined ? documents : documents[0]);
  if (views.length === 0) out.line("no mountains");
  for (const view of views) print(out, view, word !== undefined);
}

const count = (view: ConvoyView, state: ConvoyView["tracked"][number]["state"]): number =>
  view.tracked.filter((tracked) => tracked.state === state).length;
const skippedOf = (view: ConvoyView) =>
  view.tracked.filter((tracked) => tracked.labels.includes("mountain:skipped"));

function print(out: Output, view: ConvoyView, isDetailed: boolean): void {
  const share = view.total === 0 ? 0 : view.done / view.total;
  const filled = Math.round(share * barCells);
  const bar = `${"█".repeat(filled)}${"░".repeat(barCells - filled)}`;
  out.line(`⛰ ${view.id} ${sanitiseLine(view.title)}`);
  out.line(
    `  ${bar} ${view.done}/${view.total} (${Math.round(share * 100)} %)  ${view.state}  ${formatSpan(Date.now() - view.createdAt)}`,
  );
  out.line(
    `  ${count(view, "in-flight")} active, ${count(view, "merging")} merging, ${count(view, "ready")} ready, ${count(view, "blocked")} blocked, ${skippedOf(view).length} skipped`,
  );
  if (!isDetailed) return;
  for (const tracked of view.tracked) out.line(`  ${trackedLine(out, tracked)}`);
  for (const skipped of skippedOf(view)) {
    out.caution(`${skipped.id} was skipped`);
    out.next(`gt mountain retry ${skipped.id}`);
  }
}

function documentOf(view: ConvoyView): unknown {
  return {
    convoy_id: view.id,
    epic: view.fields.epic ?? null,
    title: view.title,
    status: view.status,
    state: view.state,
    total: view.total,
    completed: view.done,
    active: count(view, "in-flight"),
    merging: count(view, "merging"),
    ready: count(view, "ready"),
    skipped: skippedOf(view).length,
    blocked: count(view, "blocked"),
    elapsed_s: Math.round((Date.now() - view.createdAt) / 1000),
    reasons: view.reasons,
  };
}
