import type { Ledger } from "../../core/ledger/ledger.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { HookResult } from "./hook-dialect.ts";
import { runUserHooks, type UserHookRun } from "./run-user-hooks.ts";
import { maxContinuations, readTurn, writeTurn } from "./turn-record.ts";
import { readUserHooks } from "./user-hooks.ts";

export interface UserHookRequest extends UserHookRun {
  /** Whose hooks; canonical address. */
  readonly actor: string;
  readonly ledger: () => Promise<Ledger>;
}

/** Our result with what the hooks of a person add to it: text behind ours, a refusal or a next turn where we have none. */
export async function addUserHooks(ours: HookResult, request: UserHookRequest): Promise<HookResult> {
  const address = parseAddress(request.actor);
  const users = address === undefined ? [] : readUserHooks(request.env, address).hooks;
  if (users.length === 0 || ours.deny !== undefined || ours.continue !== undefined) return ours;
  if (request.event === "turn-end") return { ...ours, ...(await atTurnEnd(users, request)) };
  const theirs = await runUserHooks(users, request);
  const context = [ours.context, theirs.context].filter((text) => text !== undefined).join("\n");
  return { ...theirs, ...ours, ...(context === "" ? {} : { context }) };
}

/** A hook that never lets an agent rest is heard as often as our own reasons are. */
async function atTurnEnd(
  users: Parameters<typeof runUserHooks>[0],
  request: UserHookRequest,
): Promise<HookResult> {
  const ledger = await request.ledger();
  const turn = await readTurn(ledger, request.actor);
  const isContinuation = request.input.isContinuation || turn.continued > 0;
  const theirs = await runUserHooks(users, { ...request, input: { ...request.input, isContinuation } });
  if (theirs.continue === undefined || turn.continued >= maxContinuations) return {};
  await writeTurn(ledger, request.actor, { ...turn, continued: turn.continued + 1 });
  return { continue: theirs.continue };
}
