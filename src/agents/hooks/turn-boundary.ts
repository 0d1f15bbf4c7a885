import { asData } from "../../core/mail/mail-reminder.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import type { Message } from "../../core/mail/message.ts";
import { parseAddress } from "../../core/town/address.ts";
import { readStop } from "../daemon/emergency-stop.ts";
import { takeNudges } from "../mail/inject-mail.ts";
import type { TownAccess } from "../town-access.ts";
import { maxContinuations, readTurn, type Turn, writeTurn } from "./turn-record.ts";

export interface TurnQuestion {
  readonly session: string;
  readonly run: string;
  readonly rig: string;
  /** The host hands over what is queued by itself, as soon as the turn has ended. */
  readonly hostDelivers: boolean;
}

/**
 * Why an agent that has finished its turn should go on: a message for it, unread mail, or work on its hook that it has not
 * begun (spec/03 §4.9). Undefined when it may rest. The same reason is given once until it has disappeared, and at most
 * three in a row between two prompts.
 */
export async function turnBoundary(access: TownAccess, question: TurnQuestion): Promise<string | undefined> {
  const { town, ledger, actor, clock } = access;
  const { session, run, rig } = question;
  const role = parseAddress(actor)?.role;
  if (role === undefined || role === "overseer") return undefined;
  if (readStop(town, rig === "" ? undefined : rig) !== undefined) return undefined;
  const turn = await readTurn(ledger, actor);
  if (turn.continued >= maxContinuations) return undefined;
  const nudges = question.hostDelivers
    ? undefined
    : await takeNudges({ ledger, session, run, now: clock.now() });
  if (nudges !== undefined) {
    await writeTurn(ledger, actor, { ...turn, continued: turn.continued + 1 });
    return nudges;
  }
  const isInteractive = role === "mayor" || role === "crew";
  const reason =
    mailReason(await unreadMail(ledger, actor), actor, isInteractive) ??
    (isInteractive ? undefined : await hookReason(access));
  const next = afterReason(turn, reason);
  if (next.turn !== turn) await writeTurn(ledger, actor, next.turn);
  return next.say;
}

/** Whether a reason is said now, and what is remembered of it. Pure. */
export function afterReason(
  turn: Turn,
  reason: string | undefined,
): { readonly say: string | undefined; readonly turn: Turn } {
  if (reason === turn.reason) return { say: undefined, turn };
  const { reason: _, ...rest } = turn;
  if (reason === undefined) return { say: undefined, turn: rest };
  return { say: reason, turn: { ...rest, continued: turn.continued + 1, reason } };
}

/** What the agent wrote to its own successor is no reason; for those that a person talks to, only what is urgent is. */
function mailReason(unread: readonly Message[], actor: string, isInteractive: boolean): string | undefined {
  const worthy = unread.filter(
    (message) =>
      !(message.from === actor && message.subject.includes("HANDOFF")) &&
      (!isInteractive || message.priority === "urgent" || message.priority === "high"),
  );
  const [first] = worthy;
  if (first === undefined) return undefined;
  const more = worthy.length > 1 ? ` and ${worthy.length - 1} more` : "";
  return `Unread mail: ${first.id} from ${asData(first.from)}: "${asData(first.subject)}"${more}. Read it: gt mail read ${first.id}`;
}

async function hookReason({ ledger, actor }: TownAccess): Promise<string | undefined> {
  const agent = await ledger.agent(actor);
  const bead = agent?.hookBead ? await ledger.get(agent.hookBead) : undefined;
  if (bead?.status !== "hooked" || agent?.state === "done") return undefined;
  return `On your hook and not finished: ${bead.id} "${asData(bead.title)}". Look with gt hook and go on; nobody confirms it.`;
}
