import { priorityOf, type Severity } from "../../core/escalation/escalation.ts";
import { type Notice, noticeTable, settlingNotice } from "../../core/escalation/notice.ts";
import { type EscalationRequest, type Raising, raising } from "../../core/escalation/raise.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { asData } from "../../core/mail/mail-reminder.ts";
import type { TownAccess } from "../town-access.ts";
import { notifyRecipients } from "./notify-recipients.ts";

/** How far one way of telling about an escalation got (spec/06 §8.4). */
export interface Delivery {
  /** `bead`, `mail`, or an action of the route such as `slack`. */
  readonly channel: string;
  /** Bead or address; empty for an action. */
  readonly target: string;
  /** It has left us: the mail is in the inbox, the server took the message. */
  readonly created: boolean;
  /** It survives a crash: stored, or tried again by the daemon. */
  readonly persisted: boolean;
  /** A live session was told. */
  readonly runtime_notified: boolean;
  readonly error: string;
  readonly warning: string;
  readonly severity: Severity;
}

export interface Escalated extends Raising {
  readonly deliveries: readonly Delivery[];
}

/** Raises an escalation, tells who is mailed, and does the other actions of its route (spec/06 §8.3). */
export async function escalate(access: TownAccess, request: EscalationRequest): Promise<Escalated> {
  const raised = await raising(access, request);
  await access.ledger.write(request.by, raised.operations);
  const settled = await settleRows(access, await noticesOf(access, raised.id));
  const { id, severity } = raised;
  return {
    ...raised,
    warnings: [...raised.warnings, ...settled.warnings],
    deliveries: [delivery(severity, "bead", { target: id }), ...settled.deliveries],
  };
}

/** Tells what is still to be told about one escalation. Returns what could not be told; nothing fails. */
export async function settleNotices(access: TownAccess, id: string): Promise<readonly string[]> {
  return (await settleRows(access, await noticesOf(access, id))).warnings;
}

/** The same for everything whose raiser has not done it, or whose delivery is to be tried again. */
export async function settleDueNotices(access: TownAccess): Promise<readonly string[]> {
  const now = access.clock.now();
  const rows = await access.ledger.rows<Notice>(noticeTable);
  return (
    await settleRows(
      access,
      rows.filter((row) => row.value.dueAt <= now),
    )
  ).warnings;
}

/** What a session is told of an escalation, whose text comes from outside. */
export const escalationText = (about: Pick<Notice, "id" | "severity" | "title" | "by">): string =>
  `🚨 ${about.severity.toUpperCase()} escalation ${about.id} from ${asData(about.by)}: ${asData(about.title)}. Run: gt escalate show ${about.id}`;

const noticesOf = ({ ledger }: TownAccess, id: string): Promise<readonly RuntimeRow<Notice>[]> =>
  ledger.rows<Notice>(noticeTable, { prefix: `${id}/` });

interface Settled {
  readonly warnings: readonly string[];
  readonly deliveries: readonly Delivery[];
}

async function settleRows(access: TownAccess, rows: readonly RuntimeRow<Notice>[]): Promise<Settled> {
  const warnings: string[] = [];
  const deliveries: Delivery[] = [];
  for (const row of rows) {
    const settled = await settle(access, row);
    warnings.push(...settled.warnings);
    deliveries.push(...settled.deliveries);
  }
  return { warnings, deliveries };
}

async function settle(access: TownAccess, { key, value: notice }: RuntimeRow<Notice>): Promise<Settled> {
  const { deliver } = await import("./deliver-escalation.ts");
  const { severity } = notice;
  const [notified, delivered] = await Promise.all([
    notifyRecipients(access, {
      ...{ from: notice.by, subject: notice.title, recipients: notice.mailed },
      priority: priorityOf(severity),
      text: escalationText(notice),
    }),
    deliver(access, notice),
  ]);
  const operations = settlingNotice(key, notice, delivered, access.clock.now());
  const isThere = (await access.ledger.get(notice.id)) !== undefined;
  await access.ledger.write(
    notice.by,
    operations.filter(({ op }) => isThere || op !== "comment"),
  );
  return {
    warnings: [
      ...notified.warnings,
      ...delivered.flatMap(({ warning }) => (warning === "" ? [] : [warning])),
      ...delivered.flatMap(({ action, error }) =>
        error === "" ? [] : [`Delivery issue [${action}]: ${error}`],
      ),
    ],
    deliveries: [
      ...notice.mailed.map((target) =>
        delivery(severity, "mail", { target, runtime_notified: notified.told.includes(target) }),
      ),
      ...delivered.map(({ action, error, warning }) =>
        delivery(severity, action, {
          ...{ error, warning },
          created: error === "" && warning === "",
          persisted: warning === "",
        }),
      ),
    ],
  };
}

const delivery = (severity: Severity, channel: string, facts: Partial<Delivery>): Delivery => ({
  ...{ channel, target: "", created: true, persisted: true },
  ...{ runtime_notified: false, error: "", warning: "", severity },
  ...facts,
});
