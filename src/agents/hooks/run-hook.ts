import { homedir } from "node:os";
import type { TownAccess } from "../town-access.ts";
import { parseAddress } from "../../core/town/address.ts";
import { isObject } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import { acknowledging } from "../../core/mail/change-mail.ts";
import { inject } from "../mail/inject-mail.ts";
import { type GuardContext, guardCommand, losesWork } from "./guards.ts";
import type { HookResult } from "./hook-dialect.ts";
import type { HookEvent, HookInput, HookProvider } from "./hook-event.ts";
import { ownSession } from "../sessions/own-session.ts";
import { reportToHost } from "./report-to-host.ts";

export interface HookRequest {
  readonly provider: HookProvider;
  readonly event: HookEvent;
  readonly input: HookInput;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What the agent reads at its start: `gt prime` with the hook's size limit. */
  readonly prime: (variant: "full" | "short") => Promise<string>;
  /** Runs `gt` with these words in a process of its own, which nobody waits for. */
  readonly start: (words: readonly string[]) => void;
}

/** Runtimes that show a prompt hook's context to the model (spec/03 §1.4). */
const injectors: readonly HookProvider[] = ["claude", "codex", "gemini", "opencode", "pi", "omp"];

/** How often the costs of a conversation are booked while it goes on. */
const costIntervalMs = 60_000;

/** Runtimes whose transcripts tell what was used (spec/03 §10.1). */
const countsTokens = (provider: HookProvider): boolean =>
  ["claude", "codex", "gemini", "copilot", "opencode", "pi", "omp"].includes(provider);

/** What one lifecycle event of a runtime does (spec/03 §4.2). */
export async function runHook(access: TownAccess, request: HookRequest): Promise<HookResult> {
  switch (request.event) {
    case "session-start":
      return sessionStart(access, request);
    case "prompt":
      return prompt(access, request);
    case "pre-compact":
      return preCompact(access, request);
    case "turn-end":
      return turnEnd(access, request);
    case "session-end":
      return sessionEnd(access, request);
    case "pre-tool":
      return preTool(access.town, access.actor, request);
  }
}

/** The allow path reads no ledger: agents run this before every command. */
export async function preTool(town: Town, actor: string, request: HookRequest): Promise<HookResult> {
  const { command } = request.input;
  if (command === "") return {};
  const context = guardContext(town, actor, request);
  const hasSnapshot = losesWork(command) && (await saveWork(town, actor, "pre-reset"));
  const denied = guardCommand(command, { ...context, hasSnapshot });
  if (denied === undefined) return {};
  const { recordDenial } = await import("./hook-events.ts");
  recordDenial(town, actor, denied.guard, command);
  return { deny: denied.reason };
}

export function guardContext(
  town: Town,
  actor: string,
  request: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): GuardContext {
  const address = parseAddress(actor);
  const rig = address === undefined || address.rig === "" ? undefined : town.findRig(address.rig);
  const settings = rig === undefined ? town.settings() : town.rigSettings(rig.name);
  const guards = isObject(settings["guards"]) ? settings["guards"]["disable"] : undefined;
  const queue = isObject(settings["merge_queue"]) ? settings["merge_queue"] : {};
  return {
    role: address?.role ?? "",
    townRoot: town.root,
    home: request.env["HOME"] ?? homedir(),
    cwd: request.cwd,
    defaultBranch: rig?.defaultBranch ?? "",
    usesPullRequests: queue["merge_strategy"] === "pr",
    hasSnapshot: false,
    disabled: Array.isArray(guards) ? guards.map(String) : [],
  };
}

/** A snapshot of the worktree before something throws its changes away; false when it could not be taken. */
async function saveWork(town: Town, actor: string, reason: "pre-reset" | "pre-compact"): Promise<boolean> {
  const address = parseAddress(actor);
  if (address?.role !== "polecat" && address?.role !== "crew") return false;
  try {
    const { snapshotBefore } = await import("./snapshot-before.ts");
    return await snapshotBefore(town, address, reason);
  } catch {
    return false; // the guard then keeps the command from running
  }
}

async function sessionStart(access: TownAccess, request: HookRequest): Promise<HookResult> {
  const { input } = request;
  const variant = input.source === "resume" || input.source === "compact" ? "short" : "full";
  const context = await request.prime(variant);
  const { recordConversation } = await import("./session-start.ts");
  try {
    await recordConversation(access, request);
  } catch {
    // The context already says that the ledger cannot be read; the agent has to get it.
  }
  await reportToHost(access, request.env, "session-start");
  return { context };
}

/**
 * The runtime is about to throw most of the conversation away. What it was doing is saved; crew members get a fresh
 * conversation with the collected state instead of a summary of the old one, unless the settings say otherwise (spec/03
 * §8.6).
 */
async function preCompact(access: TownAccess, request: HookRequest): Promise<HookResult> {
  const { town, actor } = access;
  const address = parseAddress(actor);
  if (address === undefined || address.role === "overseer") return {};
  const settings = address.rig === "" ? town.settings() : town.rigSettings(address.rig);
  const configured = isObject(settings["on_compact"]) ? settings["on_compact"][address.role] : undefined;
  const policy = configured ?? (address.role === "crew" ? "cycle" : "save");
  await saveWork(town, actor, "pre-compact");
  const { saveCheckpoint } = await import("../lifecycle/checkpoint.ts");
  await saveCheckpoint(access, actor, { reason: "compaction", run: request.env["GT_RUN"] ?? "" });
  if (policy === "cycle") request.start(["handoff", "--cycle", "--reason", "compaction"]);
  return {};
}

async function prompt(access: TownAccess, request: HookRequest): Promise<HookResult> {
  await reportToHost(access, request.env, "prompt");
  const { beginTurn } = await import("./turn-record.ts");
  await beginTurn(access.ledger, access.actor);
  if (!injectors.includes(request.provider)) return {};
  return promptContext(access, request.env);
}

/**
 * An agent that has finished its turn goes on when there is a reason (spec/03 §4.9). What is queued for a session of the
 * host, the host types: runtimes show the words of a stop hook twice, and as an error.
 */
async function turnEnd(access: TownAccess, request: HookRequest): Promise<HookResult> {
  const { env } = request;
  const isHosted = await reportToHost(access, env, "turn-end");
  // A run that is over does not speak for its successor.
  if (env["GT_RUN"] && !isHosted) return {};
  await sampleCosts(access, request);
  const { polecatStop, stopReminder } = await import("./polecat-stop.ts");
  switch (await polecatStop(access)) {
    case "remind":
      return { continue: stopReminder };
    case "submit":
      request.start(["done"]);
      return {};
    case "rest": {
      const { turnBoundary } = await import("./turn-boundary.ts");
      const question = {
        ...ownSession(access.town, access.actor, env),
        rig: env["GT_RIG"] ?? "",
        hostDelivers: isHosted,
      };
      const reason = await turnBoundary(access, question);
      return reason === undefined ? {} : { continue: reason };
    }
  }
}

/** Costs are booked behind the agent's back, at most once a minute. */
async function sampleCosts({ ledger, clock }: TownAccess, request: HookRequest): Promise<void> {
  const { sessionId } = request.input;
  if (sessionId === "" || !countsTokens(request.provider)) return;
  const { bookedOf } = await import("../costs/cost-ledger.ts");
  const booked = await bookedOf(ledger, sessionId);
  if (booked !== undefined && clock.now() - booked.at < costIntervalMs) return;
  request.start(["costs", "record", "--session", request.env["GT_SESSION"] ?? ""]);
}

async function sessionEnd(access: TownAccess, { input, env }: HookRequest): Promise<HookResult> {
  await bookLastCosts(access, env);
  await access.ledger.write(access.actor, [
    {
      op: "event",
      event: {
        type: "session_end",
        payload: {
          session_id: input.sessionId,
          session: env["GT_SESSION"] ?? "",
          reason: input.reason === "" ? "ended" : input.reason,
          run_id: env["GT_RUN"] ?? "",
        },
        visibility: "audit",
      },
    },
  ]);
  return {};
}

/** The last costs of a conversation. Failing at it must not keep its end from being told. */
async function bookLastCosts(access: TownAccess, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    const agent = await access.ledger.agent(access.actor);
    if (agent === undefined) return;
    const [{ recordCosts, subjectOfAgent }, { trimCosts }] = await Promise.all([
      import("../costs/record-costs.ts"),
      import("../costs/cost-ledger.ts"),
    ]);
    await recordCosts(access, await subjectOfAgent(access, agent, env));
    await trimCosts(access.ledger, access.clock.now());
  } catch {
    // The sample of the minute before stays.
  }
}

/** Mail and messages at a prompt: what `gt mail check --inject` prints (spec/06 §4). */
async function promptContext(access: TownAccess, env: NodeJS.ProcessEnv): Promise<HookResult> {
  const { town, ledger, actor, clock } = access;
  const now = clock.now();
  const injection = await inject({
    ...{ town, ledger, address: actor, now },
    ...ownSession(access.town, access.actor, env),
    rig: env["GT_RIG"] ?? "",
  });
  if (injection.blocks.length === 0) return {};
  injection.remember();
  // A reader that dies now finds the mail unread all the same.
  const seen = injection.named.flatMap((message) => acknowledging(message, actor, now));
  if (seen.length > 0) await ledger.write(actor, seen);
  return { context: injection.blocks.join("\n") };
}
