import type { QueueDraft } from "./queue-draft.ts";
import type { Run } from "./queue-state.ts";
import { endRun } from "./run-end.ts";

/** How often a red target is looked at for a new commit, and how often its base alone is gated again (spec/05 §2.7). */
export const lookAtRedMs = 30_000;
const probeRedMs = 15 * 60_000;

/** The target itself fails its gates: nobody is to blame. Its requests go on one at a time, until one repairs it. */
export function noteBaseRed(draft: QueueDraft, run: Run): void {
  const { now } = draft.state;
  const before = draft.target(run.target).red;
  const [first] = run.items;
  const triedBefore = before?.base === run.base ? before.tried : [];
  const red = {
    base: run.base,
    tried: first === undefined ? triedBefore : [...triedBefore, first.id],
    probeAt: run.purpose === "solo" && before !== undefined ? before.probeAt : now + probeRedMs,
    lookAt: now + lookAtRedMs,
  };
  draft.patchTarget(run.target, { red });
  const failed = run.probes[0]?.failed ?? [];
  if (run.purpose !== "solo") draft.do({ do: "targetRed", target: run.target, base: run.base, failed });
  endRun(
    draft,
    run.items.map((item) => item.id),
    "target_red",
    {},
  );
}

/** Something on the target is green, so that it is not red any more. */
export function turnGreen(draft: QueueDraft, target: string): void {
  const { red: _over, ...rest } = draft.target(target);
  draft.setTarget(target, rest);
  draft.do({ do: "targetGreen", target });
}
