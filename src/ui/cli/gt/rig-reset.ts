import { usageError } from "../../../core/gt-error.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import type { CommandContext } from "../command.ts";
import { rigOf } from "./rig-of.ts";

/** `gt rig reset` (spec/07 §5.7): archives the mail of the rig's agents, reopens work that nobody is doing. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const { town, ledger, actor } = access;
  const rig = rigOf(context, town, flags.string("rig"));
  const isAll = !["handoff", "mail", "stale"].some((name) => flags.boolean(name));
  const role = flags.string("role");
  if (role !== undefined && flags.boolean("stale")) throw usageError("--role goes with --handoff and --mail");
  const isWanted = (address: string) =>
    address.startsWith(`${rig.name}/`) && (role === undefined || address.split("/")[1]?.startsWith(role));
  const inbox = (await ledger.find({ type: "message", status: ["open", "hooked"] })).filter((message) =>
    isWanted(message.assignee),
  );
  const isHandoff = (title: string) => /HANDOFF/i.test(title);
  const handoff =
    isAll || flags.boolean("handoff") ? inbox.filter((message) => isHandoff(message.title)) : [];
  const mail =
    isAll || flags.boolean("mail")
      ? inbox.filter((message) => !isHandoff(message.title) && !message.pinned)
      : [];
  const stale = isAll || flags.boolean("stale") ? await staleBeads() : [];
  if (!flags.boolean("dry-run")) {
    const archive = [...handoff, ...mail].flatMap((message): readonly Operation[] => [
      { op: "addLabel", id: message.id, label: "archived" },
      { op: "close", id: message.id, close: { reason: "rig reset", force: true } },
    ]);
    const reopen = stale.map(
      (bead): Operation => ({ op: "update", id: bead.id, fields: { status: "open", assignee: "" } }),
    );
    if (archive.length + reopen.length > 0) await ledger.write(actor, [...archive, ...reopen]);
  }
  out.document({ handoff: handoff.length, mail: mail.length, stale: stale.map((bead) => bead.id) });
  const verb = flags.boolean("dry-run") ? "would be" : "were";
  out.line(`${handoff.length} handoff notes and ${mail.length} messages ${verb} archived`);
  out.line(
    `${stale.length} beads ${verb} reopened${stale.length > 0 ? `: ${stale.map((bead) => bead.id).join(", ")}` : ""}`,
  );

  /** In progress, but on nobody's hook. */
  async function staleBeads() {
    const agents = await ledger.agents({ rig: rig.name });
    const hooked = new Set(agents.map((agent) => agent.hookBead));
    const claimed = await ledger.find({
      scope: rig.name,
      status: "in_progress",
      notType: ["agent", "merge-request", "molecule"],
    });
    return claimed.filter((bead) => !hooked.has(bead.id) && !bead.metadata["awaiting_merge"]);
  }
}
