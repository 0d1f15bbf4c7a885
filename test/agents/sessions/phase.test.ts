import { expect, test } from "vitest";
import { presets } from "../../../src/agents/runtimes/presets.ts";
import { decidePhase, normaliseScreen, type PhaseFacts } from "../../../src/agents/sessions/phase.ts";

const claude = { readyPrompt: "❯" };
const gemini = { readyDelayMs: 5000 };
const facts = (change: Partial<PhaseFacts>): PhaseFacts => ({
  phase: "working",
  lines: [],
  startedAt: 0,
  changedAt: 0,
  ...change,
});

test("a program whose screen nobody can read works until it exits", () => {
  expect(decidePhase(undefined, facts({ lines: ["❯ "] }), 99_999)).toEqual({ phase: "working" });
});

test("the prompt means idle when it is seen twice, box drawing and non-breaking blanks aside", () => {
  const lines = ["some output", "╭────╮", "│ ❯\u00a0Try something │", "╰────╯", "  ⏵⏵ bypass permissions on"];
  const first = decidePhase(claude, facts({ lines }), 1000);
  expect(first).toMatchObject({ phase: "working", promptSince: 1000, recheckAt: 1200 });
  expect(decidePhase(claude, facts({ lines, promptSince: 1000 }), 1200).phase).toBe("idle");
});

test("a busy text beats the prompt below it", () => {
  const lines = ["✻ Pondering… (12s · esc to interrupt)", "", "❯ "];
  expect(decidePhase(claude, facts({ phase: "idle", lines, promptSince: 0 }), 1000)).toEqual({
    phase: "working",
  });
});

test("start-up dialogs are answered by the words of the option, wherever it stands; unknown ones wait for a person", () => {
  const answer = (lines: readonly string[]) =>
    decidePhase(claude, facts({ phase: "starting", lines }), 0).answer;
  const trust = [
    "Quick safety check: is this a project you trust?",
    "❯ 1. Yes, I trust this folder",
    "  2. No",
  ];
  expect(decidePhase(claude, facts({ phase: "starting", lines: trust }), 0)).toMatchObject({
    phase: "dialog",
    answer: ["\r"],
  });
  expect(
    answer([
      "Quick safety check: one you trust? Yes or no",
      "",
      " ❯ No, exit",
      "   Yes, I trust this folder",
    ]),
  ).toEqual(["\x1b[B", "\r"]);
  expect(answer(["WARNING: Bypass Permissions mode", "❯ 1. No, exit", "  2. Yes, I accept"])).toEqual([
    "\x1b[B",
    "\r",
  ]);
  expect(
    answer(["Do you trust the contents of this directory?", "  1. No", "› 2. Later", "  3. Quit"]),
  ).toEqual(["\r"]);
  expect(
    answer(["Do you trust the files in this folder?", "│ ● 1. Trust folder (x) │", "│   2. Don't trust │"]),
  ).toEqual(["\r"]);
  const unknown = ["Delete everything?", "❯ 1. Yes", "  2. No"];
  const first = decidePhase(claude, facts({ lines: unknown }), 1000);
  expect(first).toEqual({ phase: "working", dialogSince: 1000, recheckAt: 21_000 });
  expect(decidePhase(claude, facts({ lines: unknown, dialogSince: 1000 }), 21_000).phase).toBe("waiting");
});

test("a question that a person has opened waits for him: nothing is typed into what looks like a prompt", () => {
  const rewind = [
    "❯ paint the fence",
    "● Painted.",
    "▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔",
    "  Rewind",
    "  Restore the code and/or conversation to the point before…",
    "    paint the fence",
    "    No code changes",
    "  ❯ (current)",
    "  Enter to continue · Esc to cancel",
  ];
  const asked = facts({ phase: "idle", lines: rewind, promptSince: 0 });
  expect(decidePhase(claude, asked, 60_000)).toMatchObject({ phase: "dialog", dialogSince: 60_000 });
  expect(decidePhase(claude, { ...asked, dialogSince: 40_000 }, 60_000).phase).toBe("waiting");
  const choice = [
    "Which colour?",
    "❯ 1. Teal",
    "  2. Crimson",
    "Enter to select · ↑/↓ to navigate · Esc to cancel",
  ];
  expect(decidePhase(claude, facts({ lines: choice, dialogSince: 0 }), 60_000).phase).toBe("waiting");
});

test("a limit counts when it is still there after ten seconds", () => {
  const lines = ["You've hit your session limit · resets 3pm", "❯ "];
  const first = decidePhase(claude, facts({ lines }), 1000);
  expect(first).toMatchObject({ phase: "working", limitSince: 1000 });
  expect(decidePhase(claude, facts({ lines, limitSince: 1000 }), 11_000).phase).toBe("limited");
  const over = facts({ phase: "limited", lines, promptSince: 1000, isLimitOver: true });
  expect(decidePhase(claude, over, 99_000).phase).toBe("idle");
  expect(
    decidePhase(claude, facts({ phase: "limited", lines: ["✻ Working… (esc to interrupt)"] }), 12_000).phase,
  ).toBe("working");
});

test("without a known prompt, quiet means idle: first after the ready delay, later after five seconds", () => {
  expect(decidePhase(gemini, facts({ phase: "starting", lines: ["hello"], changedAt: 1000 }), 2000)).toEqual({
    phase: "starting",
    recheckAt: 5000,
  });
  expect(
    decidePhase(gemini, facts({ phase: "starting", lines: ["hello"], changedAt: 1000 }), 5000).phase,
  ).toBe("idle");
  expect(decidePhase(gemini, facts({ phase: "idle", lines: ["more"], changedAt: 10_000 }), 10_200)).toEqual({
    phase: "working",
    recheckAt: 15_000,
  });
  expect(decidePhase(gemini, facts({ lines: ["more"], changedAt: 10_000 }), 15_000).phase).toBe("idle");
});

test("the runtime's own reports decide where the screen does not", () => {
  const prompt = { event: "prompt", at: 1000 } as const;
  expect(decidePhase(gemini, facts({ phase: "idle", report: prompt, changedAt: 1000 }), 9000)).toMatchObject({
    phase: "working",
    recheckAt: 11_000,
  });
  const end = { event: "turn-end", at: 1000 } as const;
  expect(decidePhase(gemini, facts({ report: end, changedAt: 1000 }), 3000).phase).toBe("idle");
});

test("spinners, digits and timers do not count as change", () => {
  expect(normaliseScreen(["⠋ Thinking 12s"])).toBe(normaliseScreen(["⠙ Thinking 7s "]));
  expect(normaliseScreen(["reading a"])).not.toBe(normaliseScreen(["reading b"]));
});

test("a screen that is not drawn yet is not ready, however long it takes; then it is", () => {
  const slow = { readyPattern: "ctrl\\+p commands", readyDelayMs: 8000 };
  const starting = facts({ phase: "starting", lines: ["loading"] });
  expect(decidePhase(slow, starting, 60_000)).toEqual({ phase: "starting" });
  const drawn = facts({ phase: "starting", lines: ["~/town   ctrl+p commands"], changedAt: 60_000 });
  expect(decidePhase(slow, drawn, 60_100)).toEqual({ phase: "starting", recheckAt: 60_500 });
  expect(decidePhase(slow, drawn, 60_500).phase).toBe("idle");
});

test("a runtime that tries again by itself at its limit is limited, busy as it looks", () => {
  const retries = { limitPatterns: ["(quota|limit).*\\[retrying in"] };
  const lines = ["⬝⬝⬝ Quota exceeded… [retrying in 35s attempt #5]  esc interrupt"];
  expect(decidePhase({}, facts({ lines, limitSince: 0 }), 20_000).phase).toBe("working");
  expect(decidePhase(retries, facts({ lines, limitSince: 0 }), 20_000).phase).toBe("limited");
  const waits = presets.get("claude") ?? {};
  const told = "● Usage limit reached · set to continue automatically at 4:23pm";
  const footer = "    Continuing automatically at 4:23pm · Esc to cancel";
  const atLimit = facts({ lines: [told, "❯ ", footer], limitSince: 0 });
  expect(decidePhase(waits, atLimit, 20_000).phase).toBe("limited");
  const goesOn = facts({ lines: [told, "✻ Pondering… (esc to interrupt)", "❯ "], limitSince: 0 });
  expect(decidePhase(waits, goesOn, 20_000).phase).toBe("working");
});

test("pi explains the interrupt key in its greeting without being busy", () => {
  const pi = presets.get("pi");
  const greeting = [" escape interrupt · ctrl+c/ctrl+d clear/exit", "~/town (main)"];
  const at = facts({ phase: "working", lines: greeting });
  expect(pi && decidePhase(pi, at, 60_000).phase).toBe("idle");
  const busy = facts({ lines: [...greeting, " ⠋ Working..."] });
  expect(pi && decidePhase(pi, busy, 60_000).phase).toBe("working");
});

test("gemini's question at a limit is a limit until it is over, and then answered without another model or money", () => {
  const runtime = presets.get("gemini") ?? {};
  const menu = (...options: readonly string[]) => [
    "⠏ Pondering… (esc to cancel, 8s)",
    "╭──────────────────────────────────────────╮",
    "│ Usage limit reached for all Pro models.  │",
    "│ Access resets at 2:26 PM UTC.            │",
    "│ /model to switch models.                 │",
    "│                                          │",
    ...options.map((option, index) => `│ ${index === 0 ? "●" : " "} ${index + 1}. ${option} │`),
    "╰──────────────────────────────────────────╯",
  ];
  const daily = menu("Switch to gemini-2.5-flash", "Upgrade for higher limits", "Stop");
  expect(decidePhase(runtime, facts({ lines: daily, limitSince: 0 }), 20_000)).toMatchObject({
    phase: "limited",
  });
  const over = (lines: readonly string[]) =>
    decidePhase(runtime, facts({ phase: "limited", lines, isLimitOver: true }), 99_000);
  expect(over(daily)).toMatchObject({ phase: "dialog", answer: ["\x1b[B", "\x1b[B", "\r"] });
  expect(over(menu("Keep trying", "Switch to gemini-2.5-flash", "Stop"))).toMatchObject({ answer: ["\r"] });
});

test("the menu of a rate limit is answered by waiting, and then the limit counts", () => {
  const notice = [
    "❯ hello",
    "  ⎿  You've hit your session limit · resets 2:26pm (UTC)",
    "❯ /rate-limit-options",
  ];
  const menu = [
    "  What do you want to do?",
    "  ❯ 1. Stop and wait for limit to reset",
    "    2. Upgrade your plan",
    "  Enter to confirm · Esc to cancel",
  ];
  const asked = decidePhase(claude, facts({ lines: [...notice, ...menu] }), 1000);
  expect(asked).toMatchObject({ phase: "dialog", answer: ["\r"] });
  const answered = facts({ lines: [...notice, "", "❯ "], limitSince: 1000, promptSince: 1000 });
  expect(decidePhase(claude, answered, 11_000).phase).toBe("limited");
});
