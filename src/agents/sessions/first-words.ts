import { randomWord } from "../../core/random.ts";
import type { TownAccess } from "../town-access.ts";
import { allNudges, enqueue, settle } from "./nudge-queue.ts";
import type { SessionHost, SessionSpec } from "./session-host.ts";

const ttlMs = 2 * 3_600_000;

/** Has the host type these into a session that has just been started, in this order, once it takes input. */
export async function queueFirstWords(
  access: TownAccess,
  host: SessionHost,
  spec: SessionSpec,
  words: readonly string[],
): Promise<void> {
  const now = access.clock.now();
  // What a run that is over was not told any more is not meant for this one.
  for (const left of await allNudges(access.ledger, spec.session))
    if (left.kind === "instruct") await settle(access.ledger, access.actor, left, "cancelled");
  for (const [index, message] of words.entries()) {
    const id = randomWord(access.random, 10);
    await enqueue(access.ledger, access.actor, {
      ...{ id, session: spec.session, to: spec.actor, sender: access.actor },
      ...{ message, priority: "urgent", mode: "wait-idle", kind: "instruct", attempts: 0 },
      createdAt: now + index,
      expiresAt: now + ttlMs,
    });
    // An agent that is ready already does not get idle again by itself.
    await host.deliver(spec.session, { id, waitMs: 0 });
  }
}
