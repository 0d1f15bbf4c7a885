/** When the run has to be over; endless without a budget (`GT_CONFORMANCE_SECONDS`). */
export const untilMs = Number(process.env["GT_CONFORMANCE_UNTIL"] ?? Number.POSITIVE_INFINITY);

/** Whether so much time is left. */
export function hasTime(neededMs: number): boolean {
  return Date.now() + neededMs < untilMs;
}
