import type { Ledger } from "../../core/ledger/ledger.ts";

/** Runtime table: the conversation that each agent's last start hook named, by address. */
export const conversationTable = "conversations";

export interface ConversationRecord {
  readonly sessionId: string;
  readonly source: string;
  readonly run: string;
  /** File in which the runtime keeps it; empty when it did not say. */
  readonly transcript: string;
  /** Directory of the account in use; empty for the runtime's own default. */
  readonly configDir: string;
}

export async function conversationOf(
  ledger: Ledger,
  address: string,
): Promise<ConversationRecord | undefined> {
  return (await ledger.row<ConversationRecord>(conversationTable, address))?.value;
}
