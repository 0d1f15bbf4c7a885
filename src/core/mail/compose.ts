import { usageError } from "../gt-error.ts";
import { namedBead } from "../ledger/named-bead.ts";
import type { NewBead, Operation } from "../ledger/operation.ts";
import { type Random, randomWord } from "../random.ts";
import { sanitiseLine } from "../sanitise.ts";
import type { MessageType } from "./message.ts";
import { protocolType } from "./protocol.ts";

export interface Draft {
  readonly from: string;
  /** Canonical addresses; each gets a bead of its own. */
  readonly to: readonly string[];
  /** The recipient as the sender wrote it; the copies of an expansion remember it. */
  readonly writtenTo?: string;
  readonly cc?: readonly string[];
  readonly subject: string;
  readonly body: string;
  /** 0 urgent .. 4 backlog; 2 by default. */
  readonly priority?: number;
  readonly type?: MessageType;
  /** A new conversation without it. */
  readonly thread?: string;
  readonly replyTo?: string;
  readonly isPinned?: boolean;
  /** Exported with the other beads; otherwise it is a wisp. */
  readonly isPermanent?: boolean;
  /** Who really calls, when `from` is somebody else. */
  readonly relay?: string;
  /** Further labels, such as those of an escalation's mail. */
  readonly labels?: readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export const maxSubjectBytes = 500;
export const maxBodyBytes = 100_000;

/** Throws `E_USAGE` for a subject or body that cannot be stored (spec/06 §2.1). */
export function checkText({ subject, body }: Pick<Draft, "subject" | "body">): void {
  if (subject.trim() === "") throw usageError("subject required: use -s", { hint: "gt help mail send" });
  if (/[\r\n]/.test(subject)) throw usageError("subject must be one line");
  const subjectBytes = Buffer.byteLength(subject);
  if (subjectBytes > maxSubjectBytes)
    throw usageError(`subject too long: ${subjectBytes} bytes (maximum ${maxSubjectBytes})`);
  if (body.includes("\0") || subject.includes("\0"))
    throw usageError("a message cannot contain NUL characters");
  const bodyBytes = Buffer.byteLength(body);
  if (bodyBytes > maxBodyBytes)
    throw usageError(`body too large: ${bodyBytes} bytes (maximum ${maxBodyBytes})`);
}

export interface Composed {
  readonly operations: readonly Operation[];
  readonly thread: string;
  /** Names of the created beads within the batch, in the order of `recipients`. */
  readonly names: readonly string[];
  /** Everybody who gets a copy, in order, each once. */
  readonly recipients: readonly string[];
}

/** All copies of a message and its event, for one batch: all or nothing (spec/06 §2.4). */
export function compose(draft: Draft, random: Random): Composed {
  checkText(draft);
  const thread = draft.thread ?? `thread-${hexWord(random)}`;
  const direct = [...new Set(draft.to)];
  const copied = [...new Set(draft.cc ?? [])].filter((address) => !direct.includes(address));
  const recipients = [...direct, ...copied];
  // Several messages may share a batch, e.g. with what they are about.
  const word = randomWord(random, 4);
  const names = recipients.map((_, index) => `mail${word}${index}`);
  const isExpansion = direct.length > 1 || (draft.writtenTo !== undefined && draft.writtenTo !== direct[0]);
  const primary = draft.writtenTo ?? direct[0] ?? "";
  const beads = recipients.map((address): NewBead => {
    const copy = copied.includes(address) ? "cc" : isExpansion ? "group" : "";
    return {
      scope: "town",
      type: "message",
      title: draft.subject,
      description: draft.body,
      assignee: address,
      sender: draft.from,
      priority: draft.priority ?? 2,
      ephemeral: draft.isPermanent !== true,
      pinned: draft.isPinned === true,
      labels: [
        `from:${draft.from}`,
        `msg-type:${draft.type ?? "notification"}`,
        `thread:${thread}`,
        "delivery:pending",
        ...(draft.replyTo === undefined ? [] : [`reply-to:${draft.replyTo}`]),
        ...(draft.cc ?? []).map((each) => `cc:${each}`),
        ...(copy === "" ? [] : [`copy:${copy}`, `to:${primary}`]),
        ...(draft.relay === undefined ? [] : [`relay:${draft.relay}`]),
        ...(draft.labels ?? []),
      ],
      ...(draft.metadata === undefined ? {} : { metadata: draft.metadata }),
    };
  });
  return {
    thread,
    names,
    recipients,
    operations: [
      ...beads.map((bead, index): Operation => ({ op: "create", bead, as: names[index] ?? "" })),
      {
        op: "event",
        event: {
          type: "mail",
          payload: {
            id: namedBead(names[0] ?? ""),
            to: primary,
            subject: sanitiseLine(draft.subject),
            msg_type: draft.type ?? "notification",
            priority: draft.priority ?? 2,
          },
          visibility: protocolType(draft.subject) === undefined ? "feed" : "audit",
        },
      },
    ],
  };
}

function hexWord(random: Random): string {
  return Buffer.from(random.bytes(6)).toString("hex");
}
