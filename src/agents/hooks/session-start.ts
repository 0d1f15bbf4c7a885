import type { Operation } from "../../core/ledger/operation.ts";
import type { TownAccess } from "../town-access.ts";
import type { HookInput } from "./hook-event.ts";

export interface SessionStart {
  readonly input: Pick<HookInput, "sessionId" | "source">;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Runtime table: the conversation that each agent's last start hook named. */
const table = "conversations";

interface Conversation {
  readonly sessionId: string;
  readonly source: string;
  readonly run: string;
}

/**
 * A runtime has begun or resumed a conversation: its id is kept for resume and seance, and told once for each id, source
 * and run (spec/03 §6.3). A compaction goes on with the same one.
 */
export async function recordConversation(access: TownAccess, start: SessionStart): Promise<void> {
  const { ledger, clock, actor } = access;
  const { sessionId, source } = start.input;
  const agent = await ledger.agent(actor);
  if (agent === undefined) return;
  const row = await ledger.row<Conversation>(table, actor);
  const conversation: Conversation = { sessionId, source, run: start.env["GT_RUN"] ?? "" };
  const last = row?.value;
  const isTold =
    last?.sessionId === sessionId &&
    last.run === conversation.run &&
    (last.source === source || source === "compact");
  if (isTold) return;
  const operations: readonly Operation[] = [
    { op: "putRow", table, key: actor, value: conversation },
    {
      op: "setAgent",
      address: actor,
      fields: { ...(sessionId === "" ? {} : { sessionId }), lastSessionAt: clock.now() },
    },
    {
      op: "event",
      event: { type: "session_start", payload: payloadOf(start, agent), visibility: "feed" },
    },
  ];
  await ledger.write(actor, operations);
}

function payloadOf(
  { input, env, cwd }: SessionStart,
  agent: { readonly role: string; readonly rig: string },
): Readonly<Record<string, unknown>> {
  const directory = env["CLAUDE_CONFIG_DIR"] ?? "";
  return {
    session_id: input.sessionId,
    session: env["GT_SESSION"] ?? "",
    role: agent.role,
    ...(agent.rig === "" ? {} : { rig: agent.rig }),
    agent: env["GT_AGENT"] ?? "",
    cwd,
    ...(directory === "" ? {} : { config_dir: directory }),
    source: input.source,
    resumed: input.source === "resume",
    run_id: env["GT_RUN"] ?? "",
  };
}
