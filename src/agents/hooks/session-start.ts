import type { Operation } from "../../core/ledger/operation.ts";
import { presets } from "../runtimes/presets.ts";
import {
  conversationOf,
  type ConversationRecord,
  conversationTable,
} from "../sessions/conversation-record.ts";
import type { TownAccess } from "../town-access.ts";
import type { HookInput } from "./hook-event.ts";

export interface SessionStart {
  readonly input: Pick<HookInput, "sessionId" | "source" | "transcript">;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * A runtime has begun or resumed a conversation: its id is kept for resume and seance, and told once for each id, source
 * and run (spec/03 §6.3). A compaction goes on with the same one.
 */
export async function recordConversation(access: TownAccess, start: SessionStart): Promise<void> {
  const { ledger, clock, actor } = access;
  const { sessionId, source, transcript } = start.input;
  const agent = await ledger.agent(actor);
  if (agent === undefined) return;
  const last = await conversationOf(ledger, actor);
  const conversation: ConversationRecord = {
    ...{ sessionId, source, transcript },
    run: start.env["GT_RUN"] ?? "",
    configDir: configDirOf(start.env),
  };
  const isTold =
    last?.sessionId === sessionId &&
    last.run === conversation.run &&
    (last.source === source || source === "compact");
  if (isTold) return;
  const operations: readonly Operation[] = [
    { op: "putRow", table: conversationTable, key: actor, value: conversation },
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

/** The account's directory, by the variable of whatever runtime it is. */
function configDirOf(env: NodeJS.ProcessEnv): string {
  const runtime = presets.get(env["GT_PROVIDER"] ?? "");
  const name = runtime?.configDirEnv ?? "CLAUDE_CONFIG_DIR";
  return env[name] ?? "";
}

function payloadOf(
  { input, env, cwd }: SessionStart,
  agent: { readonly role: string; readonly rig: string },
): Readonly<Record<string, unknown>> {
  const directory = configDirOf(env);
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
