import { freemem } from "node:os";
import { raising } from "../../core/escalation/raise.ts";
import {
  type Death,
  detectMassDeath,
  type MassDeathLimits,
  massDeathLimits,
} from "../../core/health/mass-death.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { roleMail } from "../../core/mail/role-message.ts";
import { durationSetting, numberSetting } from "../../core/town/setting.ts";
import { readLastScreen } from "../sessions/session-records.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { DaemonContext } from "./daemon-context.ts";
import { freeDiskMb } from "../../core/health/free-disk.ts";

const mega = 1024 * 1024;
const escalateEveryMs = 30 * 60_000;
const several = 2;

/**
 * Notices when many sessions die at once and holds all automatic restarts for a minute, so that a town does not burn down
 * by restarting into the same trouble (spec/04 §8.5).
 */
export class DeathWatch {
  readonly #context: DaemonContext;
  #deaths: LostSession[] = [];
  #escalatedAt = 0;
  #heldUntil = 0;

  constructor(context: DaemonContext) {
    this.#context = context;
  }

  /** A session has ended. Ends that somebody asked for, and those of a lost host, are no deaths. */
  note(record: SessionRecord): void {
    if (record.expected === true || record.exitReason === "host-lost" || hasFinished(record)) return;
    const { clock, town, budget, log } = this.#context;
    const now = clock.now();
    const limits = this.#limits();
    this.#deaths = this.#deaths.filter((death) => death.at > now - limits.windowMs);
    this.#deaths.push({
      session: record.session,
      at: record.endedAt ?? now,
      runtime: record.agent,
      tail: readLastScreen(town.paths.sessions, record.session).slice(-20).join("\n"),
      record,
    });
    const found = detectMassDeath(this.#deaths, now, {}, limits);
    if (found === undefined) return;
    const isHeld = now < this.#heldUntil;
    this.#heldUntil = found.holdUntil;
    // At once: the Witness is already on its way to restart the last one.
    budget.hold(found.holdUntil);
    // Those that die meanwhile belong to the same misfortune.
    if (isHeld) return;
    const mustAsk = now - this.#escalatedAt >= escalateEveryMs;
    if (mustAsk) this.#escalatedAt = now;
    void this.#report(now, { mustAsk }).catch((error: unknown) => log.warn(`mass death: ${String(error)}`));
  }

  #limits(): MassDeathLimits {
    const settings = this.#context.town.settings();
    return {
      ...massDeathLimits,
      count: numberSetting(settings, "operational.daemon.mass_death_count"),
      windowMs: durationSetting(settings, "operational.daemon.mass_death_window"),
    };
  }

  async #report(now: number, { mustAsk }: { readonly mustAsk: boolean }): Promise<void> {
    const { town, ledger, log, actor } = this.#context;
    const found = detectMassDeath(
      this.#deaths,
      now,
      {
        freeMemoryMb: Math.floor(freemem() / mega),
        freeDiskMb: await freeDiskMb(town.root),
      },
      this.#limits(),
    );
    if (found === undefined) return;
    log.warn(
      `${found.sessions.length} sessions died within ${formatSeconds(this.#limits().windowMs)} (${found.suspected}); restarts are held for a minute`,
    );
    const payload = {
      count: found.sessions.length,
      window: formatSeconds(this.#limits().windowMs),
      sessions: found.sessions,
      suspected: found.suspected,
    };
    const told: Operation = { op: "event", event: { type: "mass_death", payload, source: "daemon" } };
    if (!mustAsk) {
      await ledger.write(actor, [told]);
      return;
    }
    const raised = await raising(this.#context, {
      title: `${payload.count} sessions died at once: ${found.suspected}`,
      reason: `Restarts were held for a minute. Sessions: ${found.sessions.join(", ")}`,
      severity: "critical",
      by: actor,
      source: "daemon:mass_death",
      same: "source",
      eventSource: "daemon",
    });
    await ledger.write(actor, [told, ...this.#tellMayor(found.sessions), ...raised.operations]);
  }

  /** `POLECAT_DIED`: what each rig was working on when its polecats died, if there were several (spec/06 §5.2). */
  #tellMayor(sessions: readonly string[]): readonly Operation[] {
    const lost = this.#deaths
      .filter(({ session }) => sessions.includes(session))
      .map(({ record }) => record)
      .filter(({ role, bead }) => role === "polecat" && bead !== undefined);
    return [...Map.groupBy(lost, ({ rig }) => rig)].flatMap(([rig, polecats]) =>
      polecats.length < several
        ? []
        : roleMail(this.#context.random, {
            ...{ from: `${rig}/witness`, to: "mayor/", values: {} },
            subject: `POLECAT_DIED: ${polecats.length} in ${rig}`,
            text: polecats.map(({ actor, bead }) => `- ${actor}: ${bead}`).join("\n"),
          }),
    );
  }
}

interface LostSession extends Death {
  readonly record: SessionRecord;
}

/** It ended well by itself: a script whose work is done, or a person who left. Not a worker that leaves its bead behind. */
const hasFinished = ({ exitReason, role, bead, agent }: SessionRecord): boolean =>
  exitReason === "done" && !(role === "polecat" && bead !== undefined && agent !== "shell");

const formatSeconds = (ms: number): string => `${Math.round(ms / 1000)}s`;
