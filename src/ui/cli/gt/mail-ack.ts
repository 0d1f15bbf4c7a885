import { acknowledging } from "../../../core/mail/change-mail.ts";
import type { Message } from "../../../core/mail/message.ts";
import type { CommandContext } from "../command.ts";

/**
 * Phase two of the delivery, after the text is out: a reader that is killed before gets the message again
 * (spec/06 §2.3). Failing to note it is no failure of the command.
 */
export async function ackAfterOutput(
  context: CommandContext,
  messages: readonly Message[],
  reader: string,
): Promise<void> {
  const operations = messages.flatMap((message) => acknowledging(message, reader, Date.now()));
  if (operations.length === 0) return;
  context.out.flush();
  try {
    await (await context.ledger()).write(reader, operations);
  } catch (error) {
    context.out.warn(`delivery was not noted: ${error instanceof Error ? error.message : String(error)}`);
  }
}
