import { sessionsToEnd, townShutdown } from "../../../agents/daemon/town-shutdown.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { plural } from "./mail-text.ts";
import type { CommandContext } from "../command.ts";

/** `gt shutdown` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const { out, flags, quiet } = context;
  const access = await context.access();
  const sessions = await sessionsToEnd(access);
  if (sessions.length > 0 && !flags.boolean("force")) {
    for (const record of sessions) out.note(`  ${record.session} (${record.bead ?? record.role})`);
    const isSure = await context.confirm({
      text: `End ${plural(sessions.length, "session")}?`,
      flag: "--force",
    });
    if (!isSure) throw new GtError("E_REFUSED", "nothing was ended");
  }
  const report = await townShutdown(access, {
    cwd: context.cwd,
    nuclear: flags.boolean("nuclear"),
    keepSandboxes: flags.boolean("polecats-only"),
    force: flags.boolean("force"),
    ...(flags.boolean("graceful") ? { noticeMs: (flags.integer("wait") ?? 30) * 1000 } : {}),
    onService: ({ name, ok, detail }) => {
      if (!ok) out.line(`✗ ${name} ${detail}`);
      else if (!quiet) out.line(`✓ ${name} ${detail}`);
    },
  });
  const isDown = report.leftovers.length === 0 && report.services.every((service) => service.ok);
  out.document({ success: isDown, ...report });
  for (const leftover of report.leftovers) out.line(`✗ ${leftover}`);
  if (report.removed.length > 0 && !quiet)
    out.line(`removed ${report.removed.length} sandboxes: ${report.removed.join(", ")}`);
  for (const { address, reason } of report.keptSandboxes)
    out.line(`kept ${address}: ${sanitiseLine(reason)}`);
  return isDown ? 0 : 1;
}
