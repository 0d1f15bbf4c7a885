import { deliver } from "../../../agents/mail/deliver-escalation.ts";
import { sendMail } from "../../../agents/mail/send-mail.ts";
import { priorityOf } from "../../../core/escalation/escalation.ts";
import { readEscalationSettings } from "../../../core/escalation/escalation-settings.ts";
import { GtError } from "../../../core/gt-error.ts";
import { knownAddress } from "../../../core/mail/recipients.ts";
import type { CommandContext } from "../command.ts";
import { severityFlag } from "./escalate.ts";

interface Result {
  readonly action: string;
  readonly result: "ok" | "skipped" | "failed";
  readonly note: string;
}

/** `gt escalate test` (spec/06 §8.4): a marked test goes on every way of the severity's route, without a bead. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  const severity = severityFlag(flags.string("severity") ?? "medium");
  const access = await context.access();
  const settings = readEscalationSettings(access.town);
  const title = "This is a test; nothing is wrong";
  const results: Result[] = [];
  if (settings.problem !== undefined)
    results.push({ action: "config", result: "failed", note: settings.problem });
  const route = settings.routes[severity];
  for (const action of route.filter((each) => each.startsWith("mail:"))) {
    try {
      const to = await knownAddress(action.slice(5), { ...access, sender: access.actor });
      await sendMail(access, {
        ...{ from: access.actor, to: [to], subject: `[TEST ${severity.toUpperCase()}] ${title}` },
        body: "Sent by gt escalate test.",
        priority: priorityOf(severity),
      });
      results.push({ action, result: "ok", note: to });
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      results.push({ action, result: "failed", note: error.message });
    }
  }
  const actions = route.filter((each) => each !== "bead" && !each.startsWith("mail:"));
  const notice = { id: "TEST", severity, title, by: access.actor, actions };
  for (const { action, error, warning } of await deliver(access, notice))
    results.push({
      action,
      result: error !== "" ? "failed" : warning !== "" ? "skipped" : "ok",
      note: error || warning,
    });
  out.document({ severity, results });
  for (const { action, result, note } of results) {
    const mark = { ok: "✓", skipped: "○", failed: "✖" }[result];
    out.line(`${mark} ${action}${note === "" ? "" : `: ${note}`}`);
  }
  if (results.length === 0) out.line(`The route of ${severity} tells nobody: it is bead alone`);
  return results.some(({ result }) => result === "failed") ? 1 : 0;
}
