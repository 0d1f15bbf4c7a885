import type { ScreenDetection, SessionPhase } from "./session-host.ts";

/** What the host has seen of a session when it asks for the phase. Times in milliseconds since the epoch. */
export interface PhaseFacts {
  readonly phase: SessionPhase;
  /** Lines of the visible screen without trailing blanks. */
  readonly lines: readonly string[];
  readonly startedAt: number;
  /** Last change of the normalised screen text. */
  readonly changedAt: number;
  /** Last report of the runtime's own hooks. */
  readonly report?: { readonly event: "session-start" | "prompt" | "turn-end"; readonly at: number };
  /** Since when the ready prompt, a limit text or a selection dialog have been on the screen without a break. */
  readonly promptSince?: number;
  readonly limitSince?: number;
  readonly dialogSince?: number;
  /** The limit on the screen is over; only its text is still there. */
  readonly isLimitOver?: boolean;
}

export interface PhaseDecision {
  readonly phase: SessionPhase;
  readonly promptSince?: number;
  readonly limitSince?: number;
  readonly dialogSince?: number;
  /** Keys that answer the dialog on the screen. */
  readonly answer?: readonly string[];
  /** When to decide again although nothing changes; absent = at the next change. */
  readonly recheckAt?: number;
}

const promptConfirmMs = 200;
const usualLimitConfirmMs = 10_000;
/** A dialog that is still there after this was answered too early. */
const answerAgainMs = 3_000;
const unknownDialogMs = 20_000;
const reportedWorkMs = 30 * 60_000;
const recentChangeMs = 10_000;
const turnEndQuietMs = 2_000;
const quietMeansIdleMs = 5_000;
const readyQuietMs = 500;

const defaultBusy =
  /esc(ape)? (to )?(interrupt|cancel)|ctrl\+c to (stop|interrupt)|^\W*(working|thinking|running)(\.\.\.|…)/i;
const selection = /^[^\p{L}\p{N}]*[❯›]\s*\d+\./u;
/** The last line of a question: it names the key that busy programs name, and its options may look like a prompt. */
const questionFoot = /\benter to (continue|confirm|select)\b.*\besc(ape)? to \w+/i;

/**
 * Start-up dialogs that we answer: they ask whether a directory of the town may be worked in (spec/03 §5.3). The answer
 * is chosen by its words: where it stands, and what is highlighted at first, differs between versions.
 */
const knownDialogs: readonly KnownDialog[] = [
  { all: [/Bypass Permissions mode/, /Yes, I accept/], choose: /Yes, I accept/ },
  { all: [/trust this folder|Quick safety check/i], choose: /^(Yes|Trust)/i },
  {
    all: [/Do you trust the (contents|files) (of|in) this (directory|folder)\?/],
    choose: /Yes|Trust folder/i,
  },
  { all: [/Trust this workspace/], choose: /^(Yes|Trust)/i },
  // Not of the start: what stands behind it is a prompt, and a limit with its time.
  { all: [/What do you want to do\?/, /Stop and wait for limit to reset/], choose: /Stop and wait/ },
];

/**
 * Gemini's question at a limit stands for it until it is over. Only then it is answered: another model, or money, is not
 * ours to choose.
 */
const limitMenu: KnownDialog = {
  all: [/Usage limit reached for|experiencing high demand/, /\d\.\s+Stop\b/],
  choose: /^(Keep trying|Stop)/,
};

interface KnownDialog {
  readonly all: readonly RegExp[];
  readonly choose: RegExp;
}

/** Texts by which runtimes say that the account has reached a limit (spec/03 §5.9). */
const limitTexts: readonly RegExp[] = [
  /You've hit your .*limit/i,
  /limit .*resets (at )?\S+/i,
  /Stop and wait for limit to reset/i,
  /Add funds to continue/i,
  /API Error: Rate limit reached/i,
  /\b429\b.*(too many|rate|quota)/i,
  /quota exceeded/i,
  /usage limit (reached|exceeded)/i,
  /You've reached your .* limit/i,
];
const loginTexts = /OAuth token (has been revoked|has expired)|Please run \/login/i;

/** What the session is doing, by the rules of spec/03 §7.6 in their order. Pure. */
export function decidePhase(
  detection: ScreenDetection | undefined,
  facts: PhaseFacts,
  now: number,
  limitConfirmMs = usualLimitConfirmMs,
): PhaseDecision {
  // A program whose screen nobody can read works until it exits.
  if (detection === undefined) return { phase: "working" };
  const { lines } = facts;
  const filled = lines.filter((line) => line.trim() !== "");
  // Some runtimes keep an input box and a status bar of several lines below what they are doing.
  const asks = filled.slice(-3).some((line) => questionFoot.test(line));
  const busy = filled
    .slice(-12)
    .some((line) => busyPattern(detection).test(line) && !questionFoot.test(line));
  const prompt = !busy && !asks && showsPrompt(lines, detection.readyPrompt);
  const promptSince = prompt ? (facts.promptSince ?? now) : undefined;

  const known = findDialog(filled, detection, facts.isLimitOver === true);
  // A highlighted option may look like the prompt.
  if (known !== undefined && (known.isMenu || !prompt))
    return { phase: "dialog", answer: known.keys, recheckAt: now + answerAgainMs };
  if (!busy && filled.some((line) => loginTexts.test(line))) return { phase: "waiting" };
  if (!busy && !prompt && (asks || filled.some((line) => selection.test(line)))) {
    const dialogSince = facts.dialogSince ?? now;
    return now - dialogSince >= unknownDialogMs
      ? { phase: "waiting", dialogSince }
      : { phase: asks ? "dialog" : facts.phase, dialogSince, recheckAt: dialogSince + unknownDialogMs };
  }
  if (facts.isLimitOver !== true && showsLimit(filled.slice(-20), detection, busy)) {
    const limitSince = facts.limitSince ?? now;
    const marks = { limitSince, ...(promptSince === undefined ? {} : { promptSince }) };
    if (facts.phase === "limited" || now - limitSince >= limitConfirmMs)
      return { phase: "limited", ...marks };
    const rest = decideWork(detection, facts, { busy, promptSince }, now);
    return {
      ...rest,
      ...marks,
      recheckAt: Math.min(rest.recheckAt ?? Infinity, limitSince + limitConfirmMs),
    };
  }
  return decideWork(detection, facts, { busy, promptSince }, now);
}

function decideWork(
  detection: ScreenDetection,
  facts: PhaseFacts,
  seen: { readonly busy: boolean; readonly promptSince: number | undefined },
  now: number,
): PhaseDecision {
  const { report, changedAt } = facts;
  const marks = seen.promptSince === undefined ? {} : { promptSince: seen.promptSince };
  const quietFor = now - changedAt;
  if (seen.busy) return { phase: "working" };
  const reportsWork = report?.event === "prompt" && now - report.at < reportedWorkMs;
  if (reportsWork && quietFor < recentChangeMs)
    return { phase: "working", ...marks, recheckAt: changedAt + recentChangeMs };
  if (seen.promptSince !== undefined) {
    return now - seen.promptSince >= promptConfirmMs
      ? { phase: "idle", ...marks }
      : { phase: facts.phase, ...marks, recheckAt: seen.promptSince + promptConfirmMs };
  }
  if (report?.event === "turn-end") {
    return quietFor >= turnEndQuietMs
      ? { phase: "idle" }
      : { phase: facts.phase, recheckAt: changedAt + turnEndQuietMs };
  }
  if (facts.phase === "starting") return decideStart(detection, facts, now);
  if (detection.readyPrompt !== undefined && detection.readyPrompt !== "") {
    // The prompt is gone: something else has the screen.
    return { phase: quietFor < turnEndQuietMs || facts.phase !== "idle" ? "working" : facts.phase };
  }
  return quietFor >= quietMeansIdleMs
    ? { phase: "idle" }
    : { phase: "working", recheckAt: changedAt + quietMeansIdleMs };
}

/** A runtime without a prompt that we know is ready some time after its start, once it is quiet (spec/03 §5.4). */
function decideStart(detection: ScreenDetection, facts: PhaseFacts, now: number): PhaseDecision {
  if (facts.report?.event === "session-start" && now - facts.changedAt >= readyQuietMs)
    return { phase: "idle" };
  const shows = showsReady(facts.lines, detection);
  const delay = shows === undefined ? detection.readyDelayMs : 0;
  if (delay === undefined || shows === false) return { phase: "starting" };
  const readyAt = Math.max(facts.startedAt + delay, facts.changedAt + readyQuietMs);
  return now >= readyAt ? { phase: "idle" } : { phase: "starting", recheckAt: readyAt };
}

/** Undefined where nothing on the screen tells. */
function showsReady(lines: readonly string[], { readyPattern }: ScreenDetection): boolean | undefined {
  if (readyPattern === undefined) return undefined;
  const pattern = new RegExp(readyPattern, "i");
  return lines.some((line) => pattern.test(line));
}

interface DialogAnswer {
  readonly keys: readonly string[];
  /** The option was found among others. */
  readonly isMenu: boolean;
}

function findDialog(
  lines: readonly string[],
  detection: ScreenDetection,
  isLimitOver: boolean,
): DialogAnswer | undefined {
  const text = lines.join("\n");
  for (const dialog of detection.dialogs ?? []) {
    if (new RegExp(dialog.match, "i").test(text)) return { keys: dialog.keys, isMenu: false };
  }
  const candidates = isLimitOver ? [...knownDialogs, limitMenu] : knownDialogs;
  const dialog = candidates.find((each) => each.all.every((part) => part.test(text)));
  return dialog && answerTo(lines, dialog.choose);
}

/** Keys that move from the highlighted option to the wanted one and take it; Enter alone where there is no menu. */
function answerTo(lines: readonly string[], wanted: RegExp): DialogAnswer {
  const highlighted = lines.findLastIndex((line) => highlight.test(line));
  // Options stand together; the question above may use the same words.
  const option = lines.findIndex(
    (line, row) =>
      Math.abs(row - highlighted) <= 4 && isOption(line) && wanted.test(line.replace(optionMark, "")),
  );
  if (highlighted < 0 || option < 0) return { keys: ["\r"], isMenu: false };
  const steps = option - highlighted;
  const moves = Array.from({ length: Math.abs(steps) }, () => (steps > 0 ? "\x1b[B" : "\x1b[A"));
  return { keys: [...moves, "\r"], isMenu: true };
}

const highlight = /^[\s│]*[❯›●>]\s*\S/;
const optionMark = /^[\s│]*[❯›●>]?\s*(\d+\.)?\s*/;
const isOption = (line: string): boolean =>
  highlight.test(line) || /^[\s│]{2,}\S/.test(line) || /^\s*\d+\./.test(line);

/** Whether one of the last ten lines starts with the prompt, box drawing and blanks aside. */
function showsPrompt(lines: readonly string[], prompt: string | undefined): boolean {
  if (prompt === undefined || prompt === "") return false;
  return lastLines(lines, 10).some((line) => {
    const text = line.replaceAll("\u00a0", " ").replace(/^[\s\u2500-\u257f]+/, "");
    return (text.startsWith(prompt) || text.trimEnd() === prompt.trimEnd()) && !selection.test(line);
  });
}

/** The last lines up to the last one that has something on it. */
function lastLines(lines: readonly string[], count: number): readonly string[] {
  const end = lines.findLastIndex((line) => line.trim() !== "") + 1;
  return lines.slice(Math.max(0, end - count), end);
}

interface Patterns {
  readonly busy: RegExp;
  readonly limits: readonly RegExp[];
  readonly ownLimits: readonly RegExp[];
}

const patterns = new WeakMap<ScreenDetection, Patterns>();

function compiled(detection: ScreenDetection): Patterns {
  let entry = patterns.get(detection);
  if (entry === undefined) {
    const { busyPattern: busy, limitPatterns: limits = [] } = detection;
    entry = {
      busy: busy === undefined ? defaultBusy : new RegExp(busy, "i"),
      limits: limitTexts,
      ownLimits: limits.map((text) => new RegExp(text, "i")),
    };
    patterns.set(detection, entry);
  }
  return entry;
}

/** A runtime that tries again by itself looks busy at its limit: what is known of this one counts then, too. */
function showsLimit(lines: readonly string[], detection: ScreenDetection, busy: boolean): boolean {
  const { limits, ownLimits } = compiled(detection);
  const texts = busy ? ownLimits : [...limits, ...ownLimits];
  return lines.some((line) => texts.some((text) => text.test(line)));
}

function busyPattern(detection: ScreenDetection): RegExp {
  return compiled(detection).busy;
}

/** The screen's text with everything masked that moves although nothing happens: digits, spinners, timers. */
export function normaliseScreen(lines: readonly string[]): string {
  return lines
    .map((line) =>
      line
        .replace(/\d+/g, "0")
        .replace(/[\u2800-\u28ff✻✽✶✳✢·∙●○◐◓◑◒|/\\*-]/gu, "")
        .trimEnd(),
    )
    .join("\n");
}
