import { raising } from "../../../core/escalation/raise.ts";
import { booleanSetting, durationSetting } from "../../../core/town/setting.ts";
import { readPatrols } from "../../../core/town/patrol-settings.ts";
import { runDoctor } from "../../doctor/doctor.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** Checks that cost no process; the ledger's file is checked with each backup. */
const cheap = ["operations", "settings-valid", "rigs-registry", "hooks-consistent", "git-locks"];
/** These ask git: once a day is enough. */
const dear = ["bare-repo", "worktree-gitdir"];
const dearEveryMs = 24 * 3_600_000;
const escalateEveryMs = 6 * 3_600_000;

/** D18: looks the town over now and then, and asks a person about errors (spec/04 §8.3). Nothing changed, nothing to look at. */
export function doctorDuty(context: DaemonContext): Duty {
  let lookedAt = context.clock.now();
  let deepAt = lookedAt;
  let head = -1;
  const asked = new Map<string, number>();
  return {
    key: "doctor",
    timeoutMs: 3 * 60_000,
    run: async () => {
      const { town, ledger, clock, log, actor } = context;
      const settings = town.settings();
      const now = clock.now();
      if (!booleanSetting(settings, "lifecycle.doctor.enabled")) return;
      const { intervalMs = durationSetting(settings, "lifecycle.doctor.interval") } =
        readPatrols(town)("doctor");
      if (now - lookedAt < intervalMs) return;
      const headNow = await ledger.head();
      if (headNow === head) return;
      lookedAt = now;
      head = headNow;
      const isDeep = now - deepAt >= dearEveryMs;
      if (isDeep) deepAt = now;
      const results = await runDoctor(
        {
          root: town.root,
          env: process.env,
          town: () => town,
          ledger: async () => ledger,
          access: async () => context,
        },
        { mode: "look", ids: isDeep ? [...cheap, ...dear] : cheap, hasTown: true },
      );
      for (const { id, rig, status, message, details, hint } of results) {
        if (status === "ok" || status === "info") continue;
        const key = `${id}:${rig}`;
        log.warn(`doctor ${key}: ${message}`);
        if (status !== "error" || now - (asked.get(key) ?? 0) < escalateEveryMs) continue;
        asked.set(key, now);
        const raised = await raising(context, {
          title: `${message}${rig === "" ? "" : ` (${rig})`}`,
          reason: [...details, hint === "" ? "" : `Next: ${hint}`].filter((line) => line !== "").join("\n"),
          severity: "medium",
          by: actor,
          source: `doctor:${key}`,
          same: "source",
          tier: "overseer",
          eventSource: "daemon",
        });
        await ledger.write(actor, raised.operations);
      }
    },
  };
}
