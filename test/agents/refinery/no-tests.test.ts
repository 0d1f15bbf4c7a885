import { expect, test } from "vitest";
import { ranNoTests } from "../../../src/agents/refinery/no-tests.ts";

test.each([
  ["vitest", "No test files found, exiting with code 0"],
  ["jest", "No tests found, exiting with code 0"],
  ["mocha", "  0 passing (1ms)"],
  ["node", "ℹ tests 0"],
  ["pytest", "collected 0 items\n\n==== no tests ran in 0.01s ===="],
  ["unittest", "Ran 0 tests in 0.000s\n\nOK"],
  ["cargo", "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored"],
  ["go", "?   \texample.com/web\t[no test files]"],
  ["ctest", "No tests were found!!!"],
  ["maven", "[INFO] No tests to run."],
  ["surefire", "Tests run: 0, Failures: 0, Errors: 0, Skipped: 0"],
  ["gradle", "> Task :test NO-SOURCE\n\nBUILD SUCCESSFUL in 1s"],
  ["phpunit", "No tests executed!"],
  ["rspec", "0 examples, 0 failures"],
  ["dotnet", "No test is available in /x/web.dll. Make sure that test discoverer is registered."],
  ["tap", "TAP version 13\n1..0"],
])("%s that found nothing is noticed", (_, output) => {
  expect(ranNoTests(output.split("\n"))).toBe(true);
});

test.each([
  ["vitest", " Tests  12 passed (12)"],
  [
    "cargo with documentation tests",
    "running 7 tests\ntest result: ok. 7 passed; 0 failed\nrunning 0 tests\n0 passed",
  ],
  ["go", "?   \texample.com/cmd\t[no test files]\nok  \texample.com/web\t0.004s"],
  ["go from its cache", "?   \texample.com/cmd\t[no test files]\nok  \texample.com/web\t(cached)"],
  ["maven", "Tests run: 0, Failures: 0\nTests run: 14, Failures: 0"],
  ["something silent", ""],
  ["talk", "Testing that no test of this kind is skipped: done"],
])("%s that tested something, or says nothing about it, is believed", (_, output) => {
  expect(ranNoTests(output.split("\n"))).toBe(false);
});
