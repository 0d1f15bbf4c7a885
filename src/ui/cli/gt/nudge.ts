import { channelMembers, channelNamed } from "../../../agents/sessions/nudge-channel.ts";
import { type NudgeReport, nudge } from "../../../agents/sessions/nudge.ts";
import type { NudgeMode, NudgePriority } from "../../../agents/sessions/nudge-queue.ts";
import { readRecord } from "../../../agents/sessions/session-records.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

const waitMs = 15_000;
const freshMs = 60_000;
const modes: readonly string[] = ["immediate", "queue", "wait-idle"] satisfies readonly NudgeMode[];
const priorities: readonly string[] = ["normal", "urgent"] satisfies readonly NudgePriority[];

/** `gt nudge` (spec/03 §7.1). */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out, env } = context;
  const [to = ""] = args;
  const mode = oneOf("mode", flags.string("mode") ?? "wait-idle", modes) as NudgeMode;
  const priority = oneOf("priority", flags.string("priority") ?? "normal", priorities) as NudgePriority;
  const text = await messageOf(context);
  const access = await context.access();
  if (
    flags.boolean("if-fresh") &&
    !isFresh(access.town.paths.sessions, env["GT_SESSION"], access.clock.now())
  )
    return 0;
  const request = {
    ...{ from: access.actor, text, mode, priority, cwd: context.cwd },
    force: flags.boolean("force"),
    waitMs: flags.boolean("no-wait") ? 0 : waitMs,
  };
  const channel = channelNamed(to);
  if (channel === undefined) {
    const report = await nudge(access, { ...request, to });
    out.document(documentOf(report));
    return say(context, report);
  }
  // At once: nobody waits for the turns of all the others.
  const members = await channelMembers(access, channel);
  const reports = await Promise.all(members.map((member) => nudge(access, { ...request, to: member })));
  out.document({ channel, nudges: reports.map(documentOf) });
  return Math.max(...reports.map((report) => say(context, report)));
}

const documentOf = ({ id, target, session, state }: NudgeReport) => ({ id, target, session, state });

async function messageOf(context: CommandContext): Promise<string> {
  const { args, flags } = context;
  const given = flags.string("message") ?? args[1];
  if (flags.boolean("stdin")) {
    if (given !== undefined) throw usageError("cannot use --stdin with --message/-m");
    return context.input();
  }
  if (given === undefined || given.trim() === "") {
    throw usageError("message required: use -m flag or provide as second argument", {
      hint: `gt nudge ${args[0] ?? "<target>"} "<message>"`,
    });
  }
  return given;
}

function say({ out }: CommandContext, report: NudgeReport): number {
  const { target } = report;
  switch (report.state) {
    case "woken":
      out.done(`Woke ${target} (builtin)`);
      return 0;
    case "skipped":
      out.line("deacon not running: nudge skipped");
      return 0;
    case "muted":
      out.line(`${target} has DND enabled: muted (use --force)`);
      return 0;
    case "queued":
      out.done(`Queued for ${target}${report.why === undefined ? "" : ` (${report.why})`}`);
      return 0;
    case "failed":
    case "expired":
    case "cancelled":
      out.warn(`${target} did not get it: ${report.state}`);
      return 1;
    default:
      out.done(`Nudged ${target}`);
      return 0;
  }
}

function oneOf(flag: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw usageError(`invalid --${flag} "${value}": must be one of ${allowed.join(", ")}`);
}

function isFresh(records: string, session: string | undefined, now: number): boolean {
  const record = session === undefined || session === "" ? undefined : readRecord(records, session);
  return record === undefined || now - record.startedAt <= freshMs;
}
