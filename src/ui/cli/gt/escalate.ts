import { escalate } from "../../../agents/mail/escalate.ts";
import {
  parseSeverity,
  parseTier,
  type Severity,
  severityIcons,
  type Tier,
} from "../../../core/escalation/escalation.ts";
import { type EscalationRequest, raising } from "../../../core/escalation/raise.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { bodyText } from "./body-text.ts";

/** `gt escalate "<what>"` (spec/06 §8.4). Exit 0 as soon as it is stored. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const severity = severityFlag(flags.string("severity") ?? "medium");
  const tier = tierFlag(flags.string("to"));
  const title = args.join(" ").trim();
  if (title === "")
    throw usageError("say what needs a decision", { hint: 'gt escalate "<what>" -s high -m "<details>"' });
  const reason = (await bodyText(context, { "-m": flags.string("message") })) ?? "";
  const access = await context.access();
  const wished = flags.string("related");
  const related = wished === undefined ? undefined : await relatedBead(access, wished);
  const source = flags.string("source");
  const request: EscalationRequest = {
    ...{ title, reason, severity, by: access.actor },
    ...(source === undefined ? {} : { source }),
    ...(related === undefined ? {} : { related }),
    ...(tier === undefined ? {} : { tier }),
    same: flags.boolean("no-dedupe") ? "nothing" : "title",
  };
  if (flags.boolean("dry-run")) return showPlan(context, request);
  const raised = await escalate(access, request);
  const isNew = raised.occurrences === 1;
  const failed = raised.deliveries.filter(({ error }) => error !== "");
  out.document({
    id: raised.id,
    severity: raised.severity,
    tier: raised.tier,
    actions: raised.routed,
    targets: raised.mailed,
    delivery: raised.deliveries,
    occurrences: raised.occurrences,
    warnings: raised.warnings,
    status: failed.length > 0 ? "partial_failure" : "ok",
    deduplicated: !isNew,
  });
  if (isNew) out.line(`${severityIcons[raised.severity]} Escalation created: ${raised.id}`);
  else out.line(`○ Already escalated: ${raised.id} (seen ${raised.occurrences} times)`);
  if (isNew || raised.mailed.length > 0) {
    out.line(`  Severity: ${raised.severity}`);
    out.line(`  Tier: ${raised.tier}`);
    if (source !== undefined) out.line(`  Source: ${sanitiseLine(source)}`);
    const reached = raised.deliveries.filter(({ channel, created }) => channel !== "bead" && created);
    if (reached.length > 0)
      out.line(`  Routed to: ${reached.map(({ target, channel }) => target || channel).join(", ")}`);
    for (const { channel, error } of failed) out.line(`  Delivery issue [${channel}]: ${error}`);
  }
  for (const warning of raised.warnings) if (!warning.startsWith("Delivery issue")) out.warn(warning);
}

async function relatedBead({ ledger }: TownAccess, wish: string): Promise<string> {
  try {
    return await ledger.resolve(wish);
  } catch (error) {
    if (!(error instanceof GtError) || error.code !== "E_NOT_FOUND") throw error;
    throw new GtError("E_BEAD_NOT_FOUND", `no bead ${sanitiseLine(wish)} to relate it to`, {
      hint: "bd list",
    });
  }
}

async function showPlan(context: CommandContext, request: EscalationRequest): Promise<void> {
  const { out } = context;
  const plan = await raising(await context.access(), request);
  out.document({
    severity: plan.severity,
    tier: plan.tier,
    actions: plan.routed,
    targets: plan.mailed,
    deduplicated: plan.occurrences > 1,
    dry_run: true,
  });
  out.line(`Would escalate: ${sanitiseLine(request.title)}`);
  out.line(`  Severity: ${plan.severity}`);
  out.line(`  Tier: ${plan.tier}`);
  out.line(`  Mail: ${plan.mailed.join(", ") || "nobody"}`);
  if (plan.actions.length > 0) out.line(`  Actions: ${plan.actions.join(", ")}`);
  if (plan.occurrences > 1) out.line(`  The same is open: ${plan.id}`);
  for (const warning of plan.warnings) out.warn(warning);
}

export function severityFlag(text: string): Severity {
  const severity = parseSeverity(text);
  if (severity !== undefined) return severity;
  throw usageError(`invalid severity "${sanitiseLine(text)}": use critical, high, medium or low`);
}

export function tierFlag(text: string | undefined): Tier | undefined {
  if (text === undefined) return undefined;
  const tier = parseTier(text);
  if (tier !== undefined) return tier;
  throw usageError(`invalid tier "${sanitiseLine(text)}": use deacon, mayor or overseer`);
}
