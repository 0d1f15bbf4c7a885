import type { OperationKind } from "../../../agents/lifecycle/operation-record.ts";
import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { AgentOperation } from "../store/agent-notes.ts";

/** What a command does with an agent now: a word or two for its row, and a sentence for its explanation. */
export interface OperationWords {
  readonly short: string;
  readonly long: string;
}

const kinds: Readonly<Record<OperationKind, OperationWords>> = {
  sling: { short: "starting", long: "It is being given its work" },
  reuse: { short: "starting", long: "It is being given its next work" },
  done: { short: "handing in", long: "Its work is being handed in" },
  handoff: { short: "handing off", long: "Its session is being replaced" },
  restart: { short: "restarting", long: "Its session is being restarted" },
  nuke: { short: "removing", long: "It is being removed, what it made is kept" },
  remove: { short: "removing", long: "It is being removed" },
  rollback: { short: "restoring", long: "Its worktree is being put back to an older state" },
  rename: { short: "renaming", long: "It is getting another name" },
  shutdown: { short: "shutting down", long: "It is being shut down with the town" },
};

const steps: Readonly<Record<string, string>> = {
  allocate: "a place for it is made",
  worktree: "its worktree is made",
  setup: "its worktree is set up",
  preserve: "what was left in the worktree is kept",
  session: "its session starts",
  undo: "it did not work out; what was begun is undone",
};

/** The words for an operation; `agent` tells how far its session is. */
export function operationWords(operation: AgentOperation, agent: AgentView): OperationWords {
  const { kind, step, error } = operation;
  if (error !== "")
    return { short: `${kind} stopped`, long: `A ${kind} stopped: ${error}. The daemon goes on with it` };
  if (kind === "handoff") return handoffWords(operation, agent);
  const { short, long } = kinds[kind];
  return { short, long: steps[step] === undefined ? long : `${long}: ${steps[step]}` };
}

/** A handoff saves, ends the old session and starts a fresh one (spec/03 §8). */
function handoffWords({ step, since }: AgentOperation, agent: AgentView): OperationWords {
  if (step === "save")
    return { short: "1/3 saving", long: "Handoff, 1 of 3: the state of its work is being saved" };
  const { phase, sessionSince = 0 } = agent;
  if (phase === undefined || phase === "exited" || sessionSince >= since)
    return {
      short: "3/3 starting",
      long: "Handoff, 3 of 3: a fresh session starts and reads what was saved",
    };
  return { short: "2/3 ending", long: "Handoff, 2 of 3: the old session ends" };
}
