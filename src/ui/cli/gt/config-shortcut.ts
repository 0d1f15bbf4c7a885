import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { explainSetting } from "../../../core/town/explain-setting.ts";
import { findSetting } from "../../../core/town/setting-path.ts";
import type { CommandContext } from "../command.ts";
import { setTyped, shown } from "./config-value.ts";

const keys: Readonly<Record<string, string>> = {
  "default-agent": "default_agent",
  "agent-email-domain": "agent_email_domain",
};

/** `gt config default-agent|agent-email-domain [value]`: shows or sets one key (spec/03 §2.5). */
export async function run(context: CommandContext): Promise<void> {
  const key = keys[context.words.at(-1) ?? ""] ?? "";
  const [word] = context.args;
  const rig = context.flags.string("rig");
  // People write the domain as they write an address.
  const given = key === "agent_email_domain" ? word?.replace(/^@/, "") : word;
  if (key === "default_agent" && given === "list") {
    const { run: list } = await import("./config-agent-list.ts");
    return list(context);
  }
  if (given !== undefined) await set(context, key, given, rig);
  const { value, source } = explainSetting(await context.town(), findSetting(key), rig);
  context.out.document({ key, value, source });
  if (given !== undefined && key === "default_agent") {
    context.out.line(`Default agent set to '${sanitiseLine(given)}'`);
    return;
  }
  context.out.line(sanitiseLine(shown(value)));
}

async function set(
  context: CommandContext,
  key: string,
  given: string,
  rig: string | undefined,
): Promise<void> {
  try {
    await setTyped(context, key, given, rig);
  } catch (error) {
    if (!(error instanceof GtError) || key !== "default_agent" || !/ not found/.test(error.message))
      throw error;
    throw new GtError(
      "E_AGENT_UNKNOWN",
      `${error.message} (use 'gt config default-agent list' to see available agents)`,
      { hint: "gt config default-agent list" },
    );
  }
}
