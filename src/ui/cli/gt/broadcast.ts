import { nudge } from "../../../agents/sessions/nudge.ts";
import type { SessionRecord } from "../../../agents/sessions/session-host.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { roleIcons } from "../../../core/health/role-icon.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

interface Outcome {
  readonly target: string;
  readonly result: "sent" | "skipped" | "failed" | "planned";
  readonly note: string;
}

/** `gt broadcast` (spec/06 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const [message = ""] = args;
  if (message.trim() === "") throw usageError("message required", { hint: 'gt broadcast "<message>"' });
  const access = await context.access();
  const rig = flags.string("rig");
  if (rig !== undefined) access.town.rig(rig);
  const targets = (await sessions(access)).filter(
    (record) =>
      record.actor !== access.actor &&
      (rig === undefined || record.rig === rig) &&
      (flags.boolean("all") || record.role === "polecat" || record.role === "crew"),
  );
  if (targets.length === 0) {
    out.document({ targets: [] });
    out.line("No workers running to broadcast to.");
    return 0;
  }
  out.line(`Broadcasting to ${targets.length} agent(s)...`);
  const outcomes: Outcome[] = [];
  for (const target of targets) {
    const outcome = flags.boolean("dry-run")
      ? ({ target: target.actor, result: "planned", note: "" } as const)
      : await send(access, target, message, flags.boolean("force"));
    outcomes.push(outcome);
    out.line(row(outcome));
  }
  const count = (result: Outcome["result"]) => outcomes.filter((outcome) => outcome.result === result).length;
  const [sent, failed, skipped] = [count("sent"), count("failed"), count("skipped")];
  out.document({ targets: outcomes, sent, failed, skipped });
  if (flags.boolean("dry-run")) return 0;
  await access.ledger.write(access.actor, [
    {
      op: "event",
      event: {
        type: "broadcast",
        payload: { message: message.slice(0, 120), sent, failed, skipped },
        visibility: "feed",
      },
    },
  ]);
  const muted = skipped === 0 ? "" : `, ${skipped} skipped (DND)`;
  if (failed === 0) out.done(`Broadcast complete: ${sent} agent(s) nudged${muted}`);
  else out.warn(`${sent} agent(s) nudged, ${failed} failed${muted}`);
  return failed === 0 ? 0 : 1;
}

async function sessions(access: TownAccess): Promise<readonly SessionRecord[]> {
  try {
    const records = await (await access.host({ start: false })).list();
    return records
      .filter((record) => record.phase !== "exited")
      .sort((one, other) => (one.actor < other.actor ? -1 : 1));
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return [];
    throw error;
  }
}

async function send(
  access: TownAccess,
  target: SessionRecord,
  text: string,
  force: boolean,
): Promise<Outcome> {
  try {
    const report = await nudge(access, {
      ...{ to: target.actor, from: access.actor, text, force },
      mode: "wait-idle",
      isQuiet: true,
    });
    return report.state === "muted"
      ? { target: target.actor, result: "skipped", note: "DND: muted" }
      : { target: target.actor, result: "sent", note: "" };
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    return { target: target.actor, result: "failed", note: error.message };
  }
}

function row({ target, result, note }: Outcome): string {
  const role = parseAddress(target)?.role ?? "overseer";
  const mark = { sent: "✓", planned: "○", skipped: "○", failed: "✖" }[result];
  return sanitiseLine(`  ${mark} ${roleIcons[role].icon} ${target}${note === "" ? "" : ` (${note})`}`);
}
