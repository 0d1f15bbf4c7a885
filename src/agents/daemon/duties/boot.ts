import { readPatrols } from "../../../core/town/patrol-settings.ts";
import { recordTriage, triageDeacon } from "../../patrols/triage-deacon.ts";
import { liveSession } from "../../lifecycle/agent-session.ts";
import { startRole, stopRole } from "../../lifecycle/role-session.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { loopsOf } from "../role-loops.ts";
import { safetyNetMs } from "./deacon.ts";

const bootAddress = "deacon/boot";

const againMs = 2 * 60_000;
/** A session of Boot's that takes longer has lost its way. */
const longestMs = 5 * 60_000;

/**
 * D3: Boot's decision about the Deacon at each heartbeat (spec/04 §10.2). The loops of a builtin Deacon live in this
 * process, which a thread of its own watches; a session is started by the duty for roles, with its limits. In agent mode
 * a fresh session is asked when there is something to decide, and the code acts when that has changed nothing.
 */
export function bootDuty(context: DaemonContext): Duty {
  let troubledSince: number | undefined;
  let actedAt = Number.NEGATIVE_INFINITY;
  return {
    key: "boot",
    run: async () => {
      if (!context.isOperational()) return;
      const startedAt = context.clock.now();
      const action = await triageDeacon(context);
      troubledSince = action === "nothing" ? undefined : (troubledSince ?? startedAt);
      const isForAgent =
        readPatrols(context.town)("boot").mode === "agent" &&
        startedAt - (troubledSince ?? startedAt) < safetyNetMs;
      try {
        if (action === "nothing") return await recordTriage(context, { action, startedAt });
        // A cure that has not worked is not repeated at once.
        if (startedAt - actedAt < againMs) return;
        actedAt = startedAt;
        await (isForAgent ? askAgent(context) : wake(context));
        await recordTriage(context, { action, startedAt });
      } catch (error) {
        await recordTriage(context, { action, startedAt, error: String(error) });
      }
      context.log.info(`boot: ${action} the deacon${isForAgent ? " (left to its session)" : ""}`);
    },
  };
}

async function askAgent(context: DaemonContext): Promise<void> {
  const running = await liveSession(context, bootAddress);
  if (running !== undefined && context.clock.now() - running.startedAt < longestMs) return;
  if (running !== undefined) await stopRole(context, bootAddress);
  await startRole(context, bootAddress);
}

/** Its session is asked, and started when it is missing or does not answer, by the duty that keeps roles. */
function wake(context: DaemonContext): void {
  if (readPatrols(context.town)("deacon").mode === "agent") context.wake("roles");
  else for (const key of loopsOf({ role: "deacon", rig: "" })) context.wake(key);
}
