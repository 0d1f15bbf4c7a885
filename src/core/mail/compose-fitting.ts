import type { Random } from "../random.ts";
import { sanitiseLine } from "../sanitise.ts";
import { type Composed, compose, type Draft, maxBodyBytes, maxSubjectBytes } from "./compose.ts";

/** A message whose text comes from titles and logs: it is cut and cleaned instead of refused. */
export function composeFitting(draft: Draft, random: Random): Composed {
  return compose(
    {
      ...draft,
      subject: cutBytes(sanitiseLine(draft.subject).trim() || "(no subject)", maxSubjectBytes),
      body: cutBytes(draft.body.replaceAll("\0", ""), maxBodyBytes),
    },
    random,
  );
}

/** The text, or as much of its beginning as fits into so many bytes with an ellipsis. */
export function cutBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  let length = limit;
  while (Buffer.byteLength(text.slice(0, length)) > limit - 3) length -= 1 + Math.floor(length / 50);
  return `${text.slice(0, length)}…`;
}
