import { inject } from "../../../agents/mail/inject-mail.ts";
import { ownSession } from "../../../agents/sessions/own-session.ts";
import { unreadMail } from "../../../core/mail/mailbox.ts";
import type { CommandContext } from "../command.ts";
import { ackAfterOutput } from "./mail-ack.ts";
import { mailIdentity } from "./mailbox-owner.ts";

/** `gt mail check` (spec/06 §4). With `--inject` any failure is one line on stderr and exit 0: see `lenient`. */
export async function run(context: CommandContext): Promise<number> {
  if (context.flags.boolean("inject")) {
    await injectMail(context);
    return 0;
  }
  try {
    return await check(context);
  } catch (error) {
    // Exit 0 would mean that there is mail.
    context.out.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

async function check(context: CommandContext): Promise<number> {
  const { out } = context;
  const address = await mailIdentity(context);
  const unread = await unreadMail(await context.ledger(), address);
  const count = (priority: string): number =>
    unread.filter((message) => message.priority === priority).length;
  out.document({
    address,
    unread: unread.length,
    has_new: unread.length > 0,
    urgent: count("urgent"),
    high: count("high"),
  });
  out.line(unread.length > 0 ? `📬 ${unread.length} unread message(s)` : "No new mail");
  if (context.json) return 0;
  return unread.length > 0 ? 0 : 1;
}

async function injectMail(context: CommandContext): Promise<void> {
  const { env, out } = context;
  const address = await mailIdentity(context);
  const injection = await inject({
    town: await context.town(),
    ledger: await context.ledger(),
    address,
    ...ownSession(await context.town(), address, env),
    rig: env["GT_RIG"] ?? "",
    now: Date.now(),
  });
  if (injection.blocks.length === 0) return;
  out.raw(`${injection.blocks.join("\n")}\n`);
  out.flush();
  injection.remember();
  await ackAfterOutput(context, injection.named, address);
}
