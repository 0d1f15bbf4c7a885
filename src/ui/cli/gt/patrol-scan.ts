import { StartBudget } from "../../../agents/patrols/start-budget.ts";
import { agentHealth } from "../../../agents/patrols/agent-health.ts";
import { conditionOf, type Finding } from "../../../agents/patrols/finding.ts";
import { patrolRig } from "../../../agents/patrols/witness.ts";
import { nudge } from "../../../agents/sessions/nudge.ts";
import { formatTime } from "../../../core/clock.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt patrol scan` (spec/04 §9.5). Exit code 0 whatever is found. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  if (flags.boolean("reaper")) return (await import("./patrol-reap.ts")).run(context);
  const access = await context.access();
  const wanted = flags.string("rig");
  const rigs = wanted === undefined ? access.town.rigs() : [access.town.rig(wanted)];
  const mustFix = flags.boolean("fix");
  const documents: object[] = [];
  for (const rig of rigs) {
    const findings: Finding[] = [];
    const errors: string[] = [];
    await patrolRig(access, rig, {
      budget: new StartBudget(),
      permits: (finding) => {
        findings.push(finding);
        return mustFix;
      },
      report: (text) => void (text.includes(" failed: ") && errors.push(text)),
    });
    const agents = new Map(
      (await access.ledger.agents({ rig: rig.name })).map((each) => [each.address, each]),
    );
    const checked = [...agents.values()].filter(
      (agent) => agent.role === "polecat" && agent.state !== "nuked",
    ).length;
    documents.push({
      rig: rig.name,
      timestamp: formatTime(access.clock.now()),
      findings: findings.map(({ detection, subject, action, reason }) => {
        const agent = agents.get(subject);
        const error = errors.find((each) => each.startsWith(`${detection} ${subject}`)) ?? null;
        return {
          id: detection,
          agent: agent === undefined && !subject.includes("/") ? null : subject,
          bead: subject.includes("/") ? agent?.hookBead || null : subject,
          condition: conditionOf(detection),
          evidence: reason,
          action,
          applied: mustFix && error === null,
          error,
        };
      }),
      checked,
    });
    out.line(`${rig.name}: ${checked} polecats, ${findings.length} findings`);
    for (const { detection, subject, action, reason } of findings)
      out.line(
        `  ${detection.padEnd(4)} ${subject}: ${action}${reason === "" ? "" : ` (${sanitiseLine(reason)})`}`,
      );
    if (flags.boolean("verbose"))
      for (const view of await agentHealth(access))
        if (view.rig === rig.name && view.role === "polecat")
          out.line(`  ${view.address} ${view.health}${view.bead === "" ? "" : ` on ${view.bead}`}`);
    for (const error of errors) out.warn(sanitiseLine(error));
    if (flags.boolean("notify") && findings.length > 0)
      await nudge(access, {
        to: `${rig.name}/witness`,
        from: access.actor,
        text: `gt patrol scan --rig ${rig.name} has ${findings.length} findings.`,
        mode: "wait-idle",
      });
  }
  out.document(wanted === undefined ? documents : documents[0]);
}
