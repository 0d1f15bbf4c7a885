import { formatTime } from "../../core/clock.ts";
import { sleptSince } from "../../core/health/machine-sleep.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import { readPatrols } from "../../core/town/patrol-settings.ts";
import { durationSetting } from "../../core/town/setting.ts";
import { daemonStatus } from "../daemon/daemon-control.ts";
import type { TownAccess } from "../town-access.ts";
import { hostSnapshot } from "./agent-health.ts";
import { type BootAction, type BootLimits, decideBoot } from "./decide-boot.ts";
import { mayBeAsked, silenceOf } from "./decide-role.ts";
import { observeRole, observeTown } from "./observe-role.ts";
import { isSwitchedOff } from "./role-switch.ts";
import { workInFlight } from "./work-in-flight.ts";
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
  if (readPatrols(town)("deacon").mode === "agent") return triageSession(access, limits);
  const daemon = daemonStatus(town);
  const beat = Date.parse(daemon.lastHeartbeat ?? daemon.startedAt ?? "");
  return decideBoot(
    {
      isThere: daemon.isRunning,
      // One that has just started has not written its first.
      ...(Number.isNaN(beat) ? { heartbeatAt: clock.now() } : { heartbeatAt: beat }),
      isNeeded:
        (await workInFlight(ledger)).length > 0 || (await unreadMail(ledger, deaconAddress)).length > 0,
    },
    clock.now(),
    limits,
  );
}

/** A session is seen as the duty that keeps roles sees it: in a town at rest it may rest, too. */
async function triageSession(access: TownAccess, limits: BootLimits): Promise<BootAction> {
  const host = await hostSnapshot(access);
  // One that does not answer is brought back with its sessions.
  if (!host.isKnown) return "nothing";
  const town = await observeTown(access, host, limits);
  const view = await observeRole(access, { role: "deacon", rig: "", name: "" }, town);
  const { session } = view;
  if (session === undefined || session.phase === "exited") return "start";
  if (!mayBeAsked(session) || !view.isNeeded) return "nothing";
  const weakCreditMs = durationSetting(access.town.settings(), "operational.health.weak_credit");
  const now = access.clock.now();
  const silentSince = silenceOf(view.signalAt, session, { weakCreditMs });
  const heartbeatAt = silentSince + sleptSince(view.sleeps, silentSince, now);
  return decideBoot({ isThere: true, heartbeatAt, isNeeded: true }, now, limits);
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
