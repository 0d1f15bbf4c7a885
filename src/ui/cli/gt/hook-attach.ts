import { hookByHand } from "../../../agents/lifecycle/hook-by-hand.ts";
import { runsAsCode } from "../../../agents/lifecycle/runs-as-code.ts";
import { takesNoBeads } from "../../../agents/lifecycle/sling-place.ts";
import { expectDispatcher } from "../../../agents/lifecycle/sling.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";
import { beadIdOf } from "./bead-argument.ts";

/** `gt hook attach <bead> [agent]` (spec/04 §2.10). */
export async function run(context: CommandContext): Promise<void> {
  const [word, agentWord] = context.args;
  const { out, flags } = context;
  if (word === undefined) throw usageError("which bead?", { hint: "gt hook attach <bead>" });
  const access = await context.access();
  expectDispatcher(access.actor);
  const address = await agentOf(context, agentWord);
  const role = parseAddress(address)?.role;
  if (role === "polecat")
    throw new GtError("E_TARGET", `${address} is a polecat: it needs a branch and a session, too`, {
      hint: `gt sling ${word} ${address}`,
    });
  if (role === "dog" || (await runsAsCode(access, address))) throw takesNoBeads(address);
  const id = await beadIdOf(access.ledger, word);
  const bead = await access.ledger.get(id);
  if (bead === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${id}`, { hint: "bd list" });
  const isDryRun = flags.boolean("dry-run");
  const force = flags.boolean("force");
  const wish = { bead, address, force, releasesBare: true, dryRun: isDryRun };
  const { isNew, warnings: told } = await hookByHand(access, wish);
  for (const warning of told) out.warn(sanitiseLine(warning));
  if (isDryRun && isNew) {
    out.line(`would hook ${bead.id} to ${address}`);
    out.document({ ok: true, bead: bead.id, agent: address, noop: false });
    return;
  }
  const subject = flags.string("subject");
  const message = flags.string("message");
  if (isNew && (subject !== undefined || message !== undefined)) {
    const { sendMail } = await import("../../../agents/mail/send-mail.ts");
    const { warnings } = await sendMail(access, {
      from: access.actor,
      to: [address],
      subject: `HANDOFF: ${subject ?? bead.title}`,
      body: message ?? "",
    });
    for (const warning of warnings) out.warn(warning);
  }
  out.document({ ok: true, bead: bead.id, agent: address, noop: !isNew });
  if (isNew) out.line(`🪝 ${bead.id} is on the hook of ${address}`);
  else out.line(`○ ${bead.id} is already on ${address}'s hook`);
}
