import { agentHealth } from "../../../agents/patrols/agent-health.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { rigAtHand } from "./crew-argument.ts";

/** `gt polecat list` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const word = args[0] ?? (flags.boolean("all") ? undefined : rigAtHand(context, access.town));
  const rig = word === undefined ? undefined : access.town.rig(word).name;
  const agents = await access.ledger.agents({ role: "polecat" });
  const branch = new Map(agents.map((agent) => [agent.address, agent.branch]));
  const views = (await agentHealth(access))
    .filter((view) => view.role === "polecat" && (rig === undefined || view.rig === rig))
    .toSorted((one, other) => one.address.localeCompare(other.address));
  out.document(
    views.map((view) => ({
      rig: view.rig,
      name: view.name,
      state: view.state,
      health: view.health,
      issue: view.bead === "" ? null : view.bead,
      session_running: view.phase !== undefined && view.phase !== "exited",
      session_name: view.session,
      idle_minutes: Math.floor(view.idleMs / 60_000),
      branch: branch.get(view.address) ?? "",
    })),
  );
  if (views.length === 0) {
    out.line("no polecats");
    return;
  }
  out.table(
    ["", "POLECAT", "STATE", "HEALTH", "BEAD"],
    views.map((view) => [
      view.phase !== undefined && view.phase !== "exited" ? "●" : "○",
      `${view.rig}/${view.name}`,
      view.state,
      view.tag === "" ? view.health : `${view.health} (${view.tag})`,
      view.bead === "" ? "" : `${view.bead} ${sanitiseLine(view.title)}`,
    ]),
  );
}
