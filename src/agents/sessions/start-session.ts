import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { Agent, Role } from "../../core/ledger/bead.ts";
import { uuidV4 } from "../../core/ledger/uuid.ts";
import { type Address, agentHome, formatAddress, parseAddress } from "../../core/town/address.ts";
import { sessionName } from "../../core/town/agent-names.ts";
import type { Town } from "../../core/town/town.ts";
import { expectNoStop } from "../daemon/emergency-stop.ts";
import type { Account } from "../accounts/accounts.ts";
import { accountFor, ownWish } from "../accounts/choose-account.ts";
import { noteUse } from "../accounts/quota.ts";
import { expectBudget } from "../costs/daily-budget.ts";
import { canGuardPushes, withPushGuard } from "../hooks/push-guard.ts";
import { type HookPlace, writeHooks } from "../hooks/write-hooks.ts";
import { withExecWrappers } from "../plugins/exec-wrappers.ts";
import { beacon } from "../runtimes/beacon.ts";
import { effortArgs, effortOf, effortVariables } from "../runtimes/effort.ts";
import { launchArgv } from "../runtimes/launch.ts";
import { findCommand, findRuntime, resolveRuntime } from "../runtimes/resolve-runtime.ts";
import { fillIn, type RoleDefinition, roleDefinition } from "../runtimes/role-definition.ts";
import { splitWords } from "../runtimes/split-words.ts";
import { detectionOf, isPromptTyped, type Runtime } from "../runtimes/runtime.ts";
import type { TownAccess } from "../town-access.ts";
import { expectSessions } from "./backend.ts";
import { queueFirstWords } from "./first-words.ts";
import { packageRoot } from "../../core/package-root.ts";
import { preSync } from "./pre-sync.ts";
import { olderRuntime } from "./rejected-flag.ts";
import { askedConversation, resumableConversation } from "./resumable.ts";
import { expectAlive } from "./expect-alive.ts";
import { startEvent } from "./session-events.ts";
import { sessionEnvironment } from "./session-environment.ts";
import { workInstruction } from "./work-instruction.ts";
import type { ExitReason, SessionHost, SessionRecord, SessionSpec } from "./session-host.ts";

export interface StartRequest {
  /** Canonical address of the agent. */
  readonly address: string;
  /** `assigned:<bead>`, `handoff`, `recovery:<bead>`, `patrol`, ... (spec/03 §5.5). */
  readonly topic: string;
  readonly bead?: string;
  /** Go on with the conversation that a crash ended, where the runtime can. */
  readonly resume?: boolean;
  /** Go on with this conversation, an id or `last`: somebody asked for it, so that nothing else will do. */
  readonly conversation?: string;
  /** `--agent`. */
  readonly agentOverride?: string;
  /** What `patrols.<role>.agent` says; gives way when it cannot be used. */
  readonly patrolAgent?: string;
  /** Runtime of the bead's label. */
  readonly runtimeLabel?: string;
  /** `--account`: a handle; by default `GT_ACCOUNT`, then the town's default. */
  readonly account?: string;
  /** Variables on top of the computed ones. */
  readonly env?: Readonly<Record<string, string>>;
  readonly warn?: (text: string) => void;
  /** Said with the first words: what the dispatcher wants the agent to know. */
  readonly note?: string;
}

/**
 * Starts the agent's session in the host (spec/03 §5.2). The caller holds the agent's lock and undoes its own steps
 * when this throws: `E_SESSION_EXISTS` when one is alive, `E_ESTOP`, `E_AGENT_COMMAND`, `E_SESSION_START`.
 */
export async function startAgentSession(access: TownAccess, request: StartRequest): Promise<SessionRecord> {
  const { town, ledger, clock, random, actor } = access;
  const address = expectAddress(request.address);
  expectNotStopped(town, address);
  expectSessions(town, request.address);
  const agent = await ledger.agent(formatAddress(address));
  const definition = await roleDefinition(town, address.role as Role, address.rig);
  const own = withStartCommand(runtimeFor(town, address, request), definition, town, address, request);
  const runtime = await withExecWrappers(access, own, address.rig);
  const asked = wishedConversation(town, runtime, agent, request);
  expectProgram(runtime, request);
  if (definition.needsPreSync && runtime.provider !== "shell") {
    const problem = await preSync(town, address);
    if (problem !== undefined) request.warn?.(problem);
  }
  if (runtime.provider !== "shell" && !goesOn(request)) await expectBudget(town, ledger, clock.now());
  const hooks = await writeHooks(town, address, runtime, join(packageRoot(), "bin", "gt"));
  const account = await accountFor(town, ledger, runtime, {
    handle: request.account ?? ownWish(process.env),
    now: clock.now(),
  });
  const host = await access.host({ start: true });
  const old = request.resume === true ? await lastConversation(access, host, runtime, request) : undefined;
  const isGuarded = await canGuardPushes(agentHome(town, address));
  const parts = { access, address, agent, runtime, request, hooks, account, definition, isGuarded };
  const begin = async (resume: SpecParts["resume"], as: Pick<SpecParts, "runtime" | "hooks"> = parts) => {
    const runId = uuidV4(random);
    const known = typeof resume === "object" ? resume.id : undefined;
    const conversation = known ?? (runtime.sessionIdArg === undefined ? runId : uuidV4(random));
    const spec = specOf({
      ...parts,
      runtime: as.runtime,
      hooks: as.hooks,
      runId,
      conversation,
      ...(resume === undefined ? {} : { resume }),
    });
    const record = await host.spawn(spec);
    if (spec.detection !== undefined) await expectAlive(town, host, record);
    return { spec, record, conversation, isResumed: resume !== undefined, isActive: as.hooks.isActive };
  };
  const wished = asked ?? (old === undefined ? undefined : { id: old });
  const begun = await begin(wished).catch((error: unknown) => {
    const older = olderRuntime(error, runtime, hooks);
    if (older !== undefined) {
      request.warn?.(`this ${runtime.command} does not know ${older.flag}; it is started without`);
      return begin(wished, older);
    }
    // The conversation is gone or broken: its work goes on in a fresh one.
    const isHopeless =
      asked === undefined &&
      old !== undefined &&
      error instanceof GtError &&
      error.code === "E_SESSION_START";
    if (isHopeless) return begin(undefined);
    throw error;
  });
  const { spec, record, conversation, isResumed, isActive } = begun;
  if (runtime.configDirEnv !== undefined)
    await noteUse(ledger, actor, { address: record.actor, handle: account?.handle, now: clock.now() });
  if (agent !== undefined) {
    await noteConversation(access, agent, { runtime: runtime.name, sessionId: conversation });
    if (!isActive) await ledger.write(actor, [startEvent(record, conversation)]);
  }
  const told = { runtime, request, hooks: { ...hooks, isActive }, address, isResumed };
  await typeFirstWords(access, host, spec, told);
  return record;
}

/** Until the runtime's own hook tells its id, ours stands for it; a hook that was quicker than this is right. */
async function noteConversation(
  { ledger, clock, actor }: TownAccess,
  { address, sessionId: before }: Agent,
  { runtime, sessionId }: Pick<Agent, "runtime" | "sessionId">,
): Promise<void> {
  const fields = { runtime, lastSessionAt: clock.now() };
  try {
    await ledger.write(actor, [
      { op: "expectAgent", address, expected: { sessionId: before } },
      { op: "setAgent", address, fields: { ...fields, sessionId } },
    ]);
  } catch (error) {
    if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
    await ledger.write(actor, [{ op: "setAgent", address, fields }]);
  }
}

/** What somebody asked to go on with; refused when another kind of runtime has it. */
function wishedConversation(
  town: Town,
  runtime: Runtime,
  agent: Agent | undefined,
  { conversation }: StartRequest,
): SpecParts["resume"] {
  if (conversation === undefined) return undefined;
  const last = agent === undefined || agent.runtime === "" ? undefined : agent;
  const lastProvider = last === undefined ? undefined : findRuntime(town, last.rig, last.runtime).provider;
  return askedConversation(runtime, agent, conversation, lastProvider);
}

async function lastConversation(
  { town, ledger }: TownAccess,
  host: SessionHost,
  runtime: Runtime,
  { address }: StartRequest,
): Promise<string | undefined> {
  const [agent, last] = await Promise.all([ledger.agent(address), host.get(sessionOfAddress(town, address))]);
  return resumableConversation(town, runtime, agent, last);
}

/**
 * Throws what `startAgentSession` would throw for a runtime that does not exist, is not installed or has nothing to do,
 * so that a restart can be refused before the old session ends.
 */
export function expectStartable(
  { town }: TownAccess,
  request: StartRequest,
  agent: Agent | undefined = undefined,
): void {
  expectNotStopped(town, expectAddress(request.address));
  expectSessions(town, request.address);
  const runtime = runtimeFor(town, expectAddress(request.address), request);
  expectProgram(runtime, request);
  wishedConversation(town, runtime, agent, request);
}

function expectProgram(runtime: Runtime, request: StartRequest): void {
  if (runtime.provider === "shell") shellArgv(request.bead);
  else findProgram(runtime, runtime.env["PATH"] ?? process.env["PATH"] ?? "");
}

/**
 * Ends the agent's session and everything that it started (spec/03 §5.8). False when none was running. The caller has
 * saved what is worth saving.
 */
export async function stopAgentSession(
  access: TownAccess,
  address: string,
  reason: ExitReason,
  options: { readonly force?: boolean; readonly runId?: string; readonly why?: string } = {},
): Promise<boolean> {
  try {
    const host = await access.host({ start: false });
    await host.stop(sessionOfAddress(access.town, address), { reason, ...options });
    return true;
  } catch (error) {
    const isGone =
      error instanceof GtError &&
      ["E_HOST_DOWN", "E_SESSION_NOT_FOUND", "E_SESSION_RUN"].includes(error.code);
    if (isGone) return false;
    throw error;
  }
}

/** Session name of an agent's canonical address (spec/04 §1.1). */
export function sessionOfAddress(town: Town, address: string): string {
  const parsed = expectAddress(address);
  return sessionName(parsed, parsed.rig === "" ? undefined : town.rig(parsed.rig));
}

/** Under an emergency stop nobody starts but the Mayor, whom it does not freeze either (spec/04 §7.3). */
function expectNotStopped(town: Town, { role, rig }: Address): void {
  if (role !== "mayor") expectNoStop(town, rig === "" ? undefined : rig);
}

/**
 * The session takes the place of one that ran: whoever replaced it has ended that one already, and a budget stops new
 * work, not what is under way.
 */
const goesOn = ({ topic }: StartRequest): boolean => /^(handoff|recovery|resumed)(:|$)/.test(topic);

function runtimeFor(town: Town, address: Address, request: StartRequest): Runtime {
  return resolveRuntime({
    town,
    ...{ role: address.role, rig: address.rig, name: address.name },
    ...(request.agentOverride === undefined ? {} : { override: request.agentOverride }),
    ...(request.patrolAgent === undefined ? {} : { patrolAgent: request.patrolAgent }),
    ...(request.runtimeLabel === undefined ? {} : { label: request.runtimeLabel }),
    ...(request.warn === undefined ? {} : { warn: request.warn }),
  });
}

/** A role may come with a command line of its own, unless somebody asked for another runtime. */
function withStartCommand(
  runtime: Runtime,
  { startCommand }: RoleDefinition,
  town: Town,
  address: Address,
  request: StartRequest,
): Runtime {
  if (startCommand === "" || request.runtimeLabel !== undefined) return runtime;
  const { agentOverride: asked, ...usual } = request;
  // A restart asks for the runtime that it had, which is no other one.
  if (asked !== undefined && asked !== runtimeFor(town, address, usual).name) return runtime;
  const [command, ...args] = splitWords(fillIn(startCommand, town, address));
  return command === undefined ? runtime : { ...runtime, command, args };
}

interface SpecParts {
  readonly access: TownAccess;
  readonly address: Address;
  readonly agent: Agent | undefined;
  readonly runtime: Runtime;
  readonly request: StartRequest;
  readonly hooks: HookPlace;
  readonly runId: string;
  readonly conversation: string;
  readonly account: Account | undefined;
  readonly definition: RoleDefinition;
  /** Git asks us before a push. */
  readonly isGuarded: boolean;
  /** Conversation to go on with, instead of a fresh one. */
  readonly resume?: { readonly id: string } | "latest";
}

function specOf(parts: SpecParts): SessionSpec {
  const { access, address, agent, runtime, request, hooks, runId, conversation } = parts;
  const { town } = access;
  const session = sessionOfAddress(town, request.address);
  const cwd = agentHome(town, address);
  if (cwd === undefined) throw new GtError("E_TARGET", `${request.address} has no session`);
  const detection = detectionOf(runtime);
  const { bead } = request;
  const variables = {
    ...sessionEnvironment({
      ...{ town, address, session, runId, runtime, agent, bead },
      ...(runtime.sessionIdArg === undefined ? {} : { conversation }),
      ...(parts.account === undefined ? {} : { account: parts.account }),
      roleVariables: Object.fromEntries(
        Object.entries(parts.definition.env).map(([name, value]) => [name, fillIn(value, town, address)]),
      ),
      base: process.env,
    }),
    ...hooks.env,
    ...effortVariables(runtime, effortOf(town, address.role, address.rig)),
    ...request.env,
  };
  const env = parts.isGuarded ? withPushGuard(variables) : variables;
  return {
    ...{ session, runId, cwd, env },
    ...{ actor: formatAddress(address), role: address.role, rig: address.rig, name: address.name },
    agent: runtime.name,
    argv: runtime.provider === "shell" ? shellArgv(bead) : agentArgv(parts, env["PATH"] ?? ""),
    topic: request.topic,
    ...(parts.definition.nudge === "" ? {} : { instruction: fillIn(parts.definition.nudge, town, address) }),
    ...(bead === undefined ? {} : { bead }),
    ...(detection === undefined ? {} : { detection }),
  };
}

/** The `shell` runtime is this program itself (spec/03 §1.6). */
function shellArgv(bead: string | undefined): readonly string[] {
  if (bead === undefined)
    throw new GtError("E_USAGE", "the shell runtime needs a bead to run", {
      exitCode: 2,
      hint: "gt config agent list",
    });
  return [process.execPath, join(packageRoot(), "bin", "gt"), "shell-run", bead];
}

function agentArgv(parts: SpecParts, path: string): readonly string[] {
  const { access, runtime, conversation } = parts;
  const program = findProgram(runtime, path);
  return launchArgv({
    ...{ runtime, program, conversation },
    ...(parts.resume === undefined ? {} : { resume: parts.resume }),
    hooks: join(access.town.paths.runtime, "hooks"),
    ...(parts.hooks.settingsFile === undefined ? {} : { settingsFile: parts.hooks.settingsFile }),
    effortArgs: effortArgs(runtime, effortOf(access.town, parts.address.role, parts.address.rig)),
    prompt: firstPrompt(access, parts),
  });
}

function findProgram(runtime: Runtime, path: string): string {
  const program = findCommand(runtime.command, { ...process.env, PATH: path });
  if (program !== undefined) return program;
  const message = `agent "${runtime.name}": command "${runtime.command}" not found in PATH`;
  throw new GtError("E_AGENT_COMMAND", message, { hint: "gt config agent list" });
}

function firstPrompt(
  access: TownAccess,
  { address, request, runtime, hooks }: Pick<SpecParts, "address" | "request" | "runtime" | "hooks">,
): string {
  return beacon({
    address,
    sender: senderOf(access.actor, request.topic),
    topic: request.topic,
    now: access.clock.now(),
    hasHooks: hooks.isActive,
    extra: [request.note ?? "", runtime.initialPrompt].filter((text) => text !== "").join("\n"),
  });
}

/**
 * What cannot travel on the command line, and what hooks would have said, is typed once the agent is ready: as entries
 * of its nudge queue, so that they arrive once and alone (spec/03 §4.10).
 */
async function typeFirstWords(
  access: TownAccess,
  host: SessionHost,
  spec: SessionSpec,
  parts: Pick<SpecParts, "runtime" | "request" | "hooks" | "address"> & { readonly isResumed: boolean },
): Promise<void> {
  const { runtime, hooks, address, request } = parts;
  if (runtime.provider === "shell" || spec.detection === undefined) return;
  const prompt = isPromptTyped(runtime, parts.isResumed) ? [firstPrompt(access, parts)] : [];
  const work =
    hooks.isActive || request.bead === undefined ? [] : [workInstruction(address.role, spec.instruction)];
  await queueFirstWords(access, host, spec, [...prompt, ...work]);
}

function senderOf(actor: string, topic: string): string {
  if (topic === "handoff") return "self";
  return actor === "overseer" ? "human" : actor.replace(/\/$/, "");
}

function expectAddress(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined || address.role === "overseer")
    throw new GtError("E_TARGET", `"${text}" is not an agent's address`, { hint: "gt agents" });
  return address;
}
