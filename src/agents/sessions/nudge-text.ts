import { sanitise } from "../../core/sanitise.ts";
import type { Nudge } from "./nudge-queue.ts";

/** What may be typed: no controls but newlines, nothing that could end a paste or a block of ours. */
export function cleanMessage(text: string): string {
  return sanitise(text)
    .replaceAll("\t", " ")
    .replace(/<(\/?)system-reminder/gi, "‹$1system-reminder")
    .trim();
}

/** Text for typing: one message with its sender, or the block of several (spec/03 §7.4). */
export function typedText(nudges: readonly Nudge[]): string {
  const [first] = nudges;
  if (first === undefined) return "";
  if (nudges.length > 1) return block(nudges).join("\n");
  return first.kind === "instruct" ? first.message : `[from ${first.sender}] ${first.message}`;
}

/** The block for hook injection, turn end and prime. */
export function reminderText(nudges: readonly Nudge[]): string {
  return ["<system-reminder>", ...block(nudges), "</system-reminder>"].join("\n");
}

function block(nudges: readonly Nudge[]): readonly string[] {
  const urgent = nudges.filter((nudge) => nudge.priority === "urgent").length;
  return [
    urgent > 0 ? `QUEUED NUDGE (${urgent} urgent):` : `QUEUED NUDGE (${nudges.length} message(s)):`,
    ...nudges.map((nudge) => {
      const from = nudge.priority === "urgent" ? `[URGENT from ${nudge.sender}]` : `[from ${nudge.sender}]`;
      return `  ${from} ${nudge.message.replaceAll("\n", "\n    ")}`;
    }),
    "Handle urgent ones now, the others at the next stopping point, then continue your task.",
  ];
}
