import { unlessDiskFull } from "../../core/disk-full.ts";
import { GtError } from "../../core/gt-error.ts";
import { snapshotHooks } from "../lifecycle/snapshot-hooks.ts";
import { suspendOperations } from "../lifecycle/suspension.ts";
import type { SessionHost, SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import type { DownScope } from "./desired-state.ts";
import type { DownService } from "./down-service.ts";

/** Roles in the order in which their sessions end: who gives work goes after those who do it (spec/04 §7.2). */
const order: readonly string[] = ["polecat", "crew", "refinery", "witness", "mayor", "boot", "deacon", "dog"];

export interface SessionsInScope {
  /** Undefined when no host runs: then nothing ends and nothing stays. */
  readonly host: SessionHost | undefined;
  /** In the order of their end. */
  readonly ending: readonly SessionRecord[];
  readonly kept: readonly SessionRecord[];
}

/** Living sessions that end when the town goes down so far, and those that stay. */
export async function sessionsInScope(access: TownAccess, scope: DownScope): Promise<SessionsInScope> {
  const host = await runningHost(access);
  const living = host === undefined ? [] : (await host.list()).filter((record) => record.phase !== "exited");
  const stays = ({ role }: SessionRecord): boolean =>
    (scope === "services" && role === "polecat") || (scope === "without-crew" && role === "crew");
  const ending = living
    .filter((record) => !stays(record))
    .sort((one, other) => order.indexOf(one.role) - order.indexOf(other.role));
  return { host, ending, kept: living.filter(stays) };
}

/**
 * Ends the sessions role by role; the polecats' work stays on their hooks and the workers' files are kept as snapshots
 * first. Returns the addresses of those whose files could not be kept in time.
 */
export async function endSessions(
  access: TownAccess,
  host: SessionHost,
  ending: readonly SessionRecord[],
  options: { readonly force?: boolean },
  note: (service: DownService) => void,
): Promise<readonly string[]> {
  for (const record of ending) if (record.role === "polecat") await suspend(access, record);
  const workers = ending.filter((record) => record.role === "polecat" || record.role === "crew");
  const unsaved = await snapshotHooks(
    access,
    workers.map((record) => record.actor),
    "shutdown",
  );
  for (const peers of Map.groupBy(ending, (record) => record.role).values())
    await Promise.all(
      peers.map(async (record) => note(await endSession(host, record, options.force === true))),
    );
  return unsaved;
}

async function runningHost(access: TownAccess): Promise<SessionHost | undefined> {
  try {
    return await access.host({ start: false });
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return undefined;
    throw error;
  }
}

/** Transition 13: bead and worktree stay, and `gt up --restore` goes on with them. Agents inside `gt done` are left to it. */
async function suspend(access: TownAccess, record: SessionRecord): Promise<void> {
  const agent = await access.ledger.agent(record.actor);
  if (agent === undefined || agent.hookState !== "active") return;
  if (agent.state !== "working" && agent.state !== "spawning") return;
  try {
    await unlessDiskFull(
      access.ledger.write(
        access.actor,
        suspendOperations(agent, { reason: "town-down", since: access.clock.now() }),
      ),
    );
  } catch (error) {
    // It finished its work at this very moment: nothing is left to suspend.
    if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
  }
}

async function endSession(host: SessionHost, record: SessionRecord, force: boolean): Promise<DownService> {
  const service = { name: record.session, type: "session" } as const;
  try {
    await host.stop(record.session, { reason: "stopped", force, runId: record.runId });
    return { ...service, ok: true, detail: "ended" };
  } catch (error) {
    const still = await host.get(record.session);
    if (still === undefined || still.phase === "exited") return { ...service, ok: true, detail: "ended" };
    return { ...service, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
