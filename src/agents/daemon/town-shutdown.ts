import { setTimeout as pause } from "node:timers/promises";
import { GtError } from "../../core/gt-error.ts";
import { acquireLock } from "../../core/lock/lock.ts";
import { nukePolecats } from "../lifecycle/nuke-polecat.ts";
import { nudge } from "../sessions/nudge.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { endSessions, sessionsInScope, type SessionsInScope } from "./end-sessions.ts";
import { endOrphans, orphansOf } from "./orphans.ts";
import type { DownService } from "./down-service.ts";
import { type DownReport, townDown } from "./town-down.ts";

/** Whose sessions end: all but the crew's, all of them, or the polecats' alone, in a town that stays up. */
export type ShutdownScope = "without-crew" | "all" | "polecats-only";

export interface ShutdownOptions {
  readonly scope: ShutdownScope;
  /** Says good-bye and waits so long for agents to hand over what they know. */
  readonly noticeMs?: number;
  /** Removes sandboxes with work at risk too; it is kept as snapshot, branch and archive first. */
  readonly nuclear?: boolean;
  /** Also ends what ended sessions left running, after so long a time to end by itself. */
  readonly orphansGraceMs?: number;
  readonly cwd: string;
  readonly force?: boolean;
  readonly onService?: (service: DownService) => void;
}

export interface ShutdownReport extends DownReport {
  readonly removed: readonly string[];
  /** Sandboxes that hold work, with the reason. */
  readonly keptSandboxes: readonly { readonly address: string; readonly reason: string }[];
}

/** The living sessions that a shutdown would end, for the question before it. */
export async function sessionsToEnd(
  access: TownAccess,
  scope: ShutdownScope,
): Promise<readonly SessionRecord[]> {
  return (await inScope(access, scope)).ending;
}

/** End of the day (spec/04 §7.2): sessions end, and polecat sandboxes without work at risk are removed. */
export async function townShutdown(access: TownAccess, options: ShutdownOptions): Promise<ShutdownReport> {
  if (options.noticeMs !== undefined) await giveNotice(access, options.scope, options.noticeMs);
  const report =
    options.scope === "polecats-only"
      ? await endPolecats(access, options)
      : await townDown(access, { ...options, scope: options.scope });
  return { ...report, ...(await removeSandboxes(access, options)) };
}

async function inScope(access: TownAccess, scope: ShutdownScope): Promise<SessionsInScope> {
  if (scope !== "polecats-only") return sessionsInScope(access, scope);
  const { host, ending } = await sessionsInScope(access, "all");
  const isPolecat = ({ role }: SessionRecord): boolean => role === "polecat";
  return { host, ending: ending.filter(isPolecat), kept: ending.filter((each) => !isPolecat(each)) };
}

/** The town stays up and watched; what the polecats worked on rests until `gt up --restore`. */
async function endPolecats(access: TownAccess, options: ShutdownOptions): Promise<DownReport> {
  const services: DownService[] = [];
  const note = (service: DownService): void => {
    services.push(service);
    options.onService?.(service);
  };
  const lock = await acquireLock(access.town.paths.locks, "shutdown", { waitMs: 5000, kind: "shutdown" });
  try {
    const { host, ending, kept } = await inScope(access, "polecats-only");
    const unsaved = host === undefined ? [] : await endSessions(access, host, ending, options, note);
    if (options.orphansGraceMs !== undefined) {
      const living = new Set(kept.map((record) => record.runId));
      await endOrphans(orphansOf(access.town, { living }), options.orphansGraceMs, note);
    }
    return { services, kept: [], unsaved, leftovers: [] };
  } finally {
    lock.release();
  }
}

async function removeSandboxes(
  access: TownAccess,
  options: ShutdownOptions,
): Promise<Pick<ShutdownReport, "removed" | "keptSandboxes">> {
  const removed: string[] = [];
  const keptSandboxes: { address: string; reason: string }[] = [];
  for (const { address, state } of await access.ledger.agents({ role: "polecat" })) {
    if (state === "nuked") continue;
    try {
      await nukePolecats(access, {
        addresses: [address],
        cwd: options.cwd,
        reason: "shutdown",
        ...(options.nuclear === true ? { force: true } : {}),
      });
      removed.push(address);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      // Each reason begins with whose it is.
      const reasons = error.why.map((reason) => reason.replace(`${address}: `, ""));
      keptSandboxes.push({ address, reason: reasons.join("; ") || error.message });
    }
  }
  return { removed, keptSandboxes };
}

const lookEveryMs = 500;

/** Waits no longer than for the runs of those who could be told: a script takes no advice. */
async function giveNotice(access: TownAccess, scope: ShutdownScope, noticeMs: number): Promise<void> {
  const text =
    "The town shuts down. Commit what you have and write down where you are (gt handoff); your hook stays.";
  const told = new Set<string>();
  for (const { actor, agent, runId } of await sessionsToEnd(access, scope)) {
    if (agent === "shell" || actor === access.actor) continue;
    await nudge(access, {
      ...{ to: actor, from: access.actor, mode: "wait-idle", priority: "urgent", force: true },
      text,
    }).then(
      () => told.add(runId),
      () => undefined, // cannot be told; it ends all the same
    );
  }
  const isWorking = async (): Promise<boolean> =>
    (await sessionsToEnd(access, scope)).some(({ runId }) => told.has(runId));
  for (const deadline = Date.now() + noticeMs; Date.now() < deadline && (await isWorking()); )
    await pause(lookEveryMs);
}
