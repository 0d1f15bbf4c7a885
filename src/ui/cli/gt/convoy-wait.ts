import { stoppedRigs } from "../../../agents/lifecycle/rig-admission.ts";
import { isStuck, waitExitCodes, type WaitResult, waitResult } from "../../../core/convoys/await-convoys.ts";
import { type ConvoyView, viewsOf } from "../../../core/convoys/convoy-view.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { formatSpan } from "../../../core/duration.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { watchLedger } from "../../../core/ledger/watch-ledger.ts";
import type { Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

const recheckMs = 2000;
const timeoutCode = 124;

/** `gt convoy wait` for CI (spec/05 §11): changes nothing, follows the ledger, ends with a code that says how. */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const ledger = await context.ledger();
  const ids: string[] = [];
  for (const word of args) ids.push((await findConvoy(ledger, word)).id);
  const signal = context.untilSignal();
  const timeoutMs = flags.duration("timeout");
  const startedAt = Date.now();
  const stuckSince = new Map<string, number>();
  const changed = wakeOn(ledger, signal);
  let shown = "";
  try {
    for (;;) {
      const views = await look(ledger, await context.town(), ids);
      const now = Date.now();
      for (const view of views) {
        if (!isStuck(view)) stuckSince.delete(view.id);
        else if (!stuckSince.has(view.id)) stuckSince.set(view.id, now);
      }
      const line = progressLine(views);
      if (line !== shown && (process.stderr.isTTY || flags.boolean("progress"))) out.note(line);
      shown = line;
      const result = waitResult(views, {
        any: flags.boolean("any"),
        stuckLimitMs: flags.duration("fail-on-stuck"),
        now,
        stuckSince,
      });
      if (result !== undefined) return finish(context, views, result, waitExitCodes[result]);
      if (signal.aborted) return finish(context, views, "interrupted", Number(signal.reason));
      if (timeoutMs !== undefined && now - startedAt >= timeoutMs)
        return finish(context, views, "timeout", timeoutCode);
      const leftMs = timeoutMs === undefined ? recheckMs : Math.max(0, timeoutMs - (now - startedAt));
      await changed.next(Math.min(recheckMs, leftMs));
    }
  } finally {
    await changed.close();
  }
}

async function look(ledger: Ledger, town: Town, ids: readonly string[]): Promise<readonly ConvoyView[]> {
  const beads = await ledger.getMany(ids);
  return viewsOf(
    ledger,
    ids.flatMap((id) => beads.get(id) ?? []),
    { parkedRigs: await stoppedRigs(ledger, town) },
  );
}

function wakeOn(
  ledger: Ledger,
  signal: AbortSignal,
): { readonly next: (ms: number) => Promise<void>; readonly close: () => Promise<void> } {
  let wake = Promise.withResolvers<void>();
  const ring = (): void => wake.resolve();
  const watch = watchLedger(ledger, ring);
  signal.addEventListener("abort", ring);
  return {
    async next(ms) {
      const timer = setTimeout(ring, ms);
      await wake.promise;
      clearTimeout(timer);
      wake = Promise.withResolvers<void>();
    },
    close: async () => {
      signal.removeEventListener("abort", ring);
      await watch.close();
    },
  };
}

function progressLine(views: readonly ConvoyView[]): string {
  return views
    .map((view) => {
      const merging = view.tracked.filter((tracked) => tracked.state === "merging").length;
      return `${view.id} ${view.done}/${view.total} closed${merging > 0 ? `, ${merging} merging` : ""} (${view.state})`;
    })
    .join("; ");
}

function finish(
  { out, flags }: CommandContext,
  views: readonly ConvoyView[],
  result: WaitResult | "timeout" | "interrupted",
  code: number,
): number {
  const durationMs = (view: ConvoyView): number => (view.closedAt ?? Date.now()) - view.createdAt;
  out.document({
    result,
    convoys: views.map((view) => ({
      id: view.id,
      outcome: view.fields.outcome ?? null,
      state: view.state,
      completed: view.done,
      total: view.total,
      reasons: view.reasons,
      duration_s: Math.round(durationMs(view) / 1000),
    })),
  });
  if (out.json || flags.boolean("quiet")) return code;
  for (const view of views) {
    const word = view.state === "closed" ? (view.fields.outcome ?? "closed") : view.state;
    out.line(`${word} ${view.id} ${view.done}/${view.total} in ${formatSpan(durationMs(view))}`);
  }
  return code;
}
