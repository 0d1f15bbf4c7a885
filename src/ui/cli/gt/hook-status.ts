import { hookStageLine } from "../../../agents/lifecycle/hook-stages.ts";
import type { HookView } from "../../../agents/lifecycle/hook-view.ts";
import { formatAgo } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { agentOf } from "./agent-argument.ts";

/** `gt hook` and `gt hook status` (spec/04 §2.10); `gt hook <bead>` hooks it. */
export async function run(context: CommandContext): Promise<number | undefined | void> {
  const isStatus = context.words.at(-1) === "status";
  if (!isStatus && context.args.length > 0) return (await import("./hook-attach.ts")).run(context);
  const address = await agentOf(context, context.args[0]);
  const { hookView } = await import("../../../agents/lifecycle/hook-view.ts");
  const access = await context.access();
  const view = await hookView(access, address);
  const { healthOf } = await import("../../../agents/patrols/agent-health.ts");
  const health = (await healthOf(access, address))?.health ?? null;
  context.out.document({ ...view, health });
  print(context.out, view, access.clock.now());
}

function print(out: Output, view: HookView, now: number): void {
  out.line(
    `${out.style.bold(view.agent)}  ${view.state}${view.hook_state === "" ? "" : `, hook ${view.hook_state}`}`,
  );
  if (view.hook_state !== "") out.line(`  stage     ${hookStageLine(view.hook_state)}`);
  if (view.bead === null) out.line("  hook      (empty)");
  else {
    out.line(
      `  hook      ${view.bead} ${sanitiseLine(view.title)} [${view.status}] P${view.priority ?? "?"}`,
    );
    out.line(`  assignment ${view.seq}`);
  }
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
