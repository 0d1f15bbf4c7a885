import { type EscalationRequest, raising } from "../../core/escalation/raise.ts";
import { classifyHelp } from "../../core/escalation/help-topic.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { leaving } from "../../core/mail/change-mail.ts";
import { composeFitting } from "../../core/mail/compose-fitting.ts";
import { threadMessages, unreadMail } from "../../core/mail/mailbox.ts";
import type { Message } from "../../core/mail/message.ts";
import { parseProtocol, protocolType } from "../../core/mail/protocol.ts";
import { parseAddress } from "../../core/town/address.ts";
import { durationSetting } from "../../core/town/setting.ts";
import type { TownAccess } from "../town-access.ts";
import { carryOutLifecycle, readLifecycleRequest } from "./lifecycle-request.ts";

export type InboxAction =
  | { readonly kind: "lifecycle" }
  | { readonly kind: "help"; readonly topic: string; readonly problem: string }
  /** An agent that plays a role asks for a decision. */
  | { readonly kind: "escalate"; readonly topic: string }
  /** Structured, but without what it must say: it stays unread, and is told of once. */
  | { readonly kind: "invalid"; readonly reason: string }
  /** Told somebody who acts on it by himself: only noted. */
  | { readonly kind: "note" }
  /** Code cannot judge it: the Mayor reads it. */
  | { readonly kind: "pass-on" }
  | { readonly kind: "discard"; readonly reason: string };

/** What a role that runs as code does with a message (spec/04 §8.6, §9.4). Pure. */
export function decideMessage(message: Message, now: number, maxAgeMs: number): InboxAction {
  if (message.subject.startsWith("LIFECYCLE:") && parseAddress(message.to)?.role === "deacon")
    return now - message.sentAt >= maxAgeMs
      ? { kind: "discard", reason: "the request is too old" }
      : { kind: "lifecycle" };
  // Whom its route names has heard of an escalation.
  if (message.type === "escalation") return { kind: "note" };
  const topic = /^ESCALATION:\s*(.+)/.exec(message.subject)?.[1];
  if (topic !== undefined) return { kind: "escalate", topic };
  const type = protocolType(message.subject);
  if (type === undefined) return { kind: message.from === "mayor/" ? "note" : "pass-on" };
  if (type !== "HELP") {
    const problem = problemOf(message);
    return problem === undefined ? { kind: "note" } : { kind: "invalid", reason: problem };
  }
  const help = readHelp(message);
  return { kind: "help", topic: help.topic, problem: help.problem };
}

function readHelp(message: Message): { readonly topic: string; readonly problem: string } {
  const parsed = parseProtocol(message.subject, message.body);
  return { topic: parsed?.object ?? "", problem: parsed?.value("Problem") ?? message.body };
}

function problemOf(message: Message): string | undefined {
  try {
    parseProtocol(message.subject, message.body, { rig: parseAddress(message.from)?.rig ?? "" });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const invalidLabel = "protocol:invalid";

/**
 * Reads the mail of a role that runs as code. A message is done with before it is acted upon, so that nothing is done
 * twice. Returns what was done, in words.
 */
export async function readRoleInbox(access: TownAccess, address: string): Promise<readonly string[]> {
  const told: string[] = [];
  const maxAgeMs = durationSetting(access.town.settings(), "operational.daemon.lifecycle_mail_max_age");
  // Oldest first: a later request answers for the ones before it.
  for (const message of (await unreadMail(access.ledger, address)).toReversed()) {
    if (message.labels.includes(invalidLabel)) continue;
    const action = decideMessage(message, access.clock.now(), maxAgeMs);
    told.push(`${message.subject} from ${message.from}: ${await act(access, message, action)}`);
  }
  return told;
}

async function act(access: TownAccess, message: Message, action: InboxAction): Promise<string> {
  const handled: readonly Operation[] = [
    { op: "addLabel", id: message.id, label: "read" },
    ...leaving(message, "archived"),
    {
      op: "event",
      event: {
        type: "protocol",
        payload: { from: message.from, to: message.to, subject: message.subject, fields: fieldsOf(message) },
        source: "daemon",
      },
    },
  ];
  switch (action.kind) {
    case "note":
      await access.ledger.write(access.actor, handled);
      return "noted";
    case "discard":
      await access.ledger.write(access.actor, handled);
      return `discarded, ${action.reason}`;
    case "invalid":
      await access.ledger.write(access.actor, [
        { op: "addLabel", id: message.id, label: invalidLabel },
        {
          op: "event",
          event: {
            type: "error",
            payload: {
              code: "E_PROTOCOL",
              message: `${message.id} from ${message.from} is not understood: ${action.reason}`,
              hint: `gt mail read ${message.id}`,
            },
            source: "daemon",
          },
        },
      ]);
      return `left unread: ${action.reason}`;
    case "escalate":
      await access.ledger.write(access.actor, [
        ...handled,
        ...(await raiseFor(access, message, {
          title: action.topic,
          severity: "high",
          source: `mail:${message.from}`,
        })),
      ]);
      return "escalated";
    case "help":
      await access.ledger.write(access.actor, [...handled, ...(await callHelp(access, message, action))]);
      return "asked for help";
    case "pass-on":
      await access.ledger.write(access.actor, [...handled, ...(await passOn(access, message))]);
      return "passed on to the mayor";
    case "lifecycle": {
      await access.ledger.write(access.actor, handled);
      const request = readLifecycleRequest(message);
      if (request === undefined) return "not understood";
      await carryOutLifecycle(access, request);
      return `${request.action} of ${request.target}`;
    }
  }
}

async function callHelp(
  access: TownAccess,
  message: Message,
  { topic, problem }: { readonly topic: string; readonly problem: string },
): Promise<readonly Operation[]> {
  const kind = classifyHelp(topic, problem);
  return raiseFor(access, message, {
    title: `${message.from} needs help: ${topic || problem.split("\n")[0] || "no topic"}`,
    severity: kind.severity,
    source: `help:${message.from}`,
    // The Deacon is this very code.
    tier: kind.tier === "deacon" ? "mayor" : kind.tier,
    event: { category: kind.category },
  });
}

async function raiseFor(
  access: TownAccess,
  message: Message,
  request: Pick<EscalationRequest, "title" | "severity" | "source" | "tier" | "event">,
): Promise<readonly Operation[]> {
  const raised = await raising(access, {
    ...request,
    ...{ reason: message.body, by: message.from, same: "title", related: message.id },
  });
  return raised.operations;
}

const fieldsOf = (message: Message): Readonly<Record<string, string>> => {
  try {
    return parseProtocol(message.subject, message.body)?.fields ?? {};
  } catch {
    return {}; // ordinary mail in the form of a structured one
  }
};

/** A message to many roles, or to the Mayor as well, is one to read. */
async function passOn(access: TownAccess, message: Message): Promise<readonly Operation[]> {
  const thread = message.thread === "" ? [] : await threadMessages(access.ledger, message.thread);
  if (thread.some((each) => each.to === "mayor/" && each.body.endsWith(message.body))) return [];
  return composeFitting(
    {
      from: message.from,
      to: ["mayor/"],
      subject: `Fwd: ${message.subject}`,
      body: `(to ${message.to}, which runs as code)\n\n${message.body}`,
      ...(message.priority === "urgent"
        ? { priority: 0 }
        : message.priority === "high"
          ? { priority: 1 }
          : {}),
      thread: message.thread,
    },
    access.random,
  ).operations;
}
