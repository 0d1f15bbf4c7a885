import { setTimeout as pause } from "node:timers/promises";
import type { Message } from "../../core/mail/message.ts";
import { isObject } from "../../core/town/json-file.ts";
import { type Address, formatAddress, parseAddress } from "../../core/town/address.ts";
import { wakeCall } from "../daemon/wake-call.ts";
import { withAgentLock } from "../lifecycle/agent-lock.ts";
import { liveSession } from "../lifecycle/agent-session.ts";
import { snapshotHooks } from "../lifecycle/snapshot-hooks.ts";
import { startHookSession } from "../lifecycle/start-hook-session.ts";
import { switchRefinery } from "../refinery/switch-refinery.ts";
import { isBuiltIn } from "../sessions/nudge.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { switchRole } from "./role-switch.ts";

export interface LifecycleRequest {
  readonly action: "restart" | "shutdown";
  readonly target: string;
}

const restartPauseMs = 500;

/** Mail `LIFECYCLE: ...` to the Deacon, as JSON or as the bare word (spec/04 §8.6); undefined when it says nothing usable. Pure. */
export function readLifecycleRequest(
  message: Pick<Message, "subject" | "body" | "from">,
): LifecycleRequest | undefined {
  const said = parse(message.body.trim()) ?? parse(message.subject.replace(/^LIFECYCLE:\s*/, "").trim());
  if (said === undefined) return undefined;
  const target = parseAddress(said.target ?? message.from);
  if (target === undefined || target.role === "overseer") return undefined;
  return { action: said.action, target: formatAddress(target) };
}

interface Said {
  readonly action: LifecycleRequest["action"];
  readonly target?: string;
}

function parse(text: string): Said | undefined {
  const word = actionOf(text.split(/\s+/)[0] ?? "");
  if (word !== undefined) return { action: word };
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    const action = actionOf(String(value["action"]));
    if (action === undefined) return undefined;
    return { action, ...(typeof value["target"] === "string" ? { target: value["target"] } : {}) };
  } catch {
    return undefined; // neither a known word nor JSON
  }
}

function actionOf(word: string): LifecycleRequest["action"] | undefined {
  const name = word.toLowerCase();
  if (name === "restart" || name === "cycle") return "restart";
  return name === "shutdown" ? "shutdown" : undefined;
}

/** Ends the agent's session after keeping its files, and starts it again with its hook when that was asked for. */
export async function carryOutLifecycle(access: TownAccess, request: LifecycleRequest): Promise<void> {
  const { action, target } = request;
  const address = parseAddress(target);
  if (address !== undefined && isBuiltIn(access.town, { address }))
    return carryOutOnLoop(access, request, address);
  await snapshotHooks(access, [target], "shutdown");
  await withAgentLock(access, target, action, async () => {
    if ((await liveSession(access, target)) !== undefined) await stopAgentSession(access, target, "stopped");
    if (action === "shutdown") return;
    await pause(restartPauseMs);
    await startHookSession(access, target, "resumed");
  });
}

/** A builtin role has no session: its loop looks anew, or rests until somebody starts it again. */
async function carryOutOnLoop(
  access: TownAccess,
  { action, target }: LifecycleRequest,
  { role, rig }: Address,
): Promise<void> {
  if (action === "restart") {
    await access.ledger.write(access.actor, [wakeCall(target, { at: access.clock.now() })]);
    return;
  }
  if (role === "refinery") await switchRefinery(access, access.town.rig(rig), { isOff: true });
  else await access.ledger.write(access.actor, [switchRole(target, true)]);
}
