import type { Clock } from "../../core/clock.ts";
import type { HostedSession } from "./hosted-session.ts";

export type TypingResult =
  /** The agent has begun to work on it. */
  | { readonly state: "acknowledged" }
  /** It has left the input line; nothing more is known. */
  | { readonly state: "typed" }
  /** It is still in the input line, or was cleared from it. */
  | { readonly state: "failed"; readonly why: string }
  /** The session ended before it could be read. */
  | { readonly state: "unread"; readonly why: string };

const chunkBytes = 512;
const chunkPauseMs = 10;
const acknowledgeMs = 10_000;
/** An agent that is idle with an empty input line this long after Enter has taken the text. */
const quickMs = 2_000;
const enterAgainMs = [500, 1000, 2000];
const clearLine = "\x15";

/**
 * Types one message into the session and submits it once (spec/03 §7.5): as one paste when the program takes pastes,
 * otherwise as one line; Enter is repeated only while the text is still in the input line.
 */
export async function typeMessage(session: HostedSession, text: string, clock: Clock): Promise<TypingResult> {
  const size = Buffer.byteLength(text);
  if (session.bracketedPaste) session.write(`\x1b[200~${text}\x1b[201~`);
  else {
    const line = Buffer.from(text.replace(/\n+ */g, " "));
    for (let at = 0; at < line.length; at += chunkBytes) {
      session.write(line.subarray(at, at + chunkBytes));
      if (at + chunkBytes < line.length) await pause(chunkPauseMs);
    }
  }
  // Programs that collect fast input for a paste take Enter for a newline when it comes too soon.
  await pause(Math.min(2000, 500 + Math.floor(size / chunkBytes) * 25));
  const submittedAt = clock.now();
  session.write("\r");
  for (const waitMs of [500, ...enterAgainMs]) {
    const seen = await session.settled(submittedAt, waitMs);
    if (!seen.isAlive) return { state: "unread", why: "the session ended" };
    if (seen.worksSince !== undefined) return { state: "acknowledged" };
    if (!session.holdsDraft) return await awaitWork(session, submittedAt);
    session.write("\r");
  }
  const last = await session.settled(submittedAt, 500);
  if (last.worksSince !== undefined) return { state: "acknowledged" };
  if (!session.holdsDraft) return await awaitWork(session, submittedAt);
  session.write(clearLine);
  return { state: "failed", why: "the agent does not take its input" };
}

async function awaitWork(session: HostedSession, submittedAt: number): Promise<TypingResult> {
  const soon = await session.settled(submittedAt, quickMs);
  if (soon.worksSince !== undefined) return { state: "acknowledged" };
  if (!soon.isAlive) return { state: "unread", why: "the session ended" };
  if (soon.isIdle) return { state: "typed" };
  const late = await session.settled(submittedAt, acknowledgeMs - quickMs);
  return { state: late.worksSince === undefined ? "typed" : "acknowledged" };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
