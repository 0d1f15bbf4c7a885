import { sanitiseLine } from "../../core/sanitise.ts";
import { readLastScreen } from "../sessions/session-records.ts";
import type { TownAccess } from "../town-access.ts";
import type { AgentView } from "./agent-health.ts";

/**
 * What an agent's session shows, or showed when it ended: its lines without the empty ones, safe to print, the newest last.
 * None when it has no session, and when the host does not answer.
 */
export async function lastOutput(
  access: Pick<TownAccess, "town" | "host">,
  { session, phase }: AgentView,
): Promise<readonly string[]> {
  const isLive = phase !== undefined && phase !== "exited";
  const lines = isLive
    ? await liveScreen(access, session)
    : readLastScreen(access.town.paths.sessions, session);
  return lines.map((line) => sanitiseLine(line).trimEnd()).filter((line) => line !== "");
}

async function liveScreen({ host }: Pick<TownAccess, "host">, session: string): Promise<readonly string[]> {
  try {
    return (await (await host({ start: false })).screen(session)).lines;
  } catch {
    return []; // it has just ended, or the host is gone: the health says so
  }
}
