import { StartBudget } from "../../../agents/patrols/start-budget.ts";
import type { Finding } from "../../../agents/patrols/finding.ts";
import { patrolRig } from "../../../agents/patrols/witness.ts";
import { nudge } from "../../../agents/sessions/nudge.ts";
import { formatTime } from "../../../core/clock.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt patrol scan` (spec/04 §9.5). Exit code 0 whatever is found. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
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
    const checked = (await access.ledger.agents({ rig: rig.name, role: "polecat" })).filter(
      (agent) => agent.state !== "nuked",
    ).length;
    const agents = new Set((await access.ledger.agents({ rig: rig.name })).map((agent) => agent.address));
    documents.push({
      rig: rig.name,
      timestamp: formatTime(access.clock.now()),
      findings: findings.map(({ detection, subject, action, reason }) => ({
        id: detection,
        agent: agents.has(subject) ? subject : null,
        bead: agents.has(subject) ? null : subject,
        condition: reason,
        action,
        applied: mustFix,
        error: errors.find((error) => error.startsWith(`${detection} ${subject}`)) ?? null,
      })),
      checked,
    });
    out.line(`${rig.name}: ${checked} polecats, ${findings.length} findings`);
    for (const { detection, subject, action, reason } of findings)
      out.line(
        `  ${detection.padEnd(4)} ${subject}: ${action}${reason === "" ? "" : ` (${sanitiseLine(reason)})`}`,
      );
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
