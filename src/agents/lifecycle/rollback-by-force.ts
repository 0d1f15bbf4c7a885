import { GtError } from "../../core/gt-error.ts";
import { nudge } from "../sessions/nudge.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { startCrew, stopCrew } from "./crew.ts";
import {
  findSnapshot,
  hookPlace,
  type Rollback,
  type RollbackRequest,
  rollbackHook,
} from "./rollback-hook.ts";
import { resumeHook, suspendHook } from "./suspend-hook.ts";

export interface ForcedRollback extends Rollback {
  /** What went wrong afterwards; the files are restored all the same. */
  readonly warnings: readonly string[];
}

/**
 * A rollback under a running session (spec/04 §6.5): it is suspended first, and goes on afterwards in a fresh session that
 * is told of it, whether the rollback worked or not. Killed meanwhile, it rests and says why; `gt hook resume` goes on.
 */
export async function rollbackByForce(access: TownAccess, request: RollbackRequest): Promise<ForcedRollback> {
  const { address, seq } = request;
  const isRunning = request.toBranch === undefined && (await liveSession(access, address)) !== undefined;
  if (!isRunning) return { ...(await rollbackHook(access, request)), warnings: [] };
  const { worktree, place } = await hookPlace(access, address);
  await findSnapshot(worktree, place, seq);
  const goOn = await interrupt(access, address, `rollback to snapshot ${seq}`);
  try {
    const rollback = await rollbackHook(access, request);
    const failed = await failureOf(async () => {
      await goOn();
      await tellAgent(access, address, rollback);
    });
    return { ...rollback, warnings: failed === undefined ? [] : [`${address} does not go on: ${failed}`] };
  } catch (error) {
    await failureOf(goOn);
    throw error;
  }
}

/** Ends the session; returns how the agent goes on. Whoever had no work to go on with stays without a session. */
async function interrupt(
  access: TownAccess,
  address: string,
  reason: string,
): Promise<() => Promise<unknown>> {
  const agent = await access.ledger.agent(address);
  if (agent?.role === "crew") {
    await stopCrew(access, address);
    return () => startCrew(access, address);
  }
  if (agent?.state === "idle" || agent?.state === "stuck") {
    await stopAgentSession(access, address, "stopped");
    return async () => undefined;
  }
  await suspendHook(access, address, reason);
  return () => resumeHook(access, address);
}

async function failureOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof GtError) return error.message;
    throw error;
  }
}

/** It goes on in a new session, among files that are not those it has left. */
async function tellAgent(access: TownAccess, address: string, { snapshot }: Rollback): Promise<void> {
  const session = await liveSession(access, address);
  // A script takes no advice.
  if (session === undefined || session.agent === "shell") return;
  const text = `Your files were rolled back to snapshot #${snapshot.seq} (${snapshot.reason}) of your hook. Look at \`git status\` before you go on.`;
  await nudge(access, { to: address, from: access.actor, mode: "wait-idle", text });
}
