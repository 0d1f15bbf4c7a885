/**
 * A named place at which a test can make the process die as if by `kill -9`: with `GT_TEST_CRASH=<name>` the process
 * ends itself on reaching it, with nothing flushed and no handler run. Every journalled step has one (spec/04 §11,
 * spec/05 §2.9), so that the crash tests enumerate the steps instead of guessing at times.
 */
export function crashPoint(name: string): void {
  if (process.env["GT_TEST_CRASH"] !== name) return;
  process.kill(process.pid, "SIGKILL");
}
