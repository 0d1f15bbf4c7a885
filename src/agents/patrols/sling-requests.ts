import { GtError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { leaving } from "../../core/mail/change-mail.ts";
import { composeFitting } from "../../core/mail/compose-fitting.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import type { Message } from "../../core/mail/message.ts";
import { protocolEvent } from "../../core/mail/role-message.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { sling } from "../lifecycle/sling.ts";
import type { TownAccess } from "../town-access.ts";

const mayor = "mayor/";
const refusedLabel = "sling:refused";
/** The town has no room, or somebody is at it: asked again at the next look. */
const transient = [
  "E_BUSY",
  "E_CONFLICT",
  "E_POLECAT_CAP",
  "E_POLECAT_DIRS",
  "E_DISK",
  "E_ESTOP",
  "E_BUDGET",
];

/** The bead of a mail `SLING_REQUEST: <bead>`; undefined for any other (spec/06 §5.3). Pure. */
export function requestedBead({ subject }: Pick<Message, "subject">): string | undefined {
  return /^SLING_REQUEST:\s*([A-Za-z0-9][\w.-]*)\s*$/.exec(subject)?.[1];
}

/**
 * Dispatches what the mayor is asked to, to the bead's own rig. What is refused stays in the mayor's inbox, and whoever
 * asked hears why. Slinging twice is slinging once, so that a crash in between repeats nothing. Returns what was done, in words.
 */
export async function slingRequested(access: TownAccess): Promise<readonly string[]> {
  const told: string[] = [];
  for (const message of (await unreadMail(access.ledger, mayor)).toReversed()) {
    const bead = requestedBead(message);
    if (bead === undefined || message.labels.includes(refusedLabel)) continue;
    const outcome = await dispatch(access, message, bead);
    if (outcome !== undefined) told.push(`${message.subject} from ${message.from}: ${outcome}`);
  }
  return told;
}

async function dispatch(access: TownAccess, message: Message, bead: string): Promise<string | undefined> {
  try {
    const rig = access.town.rigOfBead(bead)?.name;
    if (rig === undefined || (await access.ledger.get(bead)) === undefined)
      throw new GtError("E_BEAD_NOT_FOUND", `no bead ${bead} of a rig`);
    const { dispatched } = await sling({ ...access, actor: mayor }, { words: [bead, rig], options: {} });
    const [slung] = dispatched;
    const answer =
      slung?.scheduled === undefined
        ? `${bead} is on the hook of ${slung?.agent}`
        : `${bead} is in the queue of ${rig}`;
    await access.ledger.write(access.actor, [
      { op: "addLabel", id: message.id, label: "read" },
      ...leaving(message, "archived"),
      ...answering(access, message, answer),
      protocolEvent({
        ...{ from: message.from, to: mayor, subject: message.subject, source: "daemon" },
        values: { Bead: bead, Rig: rig },
      }),
    ]);
    return answer;
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    if (transient.includes(error.code)) return undefined;
    const answer = `${bead} was not slung: ${sanitiseLine(error.message)}`;
    await access.ledger.write(access.actor, [
      { op: "addLabel", id: message.id, label: refusedLabel },
      ...answering(access, message, answer),
    ]);
    return answer;
  }
}

function answering(access: TownAccess, message: Message, body: string): readonly Operation[] {
  if (message.from === mayor) return [];
  return composeFitting(
    {
      ...{ from: mayor, to: [message.from], subject: `Re: ${message.subject}`, body, type: "reply" },
      ...{ replyTo: message.id, thread: message.thread },
    },
    access.random,
  ).operations;
}
