import { GtError } from "../../../core/gt-error.ts";
import type { Agent } from "../../../core/ledger/bead.ts";
import { refinerySwitch } from "../../../core/merge/refinery-switch.ts";
import { parseAddress } from "../../../core/town/address.ts";
import { patrolsRig, readPatrols } from "../../../core/town/patrol-settings.ts";
import { type HostSnapshot, hostSnapshot } from "../../patrols/agent-health.ts";
import { decideState } from "../../patrols/decide-state.ts";
import { isSwitchedOff } from "../../patrols/role-switch.ts";
import { sessionOfAddress } from "../../sessions/start-session.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { isRigAtWork } from "../rig-at-work.ts";

/**
 * Keeps the stored states of crew and of the roles that patrol as the table of spec/04 §1.3 has them, whoever changed a
 * hook, a session or a loop. Writes only what differs.
 */
export function statesDuty(context: DaemonContext): Duty {
  return { key: "states", run: () => settleStates(context) };
}

/** With `isEnding` the loops count as stopped: this daemon's are about to be. */
export async function settleStates(
  context: DaemonContext,
  options: { readonly isEnding?: boolean } = {},
): Promise<void> {
  const { ledger, actor } = context;
  const agents = (await ledger.agents()).filter(
    ({ role, state }) => state !== "nuked" && role !== "polecat" && role !== "dog" && role !== "mayor",
  );
  const beads = await ledger.getMany(agents.map((agent) => agent.hookBead).filter((id) => id !== ""));
  const host = await hostSnapshot(context);
  for (const agent of agents) {
    const bead = beads.get(agent.hookBead);
    const state = decideState({
      agent,
      isHooked: bead !== undefined && bead.status !== "closed",
      session: sessionOf(context, agent, host),
      isLooping: options.isEnding !== true && agent.role !== "crew" && (await isLooping(context, agent)),
    });
    if (state === undefined) continue;
    const { address, hookBead } = agent;
    await ledger
      .write(actor, [
        { op: "expectAgent", address, expected: { state: agent.state, hookBead } },
        { op: "setAgent", address, fields: { state } },
      ])
      .catch((error: unknown) => {
        // Whoever changed it meanwhile is right; the next look sees what that is.
        if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
      });
  }
}

function sessionOf({ town }: DaemonContext, agent: Agent, host: HostSnapshot): "alive" | "dead" | "unknown" {
  const address = parseAddress(agent.address);
  const isKnown = address !== undefined && (address.rig === "" || town.findRig(address.rig) !== undefined);
  if (!isKnown) return "dead";
  const record = host.sessions.get(sessionOfAddress(town, agent.address));
  if (record !== undefined && record.phase !== "exited") return "alive";
  // A person's own terminal is no session of ours.
  return host.isKnown && !(host.isByHand && agent.role === "crew") ? "dead" : "unknown";
}

/** Whether the daemon does the role's rounds itself (spec/04 §1.1, §8.3). */
async function isLooping(context: DaemonContext, { role, rig, address }: Agent): Promise<boolean> {
  const settings = readPatrols(context.town)(role);
  if (settings.mode === "agent" || (await isSwitchedOff(context, address))) return false;
  if (rig === "") return settings.isEnabled && context.isOperational();
  const known = context.town.findRig(rig);
  if (known === undefined || !patrolsRig(settings, rig) || !(await isRigAtWork(context, known))) return false;
  return role !== "refinery" || !(await refinerySwitch(context.ledger, rig)).isOff;
}
