import type { Agent } from "../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import { findRuntime } from "../runtimes/resolve-runtime.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { conversationOf } from "../sessions/conversation-record.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { bookCosts, type Booked, type Measured, type Spender } from "./cost-ledger.ts";
import { watchBudgets } from "./budget.ts";
import { findTranscript } from "./find-transcript.ts";
import { priceOf, readPrices } from "./pricing.ts";
import { readTranscript, transcriptFormat } from "./read-transcript.ts";
import { addTokens, noTokens } from "./usage.ts";

export interface CostSubject {
  readonly address: string;
  readonly session: string;
  readonly sessionId: string;
  /** Name of the runtime, and the built-in that it resembles. */
  readonly agent: string;
  readonly provider: string;
  readonly cwd: string;
  /** Where the runtime says that it writes; looked up when empty. */
  readonly transcript: string;
  /** The bead it works on; the one on the agent's hook when empty. */
  readonly workItem?: string;
  /** For the runtime's own directories. */
  readonly env: NodeJS.ProcessEnv;
}

/** What the conversation has cost until now, by the runtime's own record; undefined when it has none. */
export function measureCosts(access: Pick<TownAccess, "town">, subject: CostSubject): Measured | undefined {
  const { sessionId, cwd, env, provider } = subject;
  const format = transcriptFormat(provider);
  if (format === undefined) return undefined;
  const file = subject.transcript || findTranscript({ format, provider, sessionId, cwd, env });
  const usage = file === undefined ? undefined : readTranscript(format, file, sessionId);
  if (usage === undefined || usage.size === 0) return undefined;
  const { usd, isGuess } = priceOf(usage, readPrices(access.town));
  const byOutput = [...usage].toSorted(([, one], [, other]) => other.tokens.output - one.tokens.output);
  return {
    ...{ usd, isGuess },
    model: byOutput[0]?.[0] ?? "",
    tokens: [...usage.values()].reduce((sum, { tokens }) => addTokens(sum, tokens), noTokens),
  };
}

/** Books what the conversation has used, and tells when a budget is reached. Undefined for runtimes that cost nothing. */
export async function recordCosts(access: TownAccess, subject: CostSubject): Promise<Booked | undefined> {
  const { ledger, clock } = access;
  const { address, session, sessionId, agent, provider } = subject;
  const parsed = parseAddress(address);
  if (parsed === undefined || sessionId === "" || provider === "shell") return undefined;
  const spender: Spender = {
    ...{ sessionId, session, agent, actor: address, role: parsed.role, rig: parsed.rig },
  };
  const workItem = subject.workItem ?? (await ledger.agent(address))?.hookBead ?? "";
  const measured = measureCosts(access, subject);
  const booked = await bookCosts(ledger, spender, measured, { workItem, now: clock.now() });
  await watchBudgets(access, spender, booked);
  return booked;
}

/** The conversation that an agent had last, or has now, with what its own start hook said of it. */
export async function subjectOfAgent(
  access: TownAccess,
  agent: Agent,
  env: NodeJS.ProcessEnv,
): Promise<CostSubject> {
  const { town, ledger } = access;
  const address = parseAddress(agent.address);
  const conversation = await conversationOf(ledger, agent.address);
  const isSame = conversation?.sessionId === agent.sessionId;
  const runtime = runtimeNamed(town, agent);
  const directory = isSame ? (conversation?.configDir ?? "") : "";
  const variable = runtime?.configDirEnv;
  return {
    address: agent.address,
    session: sessionOfAddress(town, agent.address),
    sessionId: agent.sessionId,
    agent: agent.runtime,
    provider: runtime?.provider ?? "",
    cwd: (address && agentHome(town, address)) ?? town.root,
    transcript: isSame ? (conversation?.transcript ?? "") : "",
    env: variable === undefined || directory === "" ? env : { ...env, [variable]: directory },
  };
}

function runtimeNamed(town: Town, { runtime, rig }: Agent): Runtime | undefined {
  try {
    return runtime === "" ? undefined : findRuntime(town, rig, runtime);
  } catch {
    return undefined; // its record was removed since; its usage is unknown
  }
}
