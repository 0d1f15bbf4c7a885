import type { Agent } from "../../core/ledger/bead.ts";
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
  if (!booleanSetting(town.settings(), "operational.session.resume_on_restart")) return undefined;
  if (agent.runtime !== runtime.name || last.agent !== runtime.name) return undefined;
  const { sessionId: id } = agent;
  // Until a runtime tells its own id, ours stands for it. An id becomes an argument: it never looks like a flag.
  if (id === last.runId || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) return undefined;
  const lived = (last.endedAt ?? last.startedAt) - last.startedAt;
  if (last.topic?.startsWith("recovery") === true && lived < tooShortMs) return undefined;
  return id;
}
