import { GtError, usageError } from "../../../core/gt-error.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";

/** `gt hook attach <bead> [agent]` (spec/04 §2.10). */
export async function run(context: CommandContext): Promise<void> {
  const [word, agentWord] = context.args;
  const { out, flags } = context;
  if (word === undefined) throw usageError("which bead?", { hint: "gt hook attach <bead>" });
  const access = await context.access();
  const caller = parseAddress(access.actor);
  if (caller?.role === "polecat")
    throw new GtError("E_POLECAT_CALLER", "polecats do not dispatch work; finish with gt done", {
      hint: "gt done",
    });
  const address = await agentOf(context, agentWord);
  const role = parseAddress(address)?.role;
  if (role === "polecat")
    throw new GtError("E_TARGET", `${address} is a polecat: it needs a branch and a session, too`, {
      hint: `gt sling ${word} ${address}`,
    });
  if (role !== "crew" && role !== "mayor")
    throw new GtError("E_BUILTIN_TARGET", `${address} runs as code and takes no beads`, {
      hint: "gt sling <bead> <rig>",
    });
  const id = await access.ledger.resolve(word);
  const bead = await access.ledger.get(id);
  if (bead === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${id}`, { hint: "bd list" });
  if (bead.status === "closed")
    throw new GtError("E_CLOSED", `${bead.id} is closed; reopen it first`, { hint: `bd reopen ${bead.id}` });
  if (flags.boolean("dry-run")) {
    out.line(`would hook ${bead.id} to ${address}`);
    out.document({ ok: true, bead: bead.id, agent: address, noop: false });
    return;
  }
  const { hookAgent } = await import("../../../agents/lifecycle/hook-agent.ts");
  const isNew = await hookAgent(access, { bead, address, force: flags.boolean("force") });
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
