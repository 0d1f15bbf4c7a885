import { randomWord } from "../../core/random.ts";
import type { TownAccess } from "../town-access.ts";
import { enqueue } from "./nudge-queue.ts";
import type { SessionHost, SessionRecord } from "./session-host.ts";
import { workInstruction } from "./work-instruction.ts";

const ttlMs = 10 * 60_000;

/** Tells a session once more to begin, as soon as it takes input (spec/03 §5.7). */
export async function enqueueInstruction(
  access: TownAccess,
  host: SessionHost,
  record: SessionRecord,
): Promise<void> {
  const now = access.clock.now();
  const id = randomWord(access.random, 10);
  await enqueue(access.ledger, access.actor, {
    ...{ id, session: record.session, to: record.actor, sender: access.actor },
    ...{
      message: workInstruction(record.role, record.instruction),
      priority: "urgent",
      mode: "wait-idle",
      kind: "instruct",
    },
    ...{ attempts: 0, createdAt: now, expiresAt: now + ttlMs },
  });
  await host.deliver(record.session, { id, waitMs: 0 });
}
