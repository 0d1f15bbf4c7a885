import { findTarget } from "../../../agents/sessions/find-target.ts";
import { expectManaged } from "../../../agents/sessions/identity-lock.ts";
import { isBuiltIn } from "../../../agents/sessions/nudge.ts";
import type { SessionHost, SessionRecord } from "../../../agents/sessions/session-host.ts";
import { readLastScreen, readRecord } from "../../../agents/sessions/session-records.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

const defaultLines = 100;

/** `gt peek` (spec/03 §7.8). Never changes the session. */
export async function run(context: CommandContext): Promise<void> {
  const { args, out, flags } = context;
  const [text = "", word] = args;
  const count = lineCount(word ?? flags.string("lines"));
  const access = await context.access();
  const { town } = access;
  const target = await findTarget(text, { ...access, cwd: context.cwd });
  if (isBuiltIn(town, target)) {
    throw new GtError("E_NO_SESSION", `${target.actor} runs in builtin mode and has no screen`, {
      hint: `gt log --agent ${target.actor}`,
    });
  }
  const host = await runningHost(context);
  const record = await host?.get(target.session);
  if (host === undefined || record === undefined || record.phase === "exited") {
    expectManaged(town, target.actor, target.session);
    throw notRunning(
      target.session,
      record ?? readRecord(town.paths.sessions, target.session),
      town.paths.sessions,
    );
  }
  const lines = await screenLines(host, target.session, count);
  out.document({ session: target.session, phase: record.phase, lines });
  for (const line of lines) out.line(line);
  if (flags.boolean("follow") && !context.json) await follow(context, host, target.session, lines);
}

function lineCount(text: string | undefined): number {
  if (text === undefined) return defaultLines;
  if (!/^\d+$/.test(text) || Number(text) < 1) throw usageError(`invalid line count: ${text}`);
  return Number(text);
}

async function runningHost(context: CommandContext): Promise<SessionHost | undefined> {
  try {
    return await (await context.access()).host({ start: false });
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return undefined;
    throw error;
  }
}

async function screenLines(host: SessionHost, session: string, count: number): Promise<readonly string[]> {
  const { lines } = await host.screen(session, { scrollback: count });
  const end = lines.findLastIndex((line) => line.trim() !== "") + 1;
  return lines.slice(Math.max(0, end - count), end).map(sanitiseLine);
}

function notRunning(session: string, record: SessionRecord | undefined, records: string): GtError {
  const lines = record === undefined ? [] : readLastScreen(records, session).slice(-20).map(sanitiseLine);
  const code = record?.exitCode === undefined ? "" : `, exit ${record.exitCode}`;
  return new GtError("E_SESSION_NOT_FOUND", `session "${session}" not running`, {
    why: record?.exitReason === undefined ? [] : [`ended: ${record.exitReason}${code}`, ...lines],
    hint: "gt agents --all",
  });
}

/** Prints what is new below the last line that was printed, whenever the screen has changed. */
async function follow(
  context: CommandContext,
  host: SessionHost,
  session: string,
  printed: readonly string[],
): Promise<void> {
  const signal = context.untilSignal();
  const ended = Promise.withResolvers<void>();
  let last = printed;
  let reading: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    const now = await screenLines(host, session, 500);
    for (const line of newLines(last, now)) context.out.line(line);
    last = now;
  };
  const unsubscribe = host.subscribe((event) => {
    if (event.type === "lost") ended.resolve();
    if (event.type === "output" && event.session === session)
      reading = reading.then(read).catch(() => ended.resolve());
    if (event.type === "exited" && event.record.session === session) ended.resolve();
  });
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  await ended.promise;
  unsubscribe();
  await reading;
}

/** Lines of `now` behind the longest end of `before` that they start with or contain. */
export function newLines(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let kept = Math.min(before.length, now.length); kept > 0; kept--) {
    const tail = before.slice(before.length - kept);
    for (let at = now.length - kept; at >= 0; at--)
      if (tail.every((line, index) => line === now[at + index])) return now.slice(at + kept);
  }
  return now;
}
