import { GtError } from "../../core/gt-error.ts";
import { parseAddress } from "../../core/town/address.ts";
import { hasSessions } from "../sessions/backend.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";

export type SessionLife = "alive" | "dead" | "unknown";

/**
 * Whether the agent has a living session. `unknown` when the host could not be asked; a town without a host has no
 * sessions, because they end with it.
 */
export async function sessionLife(access: TownAccess, address: string): Promise<SessionLife> {
  try {
    if ((await liveSession(access, address)) !== undefined) return "alive";
    // Who was started by hand may well be at work.
    return hasSessions(access.town) ? "dead" : "unknown";
  } catch {
    return "unknown"; // no answer: the caller must not act as if the agent were gone
  }
}

/** The agent's living session, if there is one. Never starts a host. */
export async function liveSession(access: TownAccess, address: string): Promise<SessionRecord | undefined> {
  try {
    const host = await access.host({ start: false });
    const record = await host.get(sessionOfAddress(access.town, address));
    return record === undefined || record.phase === "exited" ? undefined : record;
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return undefined;
    throw error;
  }
}

/** Whether the agent's sessions are there for one assignment and end with it; others go on without their bead. */
export function livesForItsBead(address: string): boolean {
  const role = parseAddress(address)?.role;
  return role === "polecat" || role === "dog";
}
