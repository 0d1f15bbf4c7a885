import {
  type Conversation,
  chooseConversation,
  conversations,
  runtimeOf,
} from "../../../agents/seance/conversations.ts";
import { canFork, planConsultation } from "../../../agents/seance/consult.ts";
import { runConsultation } from "../../../agents/seance/run-consultation.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { inspectLog } from "../../../core/events/read-events.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt seance` (spec/03 §9). */
export async function run(context: CommandContext): Promise<number> {
  const { flags } = context;
  const recent = flags.integer("recent") ?? 20;
  if (recent < 1) throw usageError("--recent must be positive", { hint: "gt seance -n 20" });
  const question = flags.string("prompt");
  const wanted = flags.string("talk");
  if (wanted === undefined && question !== undefined)
    throw usageError("--prompt requires --talk", { hint: 'gt seance --talk <id> -p "<question>"' });
  if (question !== undefined && question.trim() === "") throw usageError("the question is empty");
  const access = await context.access();
  const all = await conversations(access);
  if (wanted !== undefined) return talk(context, access, chooseConversation(all, wanted), question);
  const role = flags.string("role");
  const rig = flags.string("rig");
  const found = all
    .filter((each) => role === undefined || each.actor.includes(role) || each.role.includes(role))
    .filter((each) => rig === undefined || each.rig === rig)
    .slice(0, recent);
  await list(context, access, found);
  return 0;
}

async function list(
  context: CommandContext,
  access: TownAccess,
  found: readonly Conversation[],
): Promise<void> {
  const { out } = context;
  out.document(
    found.map((each) => ({
      session_id: each.id,
      session: each.session,
      actor: each.actor,
      role: each.role,
      rig: each.rig,
      agent: each.agent,
      cwd: each.cwd,
      config_dir: each.configDir ?? null,
      started_at: each.startedAt,
      ended_at: each.endedAt ?? null,
      topic: each.topic,
      bead: each.bead ?? null,
      live: each.isLive,
      can_fork: canFork(runtimeOf(access, each)),
    })),
  );
  const { badLines } = inspectLog(access.town.paths.events);
  if (badLines > 0) out.note(`${badLines} unreadable lines of the event log were skipped`);
  if (found.length === 0) {
    out.line("No session events found.");
    out.line("They are written when an agent's session starts: gt sling, gt mayor start, gt crew start.");
    return;
  }
  const ids = found.map((each) => each.bead).filter((id): id is string => id !== undefined);
  const beads = await access.ledger.getMany(ids);
  out.line(`  ${"SESSION_ID".padEnd(13)}${"ROLE".padEnd(27)}${"STARTED".padEnd(13)}TOPIC`);
  for (const each of found) {
    const topic = each.topic || beads.get(each.bead ?? "")?.title || "-";
    const columns = [
      cell(each.id, 12),
      cell(each.actor, 26),
      cell(localMinute(each.startedAt), 12),
      sanitiseLine(topic).slice(0, 28),
    ];
    out.line(`${each.isLive ? "●" : " "} ${columns.join(" ")}`);
  }
  out.line("");
  out.line("Talk to one:      gt seance --talk <id>");
  out.line('Ask one question: gt seance --talk <id> -p "<question>"');
}

async function talk(
  context: CommandContext,
  access: TownAccess,
  conversation: Conversation,
  question: string | undefined,
): Promise<number> {
  const { out, env } = context;
  const runtime = runtimeOf(access, conversation);
  const plan = planConsultation({
    ...{ conversation, runtime, actor: access.actor, env, town: access.town },
    ...(question === undefined ? {} : { question }),
  });
  context.onEnd(plan.cleanUp);
  if (question === undefined && (!process.stdin.isTTY || context.agentMode))
    throw new GtError("E_NO_TTY", "talking needs a terminal", {
      hint: `gt seance --talk ${conversation.id} -p "<question>"`,
    });
  if (plan.appends) {
    const text = `${conversation.agent} cannot fork: this appends to the original conversation`;
    out.warn(text);
    if (!(await context.confirm({ text: "Go on?" }))) return 1;
  }
  await access.ledger.write(access.actor, [
    {
      op: "event",
      event: {
        type: "seance",
        payload: { session_id: conversation.id, by: access.actor, one_shot: question !== undefined },
        visibility: "audit",
      },
    },
  ]);
  out.note(
    `🔮 Summoning session ${sanitiseLine(conversation.id)} (${sanitiseLine(conversation.actor)}, ${sanitiseLine(conversation.agent)})...`,
  );
  if (question === undefined) out.note("Leave it as you leave the agent's own program.");
  const end = await runConsultation(plan, {
    mode: question === undefined ? "interactive" : "question",
    ...(question === undefined ? {} : { signal: context.untilSignal() }),
  });
  if (end.code === 0 || end.code === 130) return end.code;
  const tail = end.stderr.trimEnd().split("\n").slice(-5).map(sanitiseLine);
  throw new GtError("E_SEANCE", `seance failed: ${tail.at(-1) || `exit ${end.code}`}`, {
    why: tail.slice(0, -1),
    hint: "gt seance",
  });
}

const cell = (text: string, width: number): string => sanitiseLine(text).slice(0, width).padEnd(width);

function localMinute(ts: string): string {
  const time = new Date(ts);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
