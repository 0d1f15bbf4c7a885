import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Severity } from "../../core/escalation/escalation.ts";
import { readEscalationSettings } from "../../core/escalation/escalation-settings.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { TownAccess } from "../town-access.ts";

interface Notice {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly by: string;
  readonly actions: readonly string[];
}

const timeoutMs = 10_000;
const lights: Readonly<Record<Severity, string>> = { critical: "🔴", high: "🟠", medium: "🟡", low: "⚪" };

/**
 * The actions of a route beyond bead and mail, side by side, ten seconds each (spec/06 §8.3). What fails becomes an
 * event and a warning. A channel that nobody has set up is only a warning.
 */
export async function deliver(access: TownAccess, notice: Notice): Promise<readonly string[]> {
  const { contacts } = readEscalationSettings(access.town);
  const results = await Promise.all(
    notice.actions.map(async (action): Promise<string | undefined> => {
      try {
        return await act(access, notice, action, (key) => resolved(contacts[key] ?? ""));
      } catch (error) {
        const why = sanitiseLine(error instanceof Error ? error.message : String(error)).slice(0, 200);
        await access.ledger.write(notice.by, [
          {
            op: "event",
            event: {
              type: "escalation_delivery_failed",
              payload: { escalation_id: notice.id, channel: action, error: why },
            },
          },
        ]);
        return `Delivery issue [${action}]: ${why}`;
      }
    }),
  );
  return results.filter((result) => result !== undefined);
}

/** A warning, or undefined when it was done. Throws when it failed. */
async function act(
  { town, clock }: TownAccess,
  notice: Notice,
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
      throw new Error("sending by SMTP is not supported yet; use slack or sms:human");
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
