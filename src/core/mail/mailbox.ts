import { GtError } from "../gt-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type Message, messageOf } from "./message.ts";

/** What is in the inbox of an address, most urgent first, then newest first (spec/06 §3.2). */
export async function inbox(ledger: Ledger, address: string): Promise<readonly Message[]> {
  const beads = await ledger.find({ type: "message", status: ["open", "hooked"], assignee: address });
  return inInboxOrder(beads.map((bead) => ({ message: messageOf(bead), priority: bead.priority })));
}

export async function unreadMail(ledger: Ledger, address: string): Promise<readonly Message[]> {
  const beads = await ledger.find({
    type: "message",
    status: ["open", "hooked"],
    assignee: address,
    notLabel: ["read"],
  });
  return inInboxOrder(beads.map((bead) => ({ message: messageOf(bead), priority: bead.priority })));
}

function inInboxOrder(
  rows: readonly { readonly message: Message; readonly priority: number }[],
): readonly Message[] {
  return rows
    .toSorted((one, other) => one.priority - other.priority || other.message.sentAt - one.message.sentAt)
    .map(({ message }) => message);
}

export interface InboxView {
  readonly address: string;
  readonly messages: readonly Message[];
  readonly unread: number;
}

/** The inbox as the command line and the TUI show it. */
export async function inboxView(ledger: Ledger, address: string): Promise<InboxView> {
  const messages = await inbox(ledger, address);
  return { address, messages, unread: messages.filter((message) => !message.isRead).length };
}

const shortestSuffix = 3;

/**
 * The message meant by a number of the inbox, an id, or the unique end of one (spec/06 §3). Throws `E_NOT_FOUND` or
 * `E_AMBIGUOUS`.
 */
export async function findMessage(ledger: Ledger, reference: string, address: string): Promise<Message> {
  if (/^\d{1,4}$/.test(reference)) {
    const messages = await inbox(ledger, address);
    const numbered = messages[Number(reference) - 1];
    if (numbered !== undefined) return numbered;
    const bySuffix = await withSuffix(ledger, reference);
    if (bySuffix !== undefined) return bySuffix;
    const count = `${messages.length} message${messages.length === 1 ? "" : "s"}`;
    throw new GtError("E_NOT_FOUND", `index ${reference} out of range (inbox has ${count})`, {
      hint: "gt mail inbox",
    });
  }
  const bead = await ledger.get(reference);
  if (bead?.type === "message") return messageOf(bead);
  const found = await withSuffix(ledger, reference);
  if (found !== undefined) return found;
  throw new GtError("E_NOT_FOUND", `message not found: ${reference}`, { hint: "gt mail inbox" });
}

async function withSuffix(ledger: Ledger, suffix: string): Promise<Message | undefined> {
  if (suffix.length < shortestSuffix) return undefined;
  const matching = (await ledger.find({ type: "message" })).filter(({ id }) => id.endsWith(suffix));
  const [only, second] = matching;
  if (second !== undefined) {
    const ids = matching.slice(0, 5).map(({ id }) => id);
    throw new GtError("E_AMBIGUOUS", `"${suffix}" may be ${ids.join(" or ")}`, {
      hint: `gt mail read ${ids[0]}`,
    });
  }
  return only && messageOf(only);
}

/** A conversation, oldest first. */
export async function threadMessages(ledger: Ledger, thread: string): Promise<readonly Message[]> {
  const beads = await ledger.find({ type: "message", labels: [`thread:${thread}`], sort: "oldest" });
  return beads.map(messageOf);
}
