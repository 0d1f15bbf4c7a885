import { crashPoint } from "../../core/crash-point.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { Fact } from "../../core/merge/queue-state.ts";
import { askOverseer, settleQuestion } from "./ask-overseer.ts";
import { escalation, settleEscalations } from "./escalate.ts";
import { observe } from "./finalise.ts";
import { isConflict } from "./look-again.ts";
import { pushTarget, type TargetPlace } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import type { RunWriter } from "./run-writer.ts";
import { isKnownGreen } from "./verdict-store.ts";

/** G1 of spec/05 §2.1: nothing untested is ever pushed, whatever the search believes. */
export async function expectGreen(context: QueueContext, writer: RunWriter, upTo: number): Promise<void> {
  const tree = writer.run.items[upTo - 1]?.tree ?? "";
  if (await isKnownGreen(context, tree)) return;
  throw new Error(`prefix ${upTo} of ${writer.run.id} has no green verdict`);
}

/** Pushes a green prefix of the stack; the intent is on record before (spec/05 §2.8). */
export async function pushPrefix(
  context: QueueContext,
  writer: RunWriter,
  place: TargetPlace,
  { upTo, expect }: { readonly upTo: number; readonly expect: string },
  rest: (ms: number) => Promise<void>,
): Promise<Fact> {
  const { rig } = context;
  const item = writer.run.items[upTo - 1];
  if (item === undefined) throw new Error("a push without a stack");
  try {
    await writer.update(
      (before) => ({ ...before, state: "pushing", expect, pushedUpTo: upTo }),
      writer.run.items.slice(writer.run.pushedUpTo, upTo).map(stillWanted),
    );
  } catch (error) {
    if (!isConflict(error)) throw error;
    return { t: "pushFailed", kind: "withdrawn" };
  }
  crashPoint("mq.push.intent");
  const result = await pushTarget(rig, place, expect, item.landing, rest);
  const { target } = writer.run;
  switch (result.result) {
    case "pushed":
      crashPoint("mq.pushed");
      await writer.update((before) => ({ ...before, state: "pushed", expect: item.landing }));
      await settleQuestion(context, `origin_dirty:${target}`);
      await settleEscalations(context, [`push_denied:${target}`]);
      return { t: "pushed", upTo };
    case "moved":
      await observe(context, "target_moved", { target, reason: result.reason });
      return { t: "pushFailed", kind: "moved" };
    case "denied":
      await reportDenied(context, target, result.reason);
      return { t: "pushFailed", kind: "denied" };
    case "checkout": {
      const where = place.checkout ?? rig.pushUrl;
      await askOverseer(context, {
        topic: `origin_dirty:${target}`,
        title: `${where} has uncommitted changes: ${rig.name} waits`,
        text: `Commit or stash in ${where}; the queue continues by itself.`,
        event: { type: "origin_dirty", payload: { target, reason: result.reason, rig: rig.name } },
      });
      return { t: "pushFailed", kind: "dirty" };
    }
    case "unreachable":
      return { t: "pushFailed", kind: "infra" };
  }
}

/** From the intent on it is too late to take a request back; until then, whoever did so is heard (spec/05 §2.2). */
const stillWanted = ({ id }: { readonly id: string }): Operation => ({
  op: "expect",
  id,
  expected: { status: "in_progress", metadata: { "mr.withdrawn": undefined } },
});

async function reportDenied(context: QueueContext, target: string, reason: string): Promise<void> {
  const { rig, access, actor } = context;
  await access.ledger.write(actor, [
    { op: "event", event: { type: "push_denied", payload: { target, reason, rig: rig.name } } },
    ...(await escalation(context, {
      severity: "high",
      topic: `push_denied:${target}`,
      title: `Pushing to ${target} of ${rig.name} is denied`,
      reason: `${reason}\nIf the branch is protected: gt rig settings set ${rig.name} merge_queue.merge_strategy pr; then gt mq resume ${rig.name}`,
    })),
  ]);
}
