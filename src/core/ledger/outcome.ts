import type { Outcome } from "./bead.ts";

const failureWords =
  /^(?:failed|rejected|wontfix|won't fix|canceled|cancelled|abandoned|blocked|error|timeout|aborted)/;

/** How a bead was closed, as its reason tells (spec/01 §5.3). */
export function outcomeOfReason(reason: string): Outcome {
  return failureWords.test(reason.trim().toLowerCase()) ? "failure" : "success";
}
