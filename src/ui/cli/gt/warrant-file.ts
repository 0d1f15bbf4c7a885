import { ensureDaemon } from "../../../agents/daemon/daemon-control.ts";
import { wakeCall } from "../../../agents/daemon/wake-call.ts";
import { fileWarrant } from "../../../agents/patrols/warrants.ts";
import { usageError } from "../../../core/gt-error.ts";
import { formatAddress, resolveAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { readInput } from "../read-input.ts";
import { warrantDocument } from "./warrant-list.ts";

/** `gt warrant file` (spec/04 §10.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, env } = context;
  const reason = (flags.boolean("stdin") ? await readInput() : (flags.string("reason") ?? "")).trim();
  if (reason === "") throw usageError("say why: --reason, or --stdin", { hint: "gt help warrant file" });
  const access = await context.access();
  const target = formatAddress(resolveAddress(context.args[0] ?? "", { town: access.town }));
  const warrant = await fileWarrant(access, target, reason);
  await access.ledger.write(access.actor, [wakeCall("deacon/", { at: access.clock.now() })]);
  const daemon = context.noDaemon
    ? { kind: "forbidden" }
    : await ensureDaemon(access.town, env).catch(() => ({ kind: "failed" }));
  out.document(warrantDocument(warrant));
  out.done(`${warrant.id}: ${target} is asked for a sign of life, up to three times`);
  if (daemon.kind !== "running" && daemon.kind !== "started")
    out.warn("no daemon runs: nobody is asked until there is one (gt up)");
  out.next("gt warrant list");
}
