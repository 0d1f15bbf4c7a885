import { GtError, usageError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { booleanSetting } from "../../core/town/setting.ts";
import type { Town } from "../../core/town/town.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { SessionRecord } from "./session-host.ts";

/** A conversation that ends this soon after it was resumed is the reason of its own end. */
const tooShortMs = 20_000;

/**
 * Id of the conversation with which a crashed agent can go on (spec/03 §5.10): the same runtime, which can resume, has
 * told its own id, and was not resumed in vain just now. Undefined = a fresh conversation.
 */
export function resumableConversation(
  town: Town,
  runtime: Runtime,
  agent: Agent | undefined,
  last: SessionRecord | undefined,
): string | undefined {
  if (agent === undefined || last?.phase !== "exited" || runtime.resumeArgs === undefined) return undefined;
  // Whoever ended it wanted it to end: a handoff, a stop.
  if (last.expected === true) return undefined;
  if (!booleanSetting(town.settings(), "operational.session.resume_on_restart")) return undefined;
  if (agent.runtime !== runtime.name || last.agent !== runtime.name) return undefined;
  const { sessionId: id } = agent;
  // Until a runtime tells its own id, ours stands for it. An id becomes an argument: it never looks like a flag.
  if (id === last.runId || !isConversationId(id)) return undefined;
  const lived = (last.endedAt ?? last.startedAt) - last.startedAt;
  if (last.topic?.startsWith("recovery") === true && lived < tooShortMs) return undefined;
  return id;
}

const isConversationId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id);

/**
 * The conversation that somebody asked for by its id, or by `last` (spec/03 §5.10): the agent's own last one, or what the
 * runtime takes for it (`latest`). `lastProvider` is that of the agent's runtime until now. Throws `E_NO_RESUME` for a runtime that cannot go on, `E_USAGE` for a bad id.
 */
export function askedConversation(
  runtime: Runtime,
  agent: Agent | undefined,
  asked: string,
  lastProvider = runtime.provider,
): { readonly id: string } | "latest" {
  if (!isConversationId(asked))
    throw usageError(`invalid session id "${sanitiseLine(asked)}"`, { hint: "gt seance" });
  if (lastProvider !== runtime.provider)
    throw new GtError(
      "E_NO_RESUME",
      `a conversation of '${agent?.runtime ?? lastProvider}' cannot be resumed by '${runtime.name}'`,
      { hint: "gt seance" },
    );
  const isOwn = agent?.runtime === runtime.name && isConversationId(agent.sessionId);
  if (asked === "last" && isOwn && runtime.resumeArgs !== undefined) return { id: agent.sessionId };
  const args = asked === "last" ? runtime.continueArgs : runtime.resumeArgs;
  if (args === undefined)
    throw new GtError("E_NO_RESUME", `agent '${runtime.name}' cannot resume a session`, {
      hint: "gt config agent get claude",
    });
  return asked === "last" ? "latest" : { id: asked };
}
