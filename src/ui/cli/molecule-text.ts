import type { MoleculeProgress } from "../../core/formulas/molecule.ts";
import type { MoleculeStep } from "../../core/formulas/step-states.ts";
import { formatSpan } from "../../core/duration.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { Output } from "./output.ts";
import type { Style } from "./style.ts";

const barCells = 20;

/** `[######..............]`, as wide for every molecule. */
export function progressBar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.floor((done / total) * barCells);
  return `[${"#".repeat(filled)}${".".repeat(barCells - filled)}]`;
}

export const percentOf = (done: number, total: number): number =>
  total === 0 ? 0 : Math.round((done / total) * 100);

/** `[done] 3 implement  Solve it`, with why where it is held back. */
export function stepLine(step: MoleculeStep, style: Style): string {
  const mark = stateStyle(step, style)(`[${step.state}]`);
  const why = step.state === "blocked" || step.state === "failed" ? `: ${sanitiseLine(step.reason)}` : "";
  return `${mark} ${step.index} ${step.step}  ${sanitiseLine(step.title)}${why}`;
}

function stateStyle({ state }: MoleculeStep, style: Style): (text: string) => string {
  switch (state) {
    case "done":
      return style.pass;
    case "failed":
    case "blocked":
      return style.failure;
    case "current":
    case "ready":
      return style.accent;
    case "skipped":
    case "pending":
      return style.muted;
  }
}

/** The shape of `gt mol progress` and `bd mol progress` (spec/02 §10.2). */
export function progressJson(progress: MoleculeProgress): Readonly<Record<string, unknown>> {
  const { root, total, done, perHour } = progress;
  return {
    root_id: root.id,
    root_title: root.title,
    molecule_id: root.id,
    total_steps: total,
    done_steps: done,
    in_progress_steps: progress.current,
    ready_steps: progress.readyIds,
    blocked_steps: progress.blockedIds,
    percent_complete: percentOf(done, total),
    complete: progress.isComplete,
    ...(perHour === undefined ? {} : { rate_per_hour: Math.round(perHour * 10) / 10 }),
    ...(perHour === undefined || done === total
      ? {}
      : { eta_minutes: Math.round(((total - done) / perHour) * 60) }),
  };
}

export function printProgress(out: Output, progress: MoleculeProgress): void {
  const { root, total, done, current, perHour, readyIds, currentIds } = progress;
  out.line(`${root.id}  ${sanitiseLine(root.title)}`);
  out.line(`${progressBar(done, total)} ${done}/${total} (${percentOf(done, total)}%)`);
  out.line(`  ${done} done, ${current} in progress, ${progress.ready} ready, ${progress.blocked} waiting`);
  if (currentIds.length > 0) out.line(`  in progress: ${currentIds.join(", ")}`);
  if (readyIds.length > 0) out.line(`  ready: ${readyIds.slice(0, 10).join(", ")}`);
  if (perHour !== undefined && done < total)
    out.line(
      `  ${perHour.toFixed(1)} steps/h, about ${formatSpan(((total - done) / perHour) * 3_600_000)} left`,
    );
  if (progress.isComplete) out.line("  complete");
}
