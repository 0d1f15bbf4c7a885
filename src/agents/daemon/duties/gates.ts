import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../../core/town/address.ts";
import type { Town } from "../../../core/town/town.ts";
import { townScopes } from "../../../core/ledger/town-scopes.ts";
import { deadlineOf, decideGate } from "../../gates/decide-gate.ts";
import { escalateGate } from "../../gates/escalate-gate.ts";
import { type GateWorld, observeGate } from "../../gates/observe-gate.ts";
import { isEscalationDue, settlingGate } from "../../gates/settle-gate.ts";
import { resumeWaiting } from "../../gates/resume-waiting.ts";
import { wakeWaiters } from "../../gates/wake-waiters.ts";
import { ghIn, type RunGh } from "../../github/run-gh.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

const againMs = 30_000;
/** Who could not be started, perhaps because its last session is only just ending, is tried again soon. */
const startAgainMs = 5000;
const gitHubEveryMs = 60_000;
const gitHubAtMostMs = 600_000;

/** When a gate that waits for GitHub is looked at again, and how long the pause before was. */
interface Pause {
  readonly until: number;
  readonly ms: number;
}

/**
 * Opens the gates whose condition holds, tells a person of those that failed, and wakes who waited for a gate that has opened
 * (spec/02 §14.3). Without open gates it costs two look-ups, when something was created or closed.
 */
export function gatesDuty(
  context: DaemonContext,
  options: { readonly gh?: (directory: string) => RunGh } = {},
): Duty {
  const pauses = new Map<string, Pause>();
  return {
    key: "gates",
    intervalMs: 600_000,
    timeoutMs: 5 * 60_000,
    run: async (signal) => {
      const open = await context.ledger.find({ type: "gate", notStatus: "closed" });
      const scopes = new Map(townScopes(context.town).map(({ scope, repository }) => [scope, repository]));
      const world: GateWorld = {
        ledger: context.ledger,
        repository: (scope) => scopes.get(scope),
        home: (address) => homeOf(context.town, address),
        gh: options.gh ?? ghIn,
      };
      for (const gate of open) {
        if (signal.aborted) return undefined;
        await look(context, world, gate, pauses);
      }
      for (const id of pauses.keys()) if (!open.some((gate) => gate.id === id)) pauses.delete(id);
      for (const warning of await wakeWaiters(context)) context.log.warn(`gate: ${warning}`);
      const unstarted = await resumeWaiting(context);
      for (const warning of unstarted) context.log.warn(`gate: ${warning}`);
      if (unstarted.length > 0) return { againMs: startAgainMs };
      return open.length === 0 ? undefined : { againMs: nextLook(open, context.clock.now()) };
    },
  };
}

function homeOf(town: Town, address: string): string | undefined {
  const parsed = parseAddress(address);
  return parsed?.role === "polecat" || parsed?.role === "crew" ? agentHome(town, parsed) : undefined;
}

async function look(
  context: DaemonContext,
  world: GateWorld,
  gate: Bead,
  pauses: Map<string, Pause>,
): Promise<void> {
  const now = context.clock.now();
  const isRemote = gate.awaitType.startsWith("gh:");
  const pause = pauses.get(gate.id);
  if (isRemote && pause !== undefined && now < pause.until) return;
  try {
    const facts = await observeGate(world, gate);
    const verdict = decideGate(gate, facts, now);
    if (isRemote) {
      // What cannot be reached is asked less and less often.
      const ms = facts.kind === "unknown" && pause ? Math.min(gitHubAtMostMs, pause.ms * 2) : gitHubEveryMs;
      pauses.set(gate.id, { until: now + ms, ms });
    }
    if (verdict.is === "person") return;
    const operations = settlingGate(gate, facts, verdict, now);
    if (operations.length > 0) await context.ledger.write(context.actor, operations);
    if (verdict.is === "met") context.log.info(`gate ${gate.id} is open: ${verdict.why}`);
    if (verdict.is !== "failed" || !isEscalationDue(gate, now)) return;
    for (const warning of await escalateGate(context, gate, verdict.why))
      context.log.warn(`gate ${gate.id}: ${warning}`);
  } catch (error) {
    // Somebody else changed the gate in this moment; that change has us look again.
    if (!(error instanceof GtError) || error.exitCode !== 4) throw error;
  }
}

/** At the next deadline or timer, at the latest after half a minute; people's gates need no looking at. */
function nextLook(open: readonly Bead[], now: number): number {
  const isWatched = open.some(({ awaitType }) => !["", "human", "timer"].includes(awaitType));
  const due = open.flatMap((gate) => deadlineOf(gate) ?? []).filter((at) => at > now);
  const waits = [...due.map((at) => at - now), ...(isWatched ? [againMs] : [])];
  return waits.length === 0 ? 600_000 : Math.min(600_000, ...waits);
}
