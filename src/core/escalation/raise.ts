import { type Clock, formatTime } from "../clock.ts";
import type { BatchEvent, Operation } from "../ledger/operation.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { composeFitting, cutBytes } from "../mail/compose-fitting.ts";
import { protocolBody } from "../mail/protocol.ts";
import { type Random, randomWord } from "../random.ts";
import { sanitiseLine } from "../sanitise.ts";
import { formatAddress, parseAddress } from "../town/address.ts";
import type { Town } from "../town/town.ts";
import {
  addressOfTier,
  type Escalation,
  escalationOf,
  firstTier,
  isWorse,
  priorityOf,
  type Severity,
  type Tier,
} from "./escalation.ts";
import { readEscalationSettings } from "./escalation-settings.ts";
import { puttingNotice } from "./notice.ts";

export interface EscalationRequest {
  /** One line: what needs judgement. */
  readonly title: string;
  readonly reason: string;
  readonly severity: Severity;
  /** Canonical address of who raises it. */
  readonly by: string;
  /** What raised it, e.g. `plugin:rebuild` or `refinery:web:target_red:main`. */
  readonly source?: string;
  readonly related?: string;
  /** First tier instead of the severity's. */
  readonly tier?: Tier;
  /**
   * What counts as the same one while it is open: `title` (with the same source, or the same caller), `source` alone,
   * or `nothing`.
   */
  readonly same: "title" | "source" | "nothing";
  /** Makes its mails structured messages, too: `CRASH_LOOP: web/polecats/nux` with its keys (spec/06 §5.2). */
  readonly protocol?: ProtocolPart;
  /** Further keys of the event. */
  readonly event?: Readonly<Record<string, unknown>>;
  readonly eventSource?: BatchEvent["source"];
}

export interface ProtocolPart {
  readonly subject: string;
  readonly values: Readonly<Record<string, string | number | undefined>>;
  /** Of the mail, instead of the severity's. */
  readonly priority?: number;
}

export interface RaisingContext {
  readonly town: Town;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Raising {
  readonly id: string;
  readonly severity: Severity;
  readonly tier: Tier;
  /** For the caller's batch: everything or nothing. */
  readonly operations: readonly Operation[];
  /** Addresses that get a mail, and the actions beyond mail that are left to do after the batch. */
  readonly mailed: readonly string[];
  readonly actions: readonly string[];
  /** Everything that the route asks for, from `bead` on; empty when it is not run. */
  readonly routed: readonly string[];
  /** How often the same has been seen now; 1 for a new one. */
  readonly occurrences: number;
  readonly warnings: readonly string[];
}

/**
 * Asks for a person's or the mayor's judgement, once while it is open (spec/06 §8.4). Reads only; the operations belong
 * in one batch with what is the cause of it.
 */
export async function raising(context: RaisingContext, request: EscalationRequest): Promise<Raising> {
  const open = await sameOpen(context, request);
  if (open !== undefined) return seenAgain(context, request, open);
  const { ledger, clock, random } = context;
  const id = `${await townPrefix(ledger)}-esc-${randomWord(random, 7)}`;
  const { severity } = request;
  const tier = request.tier ?? firstTier(severity);
  const time = formatTime(clock.now());
  const title = oneLine(request.title);
  const routed = route(context, { ...request, title, id, severity, tier, ...alsoMailed(request) });
  return {
    ...{ id, severity, tier, occurrences: 1 },
    ...{ mailed: routed.mailed, actions: routed.actions, routed: routed.all, warnings: routed.warnings },
    operations: [
      {
        op: "create",
        bead: {
          ...{ id, scope: "town", type: "escalation", title, description: request.reason },
          priority: priorityOf(severity),
          labels: [
            `severity:${severity}`,
            `tier:${tier}`,
            ...(request.source === undefined ? [] : [`source:${labelText(request.source)}`]),
          ],
          metadata: {
            escalation: {
              severity,
              reason: firstLine(request.reason) || title,
              ...(request.source === undefined ? {} : { source: request.source }),
              escalated_by: request.by,
              escalated_at: time,
              ...(request.related === undefined ? {} : { related_bead: request.related }),
              tier,
              tier_since: time,
              occurrences: 1,
              last_seen_at: time,
            },
          },
        },
      },
      ...routed.operations,
      sentEvent(request, { id, severity, tier, actions: routed.all }),
    ],
  };
}

async function sameOpen(
  { ledger }: RaisingContext,
  request: EscalationRequest,
): Promise<Escalation | undefined> {
  if (request.same === "nothing") return undefined;
  const beads = await ledger.find({
    type: "escalation",
    notStatus: "closed",
    ...(request.source === undefined ? {} : { metadata: { "escalation.source": request.source } }),
  });
  const title = oneLine(request.title);
  return beads.map(escalationOf).find((each) => {
    if (request.same === "source" && request.source !== undefined) return true;
    if (each.title !== title) return false;
    return request.source !== undefined || (each.source === "" && each.escalatedBy === request.by);
  });
}

/** Counts up; a worse one than before goes its new way, too. */
function seenAgain(context: RaisingContext, request: EscalationRequest, open: Escalation): Raising {
  const { id } = open;
  const occurrences = open.occurrences + 1;
  const isRaised = isWorse(request.severity, open.severity);
  const severity = isRaised ? request.severity : open.severity;
  const tier = isRaised ? (request.tier ?? firstTier(severity)) : open.tier;
  const time = formatTime(context.clock.now());
  const routed = isRaised
    ? route(context, { ...request, title: open.title, id, severity, tier, ...alsoMailed(request) })
    : { operations: [], mailed: [], actions: [], all: [], warnings: [] };
  return {
    ...{ id, severity, tier, occurrences },
    ...{ mailed: routed.mailed, actions: routed.actions, routed: routed.all, warnings: routed.warnings },
    operations: [
      {
        op: "update",
        id,
        fields: {
          priority: priorityOf(severity),
          metadata: {
            escalation: {
              ...{ occurrences, last_seen_at: time, reason: firstLine(request.reason) || open.reason },
              ...(isRaised ? { severity, tier, tier_since: time } : {}),
            },
          },
        },
      },
      ...(isRaised ? relabel(open, severity, tier) : []),
      ...routed.operations,
      ...(isRaised ? [sentEvent(request, { id, severity, tier, actions: routed.all })] : []),
    ],
  };
}

/** The labels follow the current severity and tier. */
export function relabel(open: Escalation, severity: Severity, tier: Tier): readonly Operation[] {
  return [
    ...(severity === open.severity
      ? []
      : [
          { op: "removeLabel" as const, id: open.id, label: `severity:${open.severity}` },
          { op: "addLabel" as const, id: open.id, label: `severity:${severity}` },
        ]),
    ...(tier === open.tier
      ? []
      : [
          { op: "removeLabel" as const, id: open.id, label: `tier:${open.tier}` },
          { op: "addLabel" as const, id: open.id, label: `tier:${tier}` },
        ]),
  ];
}

interface Routed {
  readonly operations: readonly Operation[];
  readonly mailed: readonly string[];
  readonly actions: readonly string[];
  readonly all: readonly string[];
  readonly warnings: readonly string[];
}

export interface RouteRequest
  extends Pick<EscalationRequest, "title" | "reason" | "by" | "source" | "related" | "protocol"> {
  readonly id: string;
  readonly severity: Severity;
  readonly tier: Tier;
  /** Subject instead of `[HIGH] <title>`. */
  readonly subject?: string;
  /** Somebody who is mailed whatever the route says. */
  readonly alsoMail?: string;
}

/** Whoever is named as the owner hears of it, too. */
const alsoMailed = ({ tier }: EscalationRequest): Pick<RouteRequest, "alsoMail"> =>
  tier === undefined ? {} : { alsoMail: addressOfTier(tier) };

/** The mails of a severity's route, and what else the route asks for. */
export function route(context: RaisingContext, request: RouteRequest): Routed {
  const settings = readEscalationSettings(context.town);
  const all = [...new Set(["bead", ...settings.routes[request.severity]])];
  const mailed = [
    ...new Set([
      ...all.flatMap((action) => {
        if (!action.startsWith("mail:")) return [];
        const address = parseAddress(action.slice(5));
        return address === undefined ? [] : [formatAddress(address)];
      }),
      ...(request.alsoMail === undefined ? [] : [request.alsoMail]),
    ]),
  ];
  const actions = all.filter((action) => action !== "bead" && !action.startsWith("mail:"));
  const strange = all.filter(
    (action) => action.startsWith("mail:") && parseAddress(action.slice(5)) === undefined,
  );
  return {
    all,
    mailed,
    actions,
    operations: [
      ...mailed.flatMap((address) => escalationMail(context, request, address)),
      ...puttingNotice(context, { ...request, mailed, actions }),
    ],
    warnings: [
      ...(settings.problem === undefined ? [] : [settings.problem]),
      ...strange.map((action) => `${action} skipped: not an address`),
    ],
  };
}

export function escalationMail(
  { random }: Pick<RaisingContext, "random">,
  request: RouteRequest,
  to: string,
): readonly Operation[] {
  const { protocol } = request;
  const subject =
    request.subject ?? protocol?.subject ?? `[${request.severity.toUpperCase()}] ${request.title}`;
  return composeFitting(
    {
      ...{ from: request.by, to: [to], type: "escalation", thread: request.id, isPermanent: true },
      subject,
      body: [
        `Escalation ID: ${request.id}`,
        `Severity: ${request.severity}`,
        `From: ${request.by}`,
        ...(request.source === undefined ? [] : [`Source: ${oneLine(request.source)}`]),
        ...(request.related === undefined ? [] : [`Related: ${request.related}`]),
        ...(protocol === undefined ? [] : [protocolBody(protocol.values)]),
        "",
        request.reason || request.title,
        "",
        `Acknowledge: gt escalate ack ${request.id}`,
        `Close:       gt escalate close ${request.id} --reason "<what was done>"`,
      ].join("\n"),
      priority: protocol?.priority ?? priorityOf(request.severity),
      labels: ["gt:escalation", `severity:${request.severity}`, `escalation:${request.id}`],
    },
    random,
  ).operations;
}

function sentEvent(
  request: EscalationRequest,
  facts: {
    readonly id: string;
    readonly severity: Severity;
    readonly tier: Tier;
    readonly actions: readonly string[];
  },
): Operation {
  return {
    op: "event",
    event: {
      type: "escalation_sent",
      payload: {
        escalation_id: facts.id,
        severity: facts.severity,
        to: addressOfTier(facts.tier),
        tier: facts.tier,
        reason: oneLine(request.title),
        ...(request.source === undefined ? {} : { source: request.source }),
        actions: facts.actions,
        ...request.event,
      },
      ...(request.eventSource === undefined ? {} : { source: request.eventSource }),
    },
  };
}

async function townPrefix(ledger: Ledger): Promise<string> {
  return (await ledger.prefixes()).find(({ scope }) => scope === "town")?.prefix ?? "hq";
}

const oneLine = (text: string): string => cutBytes(sanitiseLine(text).trim(), 480);
const firstLine = (text: string): string => text.trim().split("\n")[0]?.slice(0, 200) ?? "";
const labelText = (text: string): string => text.replace(/[,\s]+/g, "_").slice(0, 200);
