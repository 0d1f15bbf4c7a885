import { formatTime } from "../clock.ts";
import type { Bead } from "../ledger/bead.ts";

export const messageTypes = ["notification", "task", "scavenge", "reply", "escalation"] as const;
export type MessageType = (typeof messageTypes)[number];

export type MailPriority = "urgent" | "high" | "normal" | "low";

/** Mail as its readers see it: a bead of type `message` with its labels understood (spec/06 §2.1). */
export interface Message {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly isRead: boolean;
  readonly priority: MailPriority;
  readonly type: MessageType;
  readonly thread: string;
  readonly replyTo: string;
  readonly isPinned: boolean;
  readonly isWisp: boolean;
  readonly cc: readonly string[];
  /** Why the recipient has a copy: `cc`, `group`, `channel`, or empty. */
  readonly copy: string;
  readonly queue: string;
  readonly channel: string;
  readonly claimedBy: string;
  readonly claimedAt: string;
  readonly ackedBy: string;
  readonly ackedAt: string;
  /** `pending`, `acked`, or empty for mail that other machinery wrote. */
  readonly delivery: "" | "pending" | "acked";
  readonly status: string;
  /** How it left the inbox: `archived`, `deleted`, or empty. */
  readonly left: "" | "archived" | "deleted";
  readonly labels: readonly string[];
}

export function messageOf(bead: Bead): Message {
  const { labels } = bead;
  const labelled = (key: string): string =>
    labels.find((label) => label.startsWith(`${key}:`))?.slice(key.length + 1) ?? "";
  const type = labelled("msg-type");
  const isAcked = labels.includes("delivery:acked");
  return {
    id: bead.id,
    from: labelled("from") || bead.sender || bead.createdBy,
    to: bead.assignee,
    subject: bead.title,
    body: bead.description,
    sentAt: bead.createdAt,
    isRead: labels.includes("read"),
    priority: priorityWord(bead.priority),
    type: isMessageType(type) ? type : "notification",
    thread: labelled("thread"),
    replyTo: labelled("reply-to"),
    isPinned: bead.pinned,
    isWisp: bead.ephemeral,
    cc: labels.flatMap((label) => (label.startsWith("cc:") ? [label.slice(3)] : [])),
    copy: labelled("copy"),
    queue: labelled("queue"),
    channel: labelled("channel") || labelled("announce"),
    claimedBy: labelled("claimed-by"),
    claimedAt: labelled("claimed-at"),
    ackedBy: labelled("delivery-acked-by"),
    ackedAt: labelled("delivery-acked-at"),
    delivery: isAcked ? "acked" : labels.includes("delivery:pending") ? "pending" : "",
    status: bead.status,
    left: labels.includes("deleted") ? "deleted" : labels.includes("archived") ? "archived" : "",
    labels,
  };
}

/** The JSON form: every key is there, lists are never null (spec/06 §2.2). */
export function messageDocument(message: Message): Readonly<Record<string, unknown>> {
  return {
    id: message.id,
    from: message.from,
    to: message.to,
    subject: message.subject,
    body: message.body,
    timestamp: formatTime(message.sentAt),
    read: message.isRead,
    priority: message.priority,
    type: message.type,
    thread_id: message.thread,
    reply_to: message.replyTo,
    pinned: message.isPinned,
    wisp: message.isWisp,
    cc: message.cc,
    queue: message.queue,
    channel: message.channel,
    claimed_by: message.claimedBy,
    claimed_at: message.claimedAt || null,
    delivery_state: message.delivery,
    delivery_acked_by: message.ackedBy,
    delivery_acked_at: message.ackedAt || null,
    status: message.status,
    copy: message.copy,
  };
}

export function isMessageType(text: string): text is MessageType {
  return (messageTypes as readonly string[]).includes(text);
}

export function priorityWord(priority: number): MailPriority {
  return (["urgent", "high", "normal"] as const)[priority] ?? "low";
}

/** `0` to `4` or a word, as a number; undefined when it is neither. */
export function parsePriority(text: string): number | undefined {
  const word = text.trim().toLowerCase();
  if (/^[0-4]$/.test(word)) return Number(word);
  const index = ["urgent", "high", "normal", "low", "backlog"].indexOf(word);
  return index < 0 ? undefined : index;
}
