import { formatTime } from "../../../core/clock.ts";
import { localTime } from "../../../core/events/describe-event.ts";
import type { Message } from "../../../core/mail/message.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";

/** `[task] ! 🪝 (wisp)`: what is special about a message, each with a blank before it. */
export function messageMarks(message: Message): string {
  const isPressing = message.priority === "urgent" || message.priority === "high";
  return [
    message.type === "notification" ? "" : ` [${message.type}]`,
    isPressing ? " !" : "",
    message.status === "hooked" ? " 🪝" : "",
    message.isWisp ? " (wisp)" : "",
  ].join("");
}

/** The three lines of a message in a list; `number` is its place in the inbox, undefined when it has left that. */
export function messageRows(message: Message, number: number | undefined): readonly string[] {
  return [
    `${number === undefined ? "   -" : `${String(number).padStart(3)}.`} ${message.isRead ? "○" : "●"} ${sanitiseLine(message.subject)}${messageMarks(message)}`,
    `      ${message.id} from ${sanitiseLine(message.from)}`,
    `      ${localMinute(message.sentAt)}`,
  ];
}

/** `2026-04-30 09:02` in local time. */
export function localMinute(at: number): string {
  return localSecond(at).slice(0, -3);
}

export function localSecond(at: number): string {
  return localTime(formatTime(at), true);
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
