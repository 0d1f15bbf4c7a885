import { expect, test } from "vitest";
import { presets } from "../../../src/agents/runtimes/presets.ts";
import type { Runtime } from "../../../src/agents/runtimes/runtime.ts";
import { resumableConversation } from "../../../src/agents/sessions/resumable.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import type { Agent } from "../../../src/core/ledger/bead.ts";
import type { Town } from "../../../src/core/town/town.ts";

const town = (settings: object = {}) => ({ settings: () => settings }) as unknown as Town;
const runtime = (name: string) => presets.get(name) as Runtime;
const agent = (fields: Partial<Agent>) => ({ runtime: "codex", sessionId: "abc-1", ...fields }) as Agent;
const last = (fields: Partial<SessionRecord> = {}) =>
  ({
    ...{ agent: "codex", runId: "run-1", phase: "exited", topic: "assigned:gp-1" },
    ...{ startedAt: 1000, endedAt: 5000 },
    ...fields,
  }) as SessionRecord;

const codex = runtime("codex");

test("a crashed agent goes on with the conversation whose id its runtime has told", () => {
  expect(resumableConversation(town(), codex, agent({}), last())).toBe("abc-1");
});

test("nothing is resumed that cannot be, or that nobody wants", () => {
  const never = town({ operational: { session: { resume_on_restart: false } } });
  expect(resumableConversation(never, codex, agent({}), last())).toBeUndefined();
  expect(resumableConversation(town(), codex, agent({}), undefined)).toBeUndefined();
  expect(resumableConversation(town(), codex, agent({ sessionId: "run-1" }), last())).toBeUndefined();
  expect(resumableConversation(town(), codex, agent({ sessionId: "--evil" }), last())).toBeUndefined();
  expect(resumableConversation(town(), codex, agent({ runtime: "claude" }), last())).toBeUndefined();
  const shell = runtime("shell");
  const script = last({ agent: "shell" });
  expect(resumableConversation(town(), shell, agent({ runtime: "shell" }), script)).toBeUndefined();
});

test("a conversation that ended right after it was resumed is given up", () => {
  const soon = last({ topic: "recovery:gp-1", endedAt: 20_000 });
  expect(resumableConversation(town(), codex, agent({}), soon)).toBeUndefined();
  expect(resumableConversation(town(), codex, agent({}), { ...soon, endedAt: 21_000 })).toBe("abc-1");
});
