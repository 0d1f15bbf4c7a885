/** What test runners say when they found nothing to run and yet succeed. */
const noTests = [
  /\bno tests? (?:files? |suites? )?(?:(?:were |was )?(?:found|ran|run|executed|available)|to run|is available)\b/i,
  /\bno test files\b|\bno specs? found\b|\btest NO-SOURCE\b/i,
  /\b0 (?:tests|passed|passing|specs|examples|scenarios)\b|\bran 0 tests\b|\bcollected 0 items\b/i,
  /\btests run: 0\b|^(?:#|ℹ) tests 0$|^1\.\.0\b/i,
];
const someTests = [
  /\b[1-9]\d* (?:tests?|passed|passing|specs?|examples?|scenarios?)\b|\bcollected [1-9]/i,
  /\btests run: [1-9]|^(?:#|ℹ) tests [1-9]|^1\.\.[1-9]|^ok\s+\S+\s+(?:\(cached\)|[\d.]+s)/i,
];

/**
 * Whether the end of a test run's output says that nothing was tested, although the command succeeded (`tests_required`). A
 * run of several parts counts if one of them tested something.
 */
export function ranNoTests(tail: readonly string[]): boolean {
  const lines = tail.map((line) => line.trim());
  const says = (patterns: readonly RegExp[]): boolean =>
    lines.some((line) => patterns.some((pattern) => pattern.test(line)));
  return says(noTests) && !says(someTests);
}
