import { agentHealth } from "../../../agents/patrols/agent-health.ts";
import { mergeRequest } from "../../../core/merge/merge-request.ts";
import { formatAgo } from "../../../core/duration.ts";
import { redactUrl } from "../../../core/git/git-url.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { isObject } from "../../../core/town/json-file.ts";
import { readRigProperties } from "../../../core/town/rig-properties.ts";
import { rigViews } from "../../plain/rig-views.ts";
import type { CommandContext } from "../command.ts";
import { lookingAccess } from "./looking.ts";
import { rigOf } from "./rig-of.ts";

/** `gt rig status [rig]` (spec/07 §5.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await lookingAccess(context);
  const { town, ledger, clock } = access;
  const rig = rigOf(context, town, context.args[0]);
  const [view] = (await rigViews(town, ledger)).filter((one) => one.name === rig.name);
  const properties = await readRigProperties(town, ledger, rig);
  const state = properties.find(({ key }) => key === "status");
  const agents = (await agentHealth(access)).filter((agent) => agent.rig === rig.name);
  const requests = (await ledger.find({ type: "merge-request", sort: "closed" })).map(mergeRequest);
  const own = requests.filter((request) => request.rig === rig.name);
  const merged = own.filter((request) => request.closeReason === "merged").slice(0, 5);
  const open = own.filter((request) => request.status !== "closed");
  const queue = town.rigSettings(rig.name)["merge_queue"];
  const gates = Object.entries(isObject(queue) ? queue : {}).filter(
    ([key, value]) => key.endsWith("_command") && value !== "",
  );
  const named = (role: string) => agents.filter((agent) => agent.role === role);
  out.document({
    name: rig.name,
    path: rig.path,
    git_url: redactUrl(rig.gitUrl),
    default_branch: rig.defaultBranch,
    beads_prefix: rig.prefix,
    added_at: new Date(rig.addedAt).toISOString(),
    status: view?.status ?? "missing",
    status_source: state?.source ?? "default",
    witness: view?.isWitnessRunning ? "running" : "stopped",
    refinery: view?.isRefineryRunning ? "running" : "stopped",
    queue: open.map((request) => ({ mr: request.id, phase: request.phase, branch: request.branch })),
    polecats: named("polecat").map(agentDocument),
    crew: named("crew").map(agentDocument),
    gates: Object.fromEntries(gates),
    merged: merged.map((request) => ({
      mr: request.id,
      branch: request.branch,
      commit: request.mergeCommit,
    })),
  });
  out.line(out.style.bold(rig.name));
  out.line(`  path      ${rig.path}`);
  out.line(`  project   ${sanitiseLine(redactUrl(rig.gitUrl))} (${rig.defaultBranch})`);
  out.line(`  prefix    ${rig.prefix}`);
  out.line(`  added     ${formatAgo(clock.now() - rig.addedAt)}`);
  out.line(`  state     ${view?.status ?? "missing"} (${state?.source ?? "default"})`);
  out.line(`  witness   ${view?.isWitnessRunning ? "running" : "stopped"}`);
  out.line(`  refinery  ${view?.isRefineryRunning ? "running" : "stopped"}, ${open.length} in the queue`);
  for (const role of ["polecat", "crew"] as const) {
    const some = named(role);
    out.line(`  ${role === "crew" ? "crew    " : "polecats"}  ${some.length === 0 ? "none" : ""}`.trimEnd());
    for (const agent of some)
      out.line(
        `    ${agent.name}  ${agent.tag || agent.health}${agent.bead ? `  ${agent.bead} ${sanitiseLine(agent.title)}` : ""}`,
      );
  }
  out.line(`  gates     ${gates.length === 0 ? "none" : ""}`.trimEnd());
  for (const [key, value] of gates) out.line(`    ${key}: ${sanitiseLine(String(value))}`);
  if (merged.length > 0) out.line("  last merges");
  for (const request of merged)
    out.line(`    ${request.mergeCommit.slice(0, 10)} ${sanitiseLine(request.branch)}`);
}

function agentDocument(agent: { address: string; state: string; health: string; bead: string }) {
  return { address: agent.address, state: agent.state, health: agent.health, bead: agent.bead };
}
