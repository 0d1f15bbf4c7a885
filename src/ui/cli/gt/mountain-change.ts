import { mountainLabel, pausedLabel } from "../../../core/convoys/convoy.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import type { CommandContext } from "../command.ts";
import { mountainFor } from "./mountain-argument.ts";

/** `gt mountain pause`, `resume` and `cancel` (spec/05 §8.1). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const access = await context.access();
  const convoy = await mountainFor(access.ledger, args[0] ?? "");
  const verb = context.words.at(-1) as "pause" | "resume" | "cancel";
  const { id } = convoy;
  const unpaused: Operation = { op: "removeLabel", id, label: pausedLabel };
  const changes: Readonly<Record<typeof verb, readonly Operation[]>> = {
    pause: [{ op: "addLabel", id, label: pausedLabel }],
    resume: [unpaused],
    cancel: [unpaused, { op: "removeLabel", id, label: mountainLabel }],
  };
  const word = { pause: "paused", resume: "resumed", cancel: "cancelled" }[verb];
  await access.ledger.write(access.actor, [
    ...changes[verb],
    { op: "event", event: { type: `mountain_${word}`, payload: { convoy: id } } },
  ]);
  out.done(`${id} is ${word}`);
  out.document({ ok: true, convoy: id, state: word });
  if (verb !== "resume") return;
  const { feedConvoy } = await import("../../../agents/lifecycle/feed-convoy.ts");
  const { fed } = await feedConvoy(access, (await access.ledger.get(id)) ?? convoy);
  for (const dispatch of fed) out.line(`🎯 ${dispatch.bead} -> ${dispatch.agent}`);
}
