import type { Escalation } from "../../core/escalation/escalation.ts";
import { openEscalations } from "../../core/escalation/open-escalations.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { mailReminder } from "../../core/mail/mail-reminder.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import type { Message } from "../../core/mail/message.ts";
import type { Address } from "../../core/town/address.ts";
import { pending } from "../sessions/nudge-queue.ts";
import type { PrimeSection } from "./prime-section.ts";
import { quoteLine } from "./quotation.ts";

export interface WaitingRequest {
  readonly ledger: Ledger;
  readonly actor: string;
  readonly address: Address;
  /** Name of the agent's session; empty outside of one. */
  readonly session: string;
  readonly now: number;
}

export interface Waiting {
  readonly sections: readonly PrimeSection[];
  /** Messages that the mail section names, to be acknowledged once it is printed. */
  readonly named: readonly Message[];
  readonly unread: number;
}

/** What others want from the agent: mail, messages and, for the mayor, escalations (spec/03 §6.4). Never throws. */
export async function readWaiting(request: WaitingRequest): Promise<Waiting> {
  const { ledger, actor, address } = request;
  try {
    const unread = await unreadMail(ledger, actor);
    const { section, named } = mailSection(address, unread);
    const sections = [
      section,
      await nudgesSection(request),
      address.role === "mayor" ? escalationsSection(await openEscalations(ledger)) : undefined,
    ];
    return { sections: sections.filter((each) => each !== undefined), named, unread: unread.length };
  } catch {
    return { sections: [], named: [], unread: 0 }; // said by the hook's problem
  }
}

/** Whoever a person talks to gets subjects at prompts; here it is told only how much there is (spec/03 §6.6). */
function mailSection(
  { role }: Address,
  unread: readonly Message[],
): { readonly section: PrimeSection | undefined; readonly named: readonly Message[] } {
  const section = (text: string): PrimeSection => ({
    name: "mail",
    text: `## Mail\n${text}\n`,
    minimum: `## Mail\n${unread.length} unread: gt mail inbox\n`,
    budget: 900,
    shrink: 3,
    why: "there is unread mail",
  });
  if (unread.length === 0) return { section: undefined, named: [] };
  if (role === "mayor" || role === "crew") {
    const counts = (["urgent", "high", "normal", "low"] as const)
      .map((priority) => ({ priority, count: unread.filter((each) => each.priority === priority).length }))
      .filter(({ count }) => count > 0)
      .map(({ priority, count }) => `${count} ${priority}`);
    return { section: section(`Unread: ${counts.join(", ")}. Look: gt mail inbox`), named: [] };
  }
  const reminder = mailReminder(unread, unread);
  return { section: section((reminder?.lines ?? []).join("\n")), named: reminder?.named ?? [] };
}

/**
 * Messages in the queue are announced, not handed over: they arrive at the first prompt or idle moment, where a runtime
 * that drops the context of its start hook cannot lose them.
 */
async function nudgesSection({ ledger, session, now }: WaitingRequest): Promise<PrimeSection | undefined> {
  if (session === "") return undefined;
  const waiting = (await pending(ledger, session, now)).filter((nudge) => nudge.kind === "say");
  if (waiting.length === 0) return undefined;
  const urgent = waiting.filter((nudge) => nudge.priority === "urgent").length;
  const senders = [...new Set(waiting.map((nudge) => quoteLine(nudge.sender)))].slice(0, 5);
  const many = `${waiting.length} message${waiting.length === 1 ? "" : "s"}`;
  return {
    name: "nudges",
    text: `## Messages\n${many} for you${urgent > 0 ? ` (${urgent} urgent)` : ""} at your next prompt, from:\n${senders.map((sender) => `- ${sender}`).join("\n")}\n`,
    budget: 600,
    shrink: 3,
    why: "messages are queued for the session",
  };
}

const shownEscalations = 5;

function escalationsSection(open: readonly Escalation[]): PrimeSection | undefined {
  if (open.length === 0) return undefined;
  const severities = [...Map.groupBy(open, (each) => each.severity)].map(
    ([severity, each]) => `${each.length} ${severity}`,
  );
  const rows = open
    .slice(0, shownEscalations)
    .map(
      ({ id, severity, state, title, escalatedBy }) =>
        `- [${severity}] ${id} ${quoteLine(title)} (${state}, from ${quoteLine(escalatedBy)})`,
    );
  const rest = open.length > shownEscalations ? [`… and ${open.length - shownEscalations} more`] : [];
  return {
    name: "escalations",
    text: `## Escalations\n${severities.join(", ")}\n${[...rows, ...rest].join("\n")}\nAll: gt escalate list. Then gt escalate ack, close or forward.\n`,
    minimum: `## Escalations\n${severities.join(", ")}: gt escalate list\n`,
    budget: 500,
    shrink: 3,
    why: "somebody waits for a decision",
  };
}
