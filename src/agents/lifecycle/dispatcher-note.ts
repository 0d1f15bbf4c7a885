import type { Attachment } from "./attachment.ts";

/** What the dispatcher has to say to whoever does the work, a line each; nothing when nothing was said (spec/04 §2.1). */
export function dispatcherNote({
  subject,
  args,
  message,
}: Pick<Attachment, "subject" | "args" | "message">): string {
  return [
    ...(subject === undefined ? [] : [`Subject: ${subject}`]),
    ...(args === undefined ? [] : [`Instructions: ${args}`]),
    ...(message === undefined ? [] : [`Context: ${message}`]),
  ].join("\n");
}
