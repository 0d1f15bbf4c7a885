import { formatTime } from "../../core/clock.ts";
import { readSleeps, sleptSince } from "../../core/health/machine-sleep.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import { readPatrols } from "../../core/town/patrol-settings.ts";
import { durationSetting } from "../../core/town/setting.ts";
import { daemonStatus } from "../daemon/daemon-control.ts";
import { liveSession } from "../lifecycle/agent-session.ts";
import type { TownAccess } from "../town-access.ts";
import { signalOf } from "./ask-for-life.ts";
import { type BootAction, decideBoot } from "./decide-boot.ts";
import { mayBeAsked, silenceOf } from "./decide-role.ts";
import { isSwitchedOff } from "./role-switch.ts";
import { patrolTable } from "./worker-memory.ts";

export const deaconAddress = "deacon/";
const key = "boot-status";

/** Boot's last decision, kept in the table `patrols`. */
export interface BootStatus {
  readonly started_at: string;
  readonly completed_at: string;
  readonly last_action: BootAction;
  readonly target: string;
  readonly error: string;
}

export async function readBootStatus(access: TownAccess): Promise<BootStatus | undefined> {
  return (await access.ledger.row<BootStatus>(patrolTable, key))?.value;
}

/** Looks at the Deacon and decides; nothing is changed. */
export async function triageDeacon(access: TownAccess): Promise<BootAction> {
  const { ledger, town, clock } = access;
  // A person wants it so.
  if (await isSwitchedOff(access, deaconAddress)) return "nothing";
  const settings = town.settings();
  const limits = {
    staleMs: durationSetting(settings, "operational.deacon.stale"),
    veryStaleMs: durationSetting(settings, "operational.deacon.very_stale"),
  };
  const isNeeded = async (): Promise<boolean> =>
    (await ledger.agents({ state: ["working", "spawning", "done"] })).length > 0 ||
    (await unreadMail(ledger, deaconAddress)).length > 0;
  if (readPatrols(town)("deacon").mode === "agent") {
    const session = await liveSession(access, deaconAddress);
    if (session === undefined) return "start";
    // In a town at rest it may rest, too; and whoever looks at it, or knows why it waits, needs nobody's help.
    if (!mayBeAsked(session) || !(await isNeeded())) return "nothing";
    const signalAt = signalOf(await ledger.agent(deaconAddress));
    const weakCreditMs = durationSetting(settings, "operational.health.weak_credit");
    const silentSince = silenceOf(signalAt, session, { weakCreditMs });
    const now = clock.now();
    const heartbeatAt = silentSince + sleptSince(await readSleeps(ledger), silentSince, now);
    return decideBoot({ isThere: true, heartbeatAt, isNeeded: true }, now, limits);
  }
  const daemon = daemonStatus(town);
  const beat = Date.parse(daemon.lastHeartbeat ?? daemon.startedAt ?? "");
  return decideBoot(
    {
      isThere: daemon.isRunning,
      // One that has just started has not written its first.
      ...(Number.isNaN(beat) ? { heartbeatAt: clock.now() } : { heartbeatAt: beat }),
      isNeeded: await isNeeded(),
    },
    clock.now(),
    limits,
  );
}

/** Notes the decision; the same quiet one again is not written, so that a quiet town writes nothing. */
export async function recordTriage(
  access: TownAccess,
  decision: { readonly action: BootAction; readonly startedAt: number; readonly error?: string },
): Promise<void> {
  const before = await readBootStatus(access);
  if (decision.action === "nothing" && before?.last_action === "nothing") return;
  const status: BootStatus = {
    started_at: formatTime(decision.startedAt),
    completed_at: formatTime(access.clock.now()),
    last_action: decision.action,
    target: deaconAddress,
    error: decision.error ?? "",
  };
  const put: Operation = { op: "putRow", table: patrolTable, key, value: status };
  await access.ledger.write(access.actor, [put]);
}
