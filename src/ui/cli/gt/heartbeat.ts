import { reportStuck } from "../../../agents/mail/report-stuck.ts";
import { formatTime } from "../../../core/clock.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { writeHeartbeat } from "../heartbeat.ts";

const states: readonly string[] = ["working", "idle", "exiting", "stuck"];

/** `gt heartbeat` (spec/03 §9, spec/04 §1.6). */
export async function run(context: CommandContext): Promise<void> {
  const { env, flags, out, args } = context;
  const state = flags.string("state") ?? "working";
  if (!states.includes(state))
    throw usageError(`invalid state "${sanitiseLine(state)}" (must be working, idle, exiting, or stuck)`);
  const session = env["GT_SESSION"];
  if (!session)
    throw new GtError("E_NO_SESSION", "gt heartbeat is for agent sessions: GT_SESSION is not set", {
      hint: "gt agents",
    });
  const access = await context.access();
  const agent = await access.ledger.agent(access.actor);
  const text = args.join(" ").trim();
  const now = access.clock.now();
  const escalation = state === "stuck" ? await reportStuck(access, agent, text) : undefined;
  const mark = {
    timestamp: formatTime(now),
    state,
    context: text,
    bead: agent?.hookBead ?? "",
    run_id: env["GT_RUN"] ?? "",
  };
  writeHeartbeat(access.town.root, session, mark);
  if (agent !== undefined) await access.ledger.touchAgent(access.actor, { lastActivity: now });
  out.document({ ...mark, ...(escalation === undefined ? {} : { escalation: escalation.id }) });
  out.done(`${access.actor} is ${state}`);
  if (escalation === undefined) return;
  out.next(`help was asked for: gt escalate show ${escalation.id}`);
  for (const warning of escalation.warnings) out.warn(warning);
}
