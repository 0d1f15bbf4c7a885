import { type StraySession, straySessions } from "../../../agents/lifecycle/stray-sessions.ts";
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
  const rigs = rig === undefined ? access.town.rigs() : [access.town.rig(rig)];
  const strays: (StraySession & { readonly rig: string })[] = [];
  for (const each of rigs) {
    const polecats = agents.filter((agent) => agent.rig === each.name);
    for (const stray of await straySessions(access, each, polecats))
      strays.push({ ...stray, rig: each.name });
  }
  const rows = [
    ...views
      .filter((view) => !strays.some((stray) => stray.address === view.address))
      .map((view) => ({
        rig: view.rig,
        name: view.name,
        state: view.state,
        health: view.health,
        tag: view.tag,
        issue: view.bead === "" ? null : view.bead,
        title: view.title,
        session_running: view.phase !== undefined && view.phase !== "exited",
        session_name: view.session,
        idle_minutes: Math.floor(view.idleMs / 60_000),
        branch: branch.get(view.address) ?? "",
      })),
    // A session that works nowhere has something to tell, or is to be ended.
    ...strays.map((stray) => ({
      ...{ rig: stray.rig, name: stray.name, state: "nuked", health: "zombie", tag: "no sandbox" },
      ...{ issue: null, title: "", session_running: true, session_name: stray.record.session },
      ...{ idle_minutes: 0, branch: "" },
    })),
  ];
  out.document(rows.map(({ tag: _tag, title: _title, ...row }) => row));
  if (rows.length === 0) {
    out.line(rig === undefined ? "no polecats" : `no polecats in ${rig}`);
    return;
  }
  out.table(
    ["", "POLECAT", "STATE", "HEALTH", "BEAD"],
    rows.map((row) => [
      row.session_running ? "●" : "○",
      `${row.rig}/${row.name}`,
      row.state,
      row.tag === "" ? row.health : `${row.health} (${row.tag})`,
      row.issue === null ? "" : `${row.issue} ${sanitiseLine(row.title)}`,
    ]),
  );
}
