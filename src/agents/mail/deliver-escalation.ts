import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Severity } from "../../core/escalation/escalation.ts";
import type { ActionOutcome, Notice } from "../../core/escalation/notice.ts";
import { readEscalationSettings } from "../../core/escalation/escalation-settings.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { TownAccess } from "../town-access.ts";

const timeoutMs = 10_000;
const lights: Readonly<Record<Severity, string>> = { critical: "🔴", high: "🟠", medium: "🟡", low: "⚪" };

/** The actions of a route beyond bead and mail, side by side, ten seconds each (spec/06 §8.3). */
export async function deliver(
  access: TownAccess,
  notice: Pick<Notice, "id" | "severity" | "title" | "by" | "actions">,
): Promise<readonly ActionOutcome[]> {
  if (notice.actions.length === 0) return [];
  const { contacts } = readEscalationSettings(access.town);
  return Promise.all(
    notice.actions.map(async (action) => {
      try {
        const warning = await act(access, notice, action, (key) => resolved(contacts[key] ?? ""));
        return { action, error: "", warning: warning ?? "" };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return { action, error: sanitiseLine(why).slice(0, 200), warning: "" };
      }
    }),
  );
}

/** A warning, or undefined when it was done. Throws when it failed. */
async function act(
  { town, clock }: TownAccess,
  notice: Pick<Notice, "id" | "severity" | "title" | "by">,
  action: string,
  contact: (key: string) => string,
): Promise<string | undefined> {
  const label = notice.severity.toUpperCase();
  const title = sanitiseLine(notice.title);
  switch (action) {
    case "log": {
      mkdirSync(town.paths.logs, { recursive: true });
      const line = `${new Date(clock.now()).toISOString()} [${label}] ${notice.id}: ${title}\n`;
      appendFileSync(join(town.paths.logs, "escalations.log"), line);
      return undefined;
    }
    case "slack": {
      const url = contact("slack_webhook");
      if (url === "") return "slack skipped: contacts.slack_webhook not set";
      const text = `${lights[notice.severity]} *[${label}] Escalation ${notice.id}*\n${title}\n_Acknowledge: gt escalate ack ${notice.id}_`;
      await post(url, { text });
      return undefined;
    }
    case "sms:human": {
      const url = contact("sms_webhook");
      const to = contact("human_sms");
      if (url === "" || to === "")
        return `sms skipped: contacts.${to === "" ? "human_sms" : "sms_webhook"} not set`;
      await post(url, { to, body: `[Gas Town ${label}] ${title} (${notice.id})` });
      return undefined;
    }
    case "email:human": {
      if (contact("human_email") === "") return "email skipped: contacts.human_email not set";
      if (contact("smtp_host") === "") return "email skipped: contacts.smtp_host not set";
      const port = Number(contact("smtp_port") || "587");
      if (!Number.isInteger(port) || port < 1 || port > 65_535)
        throw new Error("contacts.smtp_port is no port number");
      const { sendSmtp } = await import("./send-smtp.ts");
      const server = { host: contact("smtp_host"), port };
      await sendSmtp(
        { ...server, user: contact("smtp_user"), password: contact("smtp_pass") },
        {
          from: contact("smtp_from") || "gastown@localhost",
          to: contact("human_email"),
          subject: `[Gas Town ${label}] ${title}`,
          body: [
            `Escalation: ${notice.id}`,
            `Severity: ${notice.severity}`,
            `From: ${notice.by}`,
            "",
            title,
            "",
            `Acknowledge: gt escalate ack ${notice.id}`,
          ].join("\n"),
          sentAt: clock.now(),
        },
        timeoutMs,
      );
      return undefined;
    }
    default:
      return `${action} skipped: unknown action`;
  }
}

/** `$NAME` stands for a variable of the environment, so that no secret has to be in the file. */
function resolved(value: string): string {
  return value.startsWith("$") ? (process.env[value.slice(1)] ?? "") : value;
}

async function post(url: string, body: object): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    // The address itself may be a secret: it is in no message.
    throw new Error(
      error instanceof Error && error.name === "TimeoutError" ? "no answer in 10 s" : "unreachable",
    );
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}
