import type { BatchEvent } from "../../core/ledger/operation.ts";
import { composeFitting } from "../../core/mail/compose-fitting.ts";
import type { QueueContext } from "./queue-context.ts";

export interface Question {
  /** One open message per topic. */
  readonly topic: string;
  readonly title: string;
  readonly text: string;
  readonly event: BatchEvent;
}

/** Tells the person once what only they can do (spec/05 §2.8). */
export async function askOverseer(context: QueueContext, question: Question): Promise<void> {
  const { ledger } = context.access;
  if ((await openQuestion(context, question.topic)) !== undefined) return;
  await ledger.write(context.actor, [
    ...composeFitting(
      {
        ...{
          from: context.actor,
          to: ["overseer"],
          subject: question.title,
          body: question.text,
          priority: 1,
        },
        isPermanent: true,
        metadata: { refinery: { topic: `${context.rig.name}:${question.topic}` } },
      },
      context.access.random,
    ).operations,
    { op: "event", event: question.event },
  ]);
  context.tell(`⚠ ${question.title}`);
}

/** What was asked for has happened. */
export async function settleQuestion(context: QueueContext, topic: string): Promise<void> {
  const id = await openQuestion(context, topic);
  if (id === undefined) return;
  await context.access.ledger.write(context.actor, [
    { op: "close", id, close: { reason: "settled: the queue went on", outcome: "success", force: true } },
  ]);
}

async function openQuestion(context: QueueContext, topic: string): Promise<string | undefined> {
  const [open] = await context.access.ledger.find({
    type: "message",
    notStatus: "closed",
    metadata: { "refinery.topic": `${context.rig.name}:${topic}` },
    limit: 1,
  });
  return open?.id;
}
