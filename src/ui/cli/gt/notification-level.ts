import type { Agent } from "../../../core/ledger/bead.ts";
import { GtError } from "../../../core/gt-error.ts";
import { parseAddress } from "../../../core/town/address.ts";
import { isObject } from "../../../core/town/json-file.ts";
import { quietRigs } from "../../../core/town/quiet-rigs.ts";
import type { CommandContext } from "../command.ts";
import { change } from "./config-value.ts";

export type NotificationLevel = Agent["notificationLevel"];

export const levelIcons: Readonly<Record<NotificationLevel, string>> = {
  verbose: "🔊",
  normal: "🔔",
  muted: "🔕",
};

/** The caller's level: on its agent row, or in the settings for the overseer (spec/06 §7.1). */
export async function readLevel(context: CommandContext): Promise<NotificationLevel> {
  const actor = await context.actor();
  if (actor !== "overseer") return (await agentOf(context, actor)).notificationLevel;
  const settings = (await context.town()).settings()["notifications"];
  const level = isObject(settings) ? settings["level"] : undefined;
  return level === "muted" || level === "verbose" ? level : "normal";
}

/** Name of the caller's rig while that is quiet as a whole, whatever the caller's own level (spec/04 §7.4). */
export async function quietRigOf(context: CommandContext): Promise<string | undefined> {
  const rig = parseAddress(await context.actor())?.rig ?? "";
  return (await quietRigs(await context.town(), await context.ledger())).has(rig) ? rig : undefined;
}

/** `🔕 Notification level: muted`, with the reason when that is not the caller's own choice. */
export async function showLevel(context: CommandContext): Promise<void> {
  const own = await readLevel(context);
  const rig = await quietRigOf(context);
  const level = rig === undefined ? own : "muted";
  context.out.document({ level, ...(rig === undefined ? {} : { own, quiet_rig: rig }) });
  context.out.line(`${levelIcons[level]} Notification level: ${level}`);
  if (rig !== undefined) context.out.line(`  rig ${rig} is not to be disturbed; your own level is ${own}`);
}

/** Said after a change that does not get through. */
export async function tellOfQuietRig(context: CommandContext): Promise<void> {
  const rig = await quietRigOf(context);
  if (rig !== undefined)
    context.out.warn(`rig ${rig} is not to be disturbed as a whole (gt rig config unset ${rig} dnd)`);
}

export async function writeLevel(context: CommandContext, level: NotificationLevel): Promise<void> {
  const actor = await context.actor();
  const ledger = await context.ledger();
  const told = {
    op: "event",
    event: { type: "notify_level", payload: { agent: actor, level }, visibility: "audit" },
  } as const;
  if (actor === "overseer") {
    await change(context, ["notifications", "level"], level, undefined);
    await ledger.write(actor, [told]);
    return;
  }
  await agentOf(context, actor);
  await ledger.write(actor, [{ op: "setAgent", address: actor, fields: { notificationLevel: level } }, told]);
}

async function agentOf(context: CommandContext, actor: string): Promise<Agent> {
  const agent = await (await context.ledger()).agent(actor);
  if (agent === undefined)
    throw new GtError("E_AGENT_NOT_FOUND", `no agent ${actor} in this town`, { hint: "gt agents --all" });
  return agent;
}
