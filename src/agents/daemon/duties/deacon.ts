import { readPatrols } from "../../../core/town/patrol-settings.ts";
import { durationSetting } from "../../../core/town/setting.ts";
import { liveSession } from "../../lifecycle/agent-session.ts";
import { readRoleInbox } from "../../patrols/role-inbox.ts";
import { slingRequested } from "../../patrols/sling-requests.ts";
import { findStaleHooks, openStaleHook } from "../../patrols/stale-hooks.ts";
import { deaconAddress } from "../../patrols/triage-deacon.ts";
import { watchLoops } from "../../patrols/watch-loops.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** What an agent that patrols has not done after three heartbeats, code does (spec/04 §9.5). */
export const safetyNetMs = 9 * 60_000;

/**
 * The Deacon's own rounds (spec/04 §10.1): mail to roles that run as code (D13), what the mayor is asked to sling, and hooks from which nobody takes their
 * work. Its other steps are duties of their own. Woken by mail, and at each heartbeat.
 */
export function deaconDuty(context: DaemonContext): Duty {
  return {
    key: "deacon",
    timeoutMs: 3 * 60_000,
    run: async (signal) => {
      for (const address of await builtinRoles(context)) {
        if (signal.aborted) return;
        for (const line of await readRoleInbox(context, address))
          context.log.info(`mail to ${address}: ${line}`);
      }
      for (const line of await slingRequested(context)) context.log.info(`mail to mayor/: ${line}`);
      await context.noticeSleep();
      for (const key of await watchLoops(context, context.duties())) {
        context.log.warn(`deacon: the loop ${key} is silent`);
        context.wake(key);
      }
      const isAgent = await runsAsAgent(context, "deacon", deaconAddress);
      const maxAgeMs =
        durationSetting(context.town.settings(), "operational.deacon.stale_hook") +
        (isAgent ? safetyNetMs : 0);
      for (const found of await findStaleHooks(context, maxAgeMs)) {
        if (found.stale.kind !== "open") continue;
        await openStaleHook(context, found);
        context.log.info(`deacon: ${found.bead.id} is open again: ${found.stale.reason}`);
      }
    },
  };
}

/** A role is an agent only while its session lives: nobody else would read its mail. */
export async function runsAsAgent(context: DaemonContext, duty: string, address: string): Promise<boolean> {
  if (readPatrols(context.town)(duty).mode !== "agent") return false;
  return (await liveSession(context, address).catch(() => undefined)) !== undefined;
}

async function builtinRoles(context: DaemonContext): Promise<readonly string[]> {
  const all: readonly (readonly [duty: string, address: string])[] = [
    ["deacon", deaconAddress],
    ["boot", "deacon/boot"],
    ...context.town.rigs().flatMap(
      ({ name }) =>
        [
          ["witness", `${name}/witness`],
          ["refinery", `${name}/refinery`],
        ] as const,
    ),
  ];
  const found: string[] = [];
  for (const [duty, address] of all) if (!(await runsAsAgent(context, duty, address))) found.push(address);
  return found;
}
