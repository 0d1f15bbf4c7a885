import { sessionsToEnd, type ShutdownScope, townShutdown } from "../../../agents/daemon/town-shutdown.ts";
import type { SessionRecord } from "../../../agents/sessions/session-host.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { plural } from "./mail-text.ts";
import type { CommandContext } from "../command.ts";

/** `gt shutdown` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const { out, flags, quiet } = context;
  const scope = scopeOf(context);
  const noticeMs = flags.boolean("graceful") ? secondsOf(context, "wait") : undefined;
  const mustEndOrphans = flags.boolean("cleanup-orphans") || flags.has("cleanup-orphans-grace-secs");
  const orphansGraceMs = mustEndOrphans ? secondsOf(context, "cleanup-orphans-grace-secs") : undefined;
  const access = await context.access();
  await expectConsent(context, await sessionsToEnd(access, scope));
  const report = await townShutdown(access, {
    ...{ scope, cwd: context.cwd, nuclear: flags.boolean("nuclear"), force: flags.boolean("force") },
    ...(noticeMs === undefined ? {} : { noticeMs }),
    ...(orphansGraceMs === undefined ? {} : { orphansGraceMs }),
    onService: ({ name, ok, detail }) => {
      if (!ok) out.line(`✗ ${name} ${detail}`);
      else if (!quiet) out.line(`✓ ${name} ${detail}`);
    },
  });
  const isDown = report.leftovers.length === 0 && report.services.every((service) => service.ok);
  out.document({ success: isDown, ...report });
  for (const address of report.unsaved) out.warn(`the files of ${address} could not be kept as a snapshot`);
  for (const leftover of report.leftovers) out.line(`✗ ${leftover}`);
  if (report.removed.length > 0 && !quiet)
    out.line(`removed ${report.removed.length} sandboxes: ${report.removed.join(", ")}`);
  for (const { address, reason } of report.keptSandboxes)
    out.line(`kept ${address}: ${sanitiseLine(reason)}`);
  if (report.kept.length > 0)
    out.warn(
      `left running unwatched: ${plural(report.kept.length, "crew session")} (gt shutdown -a ends them)`,
    );
  if (isDown && !quiet)
    out.line(scope === "polecats-only" ? "the polecats are down; the town stays up" : "the town is down");
  return isDown ? 0 : 1;
}

function scopeOf({ flags }: CommandContext): ShutdownScope {
  if (!flags.boolean("polecats-only")) return flags.boolean("all") ? "all" : "without-crew";
  if (flags.boolean("all"))
    throw usageError("--all and --polecats-only exclude each other", { hint: "gt shutdown --polecats-only" });
  return "polecats-only";
}

function secondsOf({ flags }: CommandContext, name: string): number {
  const seconds = flags.integer(name) ?? 0;
  if (seconds < 0) throw usageError(`--${name}: ${seconds} is no number of seconds`);
  return seconds * 1000;
}

async function expectConsent(context: CommandContext, sessions: readonly SessionRecord[]): Promise<void> {
  const { out, flags } = context;
  const isNuclear = flags.boolean("nuclear");
  if ((sessions.length === 0 && !isNuclear) || flags.boolean("force")) return;
  for (const record of sessions) out.note(`  ${record.session} (${record.bead ?? record.role})`);
  const text = `End ${plural(sessions.length, "session")}${isNuclear ? " and remove all sandboxes" : ""}?`;
  if (!(await context.confirm({ text }))) throw new GtError("E_REFUSED", "nothing was ended");
}
