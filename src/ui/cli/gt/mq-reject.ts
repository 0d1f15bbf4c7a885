import { sendMail } from "../../../agents/mail/send-mail.ts";
import { rejectRequest } from "../../../agents/refinery/change-request.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRequest } from "./mq-rig.ts";

/** `gt mq reject` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const given = flags.string("reason");
  if (given !== undefined && flags.boolean("stdin"))
    throw usageError("--reason and --stdin exclude each other");
  if (given === undefined && !flags.boolean("stdin"))
    throw usageError("a rejection needs a reason", {
      hint: `gt mq reject ${context.args.join(" ")} -r "<why>"`,
    });
  const reason = (given ?? (await context.input())).trim();
  if (reason === "") throw usageError("the reason is empty");
  const { mr, rig } = await chooseRequest(context);
  const access = await context.access();
  const outcome = await rejectRequest(queueContext(access, rig), mr, reason);
  if (flags.boolean("notify") && mr.agentAddress !== "")
    await sendMail(access, {
      ...{ from: access.actor, to: [mr.agentAddress], subject: `MR_REJECTED ${mr.id}` },
      body: `Branch: ${mr.branch}\nIssue: ${mr.sourceIssue}\nReason: ${reason}`,
    });
  out.document({ ok: true, id: mr.id, outcome, reason });
  out.done(
    outcome === "rejected"
      ? `rejected ${mr.id}; its branch ${sanitiseLine(mr.branch)} is kept`
      : `${mr.id} is withdrawn; its run drops it at the next step`,
  );
}
