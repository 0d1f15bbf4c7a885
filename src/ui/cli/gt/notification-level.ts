import type { Agent } from "../../../core/ledger/bead.ts";
import { GtError } from "../../../core/gt-error.ts";
import { isObject } from "../../../core/town/json-file.ts";
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
