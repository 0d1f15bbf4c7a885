import { hookStageLine } from "../../../agents/lifecycle/hook-stages.ts";
import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { HookView } from "../../../agents/lifecycle/hook-view.ts";
import type { WorkflowView } from "../../../agents/lifecycle/workflow-view.ts";
import { formatAgo } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { agentOf } from "./agent-argument.ts";

/** `gt hook` and `gt hook status` (spec/04 §2.10); `gt hook <bead>` hooks it. */
export async function run(context: CommandContext): Promise<number | undefined | void> {
  const isStatus = context.words.at(-1) === "status";
  const [word, second] = context.args;
  // One word with a slash can only be an agent: `gt hook web/sam` asks, `gt hook web-a1b2c` hooks.
  const isAgent = word?.includes("/") === true && second === undefined;
  if (!isStatus && word !== undefined && !isAgent) return (await import("./hook-attach.ts")).run(context);
  const address = await agentOf(context, word);
  const { changesOf, hookView } = await import("../../../agents/lifecycle/hook-view.ts");
  // git takes longest: it looks at the files while the rest is read.
  const changes = changesOf(await context.town(), address);
  const access = await context.access();
  const { healthOf } = await import("../../../agents/patrols/agent-health.ts");
  const [view, agent] = await Promise.all([hookView(access, address, changes), healthOf(access, address)]);
  const { molecule, ...hook } = view;
  context.out.document({ ...hook, ...molecule, health: agent?.health ?? null });
  print(context.out, view, agent, access.clock.now());
}

function printWorkflow(out: Output, molecule: WorkflowView): void {
  const { attached_formula: formula, attached_molecule: id, attached_args: args, done, total } = molecule;
  const cells = 20;
  const filled = total === 0 ? 0 : Math.floor((done / total) * cells);
  out.line(`  workflow  ${sanitiseLine(formula)} (${id})`);
  out.line(
    `  steps     [${"#".repeat(filled)}${".".repeat(cells - filled)}] ${done}/${total}: ${molecule.in_progress} in progress, ${molecule.ready} ready, ${molecule.blocked} waiting`,
  );
  if (args !== "") out.line(`  args      ${sanitiseLine(args)}`);
  out.line(`  next      ${sanitiseLine(molecule.next_action)}`);
}

/** `idle (paused): lunch`: the tag says more than the health that it comes with. */
function healthText({ health, tag, reason }: AgentView): string {
  const state = tag === "" ? health : `${health} (${tag})`;
  return reason === "" ? state : `${state}: ${sanitiseLine(reason)}`;
}

function print(out: Output, view: HookView, agent: AgentView | undefined, now: number): void {
  out.line(
    `${out.style.bold(view.agent)}  ${view.state}${view.hook_state === "" ? "" : `, hook ${view.hook_state}`}`,
  );
  if (agent !== undefined) out.line(`  health    ${healthText(agent)}`);
  if (view.hook_state !== "") out.line(`  stage     ${hookStageLine(view.hook_state)}`);
  if (view.bead === null) out.line("  hook      (empty)");
  else {
    out.line(
      `  hook      ${view.bead} ${sanitiseLine(view.title)} [${view.status}] P${view.priority ?? "?"}`,
    );
    out.line(`  assignment ${view.seq}`);
  }
  if (view.molecule !== undefined) printWorkflow(out, view.molecule);
  if (view.branch !== null) {
    const counts = view.ahead === null ? "" : `  ${view.ahead} ahead, ${view.behind} behind`;
    out.line(`  branch    ${view.branch}${counts}`);
  }
  if (view.dirty.length > 0) {
    out.line(`  changes   ${view.dirty.length} uncommitted`);
    for (const path of view.dirty.slice(0, 10)) out.line(`    ${sanitiseLine(path)}`);
  }
  if (view.snapshot !== null)
    out.line(
      `  snapshot  #${view.snapshot.seq} ${view.snapshot.reason}, ${formatAgo(now - view.snapshot.time)}`,
    );
}
