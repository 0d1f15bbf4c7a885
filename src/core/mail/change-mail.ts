import { formatTime } from "../clock.ts";
import type { Operation } from "../ledger/operation.ts";
import type { Message } from "./message.ts";

/** The recipient has seen that the message is there: phase two of its delivery. Nothing for one that is acked. */
export function acknowledging(message: Message, reader: string, now: number): readonly Operation[] {
  if (message.to !== reader || message.delivery !== "pending") return [];
  return [
    { op: "removeLabel", id: message.id, label: "delivery:pending" },
    { op: "addLabel", id: message.id, label: "delivery:acked" },
    { op: "addLabel", id: message.id, label: `delivery-acked-by:${reader}` },
    { op: "addLabel", id: message.id, label: `delivery-acked-at:${formatTime(now)}` },
  ];
}

export const markingRead = ({ id }: Message): Operation => ({ op: "addLabel", id, label: "read" });
export const markingUnread = ({ id }: Message): Operation => ({ op: "removeLabel", id, label: "read" });

/** Takes the message out of the inbox; `how` says whether it may be found again. */
export function leaving({ id, status }: Message, how: "archived" | "deleted"): readonly Operation[] {
  if (status === "closed") return how === "deleted" ? [{ op: "addLabel", id, label: how }] : [];
  return [
    { op: "addLabel", id, label: how },
    { op: "close", id, close: { reason: how, outcome: "success", force: true } },
  ];
}
