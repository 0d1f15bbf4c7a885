import { agentBeadId } from "../../core/town/agent-names.ts";
import { expectBudget } from "../costs/daily-budget.ts";
import { expectStartable, startAgentSession, stopAgentSession } from "../sessions/start-session.ts";
import type { ExitReason, SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { withAgentLock } from "./agent-lock.ts";
import { liveSession } from "./agent-session.ts";
import { startHookSession } from "./start-hook-session.ts";

export const mayorAddress = "mayor/";

export interface MayorStart {
  /** `--agent`: another runtime than the settings say. */
  readonly agent?: string;
  /** `--account`: another login than the default. */
  readonly account?: string;
  /** `--resume`: an id of a conversation, or `last`. */
  readonly conversation?: string;
  readonly warn?: (text: string) => void;
}

export interface MayorSession {
  readonly record: SessionRecord;
  /** False when it was running already. */
  readonly isNew: boolean;
}

/** Starts the Mayor's session, or returns the one that runs (spec/04 §7.2). */
export async function startMayor(access: TownAccess, start: MayorStart = {}): Promise<MayorSession> {
  return withAgentLock(access, mayorAddress, "mayor start", async () => {
    const running = await liveSession(access, mayorAddress);
    if (running !== undefined) return { record: running, isNew: false };
    return { record: await startFresh(access, start), isNew: true };
  });
}

/** Ends the session and starts another one; a runtime that cannot be started leaves the old session as it is. */
export async function restartMayor(
  access: TownAccess,
  start: MayorStart = {},
  end: { readonly reason: ExitReason; readonly why?: string } = { reason: "stopped" },
): Promise<SessionRecord> {
  return withAgentLock(access, mayorAddress, "mayor restart", async () => {
    const agent = await access.ledger.agent(mayorAddress);
    expectStartable(access, { address: mayorAddress, topic: "restart", ...overrideOf(start) }, agent);
    await expectBudget(access.town, access.ledger, access.clock.now());
    await stopAgentSession(access, mayorAddress, end.reason, end);
    return startFresh(access, start);
  });
}

/** Ends the session; what is on the Mayor's hook stays there. False when none was running. */
export async function stopMayor(access: TownAccess, options: { readonly force: boolean }): Promise<boolean> {
  return withAgentLock(access, mayorAddress, "mayor stop", async () => {
    if ((await liveSession(access, mayorAddress)) === undefined) return false;
    const hasEnded = await stopAgentSession(access, mayorAddress, "stopped", options);
    if ((await access.ledger.agent(mayorAddress)) !== undefined)
      await access.ledger.write(access.actor, [
        { op: "setAgent", address: mayorAddress, fields: { state: "stopped" } },
      ]);
    return hasEnded;
  });
}

async function startFresh(access: TownAccess, start: MayorStart): Promise<SessionRecord> {
  const { ledger, actor } = access;
  const mayor = { role: "mayor", rig: "", name: "" } as const;
  const row = { id: agentBeadId(mayor), address: mayorAddress, ...mayor };
  const agent = await ledger.agent(mayorAddress);
  // Every town is made with a row for its Mayor; one that was adopted half-made gets it here.
  if (agent === undefined) await ledger.write(actor, [{ op: "ensureAgent", agent: row }]);
  const record =
    start.agent === undefined && start.conversation === undefined && agent?.hookBead
      ? await startHookSession(access, mayorAddress, "resumed", start)
      : await startAgentSession(access, {
          address: mayorAddress,
          topic: "cold-start",
          ...overrideOf(start),
          ...(start.warn === undefined ? {} : { warn: start.warn }),
        });
  await ledger.write(actor, [
    { op: "setAgent", address: mayorAddress, fields: { state: "running", runtime: record.agent } },
  ]);
  return record;
}

const overrideOf = ({ agent, account, conversation }: MayorStart) => ({
  ...(agent === undefined ? {} : { agentOverride: agent }),
  ...(account === undefined ? {} : { account }),
  ...(conversation === undefined ? {} : { conversation }),
});
