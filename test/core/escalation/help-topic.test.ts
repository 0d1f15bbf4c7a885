import { expect, test } from "vitest";
import { classifyHelp } from "../../../src/core/escalation/help-topic.ts";

test.each([
  ["Exposed secret in the log", "", "emergency", "critical", "overseer"],
  ["Tests crash", "segfault in worker", "failed", "high", "deacon"],
  ["Help", "I cannot proceed, it is blocked by web-a1", "blocked", "high", "mayor"],
  ["Which approach?", "two ways", "decision", "medium", "deacon"],
  ["My session", "was hung", "lifecycle", "medium", "deacon"],
  ["Question", "what is the colour", "help", "medium", "deacon"],
  // The first class that matches wins.
  ["Data loss after a crash", "", "emergency", "critical", "overseer"],
  ["A room", "for improvement", "help", "medium", "deacon"],
])("%s: %s", (topic, problem, category, severity, tier) => {
  expect(classifyHelp(topic, problem)).toEqual({ category, severity, tier });
});
